using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace E2EEvents.EdgeGateway.Policy;

/// <summary>Who may publish to kinds of key holders, by <c>Authorization: Bearer</c>. Keys are compared by their hashes in time that tells nothing about them.</summary>
internal sealed class PublishKeys(IOptions<GatewayOptions> options)
{
    private const string Scheme = "Bearer ";

    private readonly byte[][] _hashes = Array.ConvertAll(options.Value.PublishKeys, HashOf);

    /// <summary>A name for the publisher that tells his key to nobody: 16 hex digits.</summary>
    /// <exception cref="ProblemException">No key, or none of ours.</exception>
    public string PublisherOf(HttpContext http)
    {
        if (_hashes.Length == 0) throw new ProblemException(Problem.KeyRefused, "This gateway has no keys (Gateway:PublishKeys), so nobody can publish to this kind through it.");
        var header = http.Request.Headers.Authorization.ToString();
        if (!header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)) throw new ProblemException(Problem.KeyRefused, "Send the header 'Authorization: Bearer <key>' with one of the gateway's keys.");
        var hash = HashOf(header[Scheme.Length..].Trim());
        var isKnown = false;
        foreach (var known in _hashes) isKnown |= CryptographicOperations.FixedTimeEquals(known, hash);
        return isKnown ? Convert.ToHexStringLower(hash.AsSpan(0, 8)) : throw new ProblemException(Problem.KeyRefused, "The key is none of the gateway's.");
    }

    private static byte[] HashOf(string key) => SHA256.HashData(Encoding.UTF8.GetBytes(key));
}
