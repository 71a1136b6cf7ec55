using System.Net.WebSockets;
using System.Security.Cryptography.X509Certificates;
using E2EEvents.Grains.Interfaces.Regions;

namespace E2EEvents.Grains.Replication;

/// <summary>Opens connections to other regions' gateways.</summary>
internal interface ILinkDialler
{
    /// <param name="address"><c>host:port</c>.</param>
    /// <param name="region">Region that must answer there.</param>
    /// <param name="cancellationToken">Deadline.</param>
    /// <exception cref="InvalidDataException">Who answers is not that region; says what its certificate lacks.</exception>
    Task<WebSocket> DialAsync(string address, string region, CancellationToken cancellationToken);
}

/// <summary>WebSocket over mutual TLS: both sides show a certificate of the regions' authority that names their region.</summary>
internal sealed class LinkDialler(LinkCertificates certificates) : ILinkDialler
{
    public async Task<WebSocket> DialAsync(string address, string region, CancellationToken cancellationToken)
    {
        string? refusal = null;
        var socket = new ClientWebSocket();
        try
        {
            socket.Options.KeepAliveInterval = TimeSpan.Zero; // the link has pings of its own, with a deadline
            socket.Options.Proxy = null;
            socket.Options.ClientCertificates = [certificates.Own];
            socket.Options.RemoteCertificateValidationCallback = (_, certificate, _, _) =>
            {
                if (!certificates.TryCheck(certificate as X509Certificate2, LinkRole.Server, out var name, out var reason)) refusal = reason;
                else if (name != region) refusal = $"the certificate names region '{name}'";
                return refusal is null;
            };
            await socket.ConnectAsync(new Uri($"wss://{address}/link"), cancellationToken).ConfigureAwait(false);
            return socket;
        }
        catch (Exception e) when (refusal is not null)
        {
            socket.Dispose();
            throw new InvalidDataException($"Whoever answers at {address} is not region {region}: {refusal}.", e);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
