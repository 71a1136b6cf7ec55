using System.Net;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace E2EEvents.EdgeGateway.Policy;

/// <summary>Who may come in: streams per gateway, new topics and publications per client, web origins. Cold: runs when a request starts, never per delivery.</summary>
internal sealed class Admission : IDisposable
{
    private readonly GatewayOptions _options;
    private readonly GatewayMetrics _metrics;
    private readonly IPNetwork[] _proxies;
    private readonly HashSet<string> _origins;
    private readonly PartitionedRateLimiter<IPAddress> _newTopics;
    private readonly PartitionedRateLimiter<IPAddress> _events;
    private int _streams;

    public Admission(IOptions<GatewayOptions> options, GatewayMetrics metrics)
    {
        _options = options.Value;
        _metrics = metrics;
        _proxies = Array.ConvertAll(_options.TrustedProxies, text => IPNetwork.Parse(text));
        _origins = new HashSet<string>(_options.AllowedOrigins, StringComparer.OrdinalIgnoreCase);
        _newTopics = PerClient(_options.NewTopicsPerSecond);
        _events = PerClient(_options.EventsPerSecond);
    }

    /// <summary>Takes a place for a stream; to be given back with <see cref="LeaveStream"/>.</summary>
    /// <exception cref="ProblemException">All places are taken.</exception>
    public void EnterStream(string transport)
    {
        if (Interlocked.Increment(ref _streams) > _options.MaxConnections)
        {
            Interlocked.Decrement(ref _streams);
            throw new ProblemException(Problem.Full, "Try another gateway, or this one again in a moment.");
        }

        _metrics.Opened(transport);
    }

    public void LeaveStream(string transport)
    {
        Interlocked.Decrement(ref _streams);
        _metrics.Gone(transport);
    }

    /// <summary>Counts topics that this gateway does not follow yet against the client.</summary>
    /// <exception cref="ProblemException">The client asked for too many.</exception>
    public void AskForNewTopics(HttpContext http, int count)
    {
        if (count == 0) return;
        using var lease = _newTopics.AttemptAcquire(ClientOf(http), Math.Min(count, _options.NewTopicsPerSecond * 5));
        if (!lease.IsAcquired)
        {
            throw new ProblemException(Problem.TooManyTopics, $"At most {_options.NewTopicsPerSecond} topics a second that nobody else follows; wait a second.");
        }
    }

    /// <summary>Counts a publication, or an attempt at one, against the client.</summary>
    /// <exception cref="ProblemException">The client published too many.</exception>
    public void AskToPublish(HttpContext http)
    {
        using var lease = _events.AttemptAcquire(ClientOf(http));
        if (!lease.IsAcquired) throw new ProblemException(Problem.TooManyEvents, $"At most {_options.EventsPerSecond} events a second from one client; wait a second and publish again with the same key.");
    }

    /// <summary>Browsers name the page's origin when they open a WebSocket, and CORS does not apply to them: refuse here.</summary>
    /// <exception cref="ProblemException">The origin is not among the allowed ones.</exception>
    public void CheckOrigin(HttpContext http)
    {
        string? origin = http.Request.Headers.Origin;
        if (string.IsNullOrEmpty(origin) || _origins.Count == 0 || _origins.Contains("*") || _origins.Contains(origin)) return;
        if (Uri.TryCreate(origin, UriKind.Absolute, out var uri) && string.Equals(uri.Authority, http.Request.Host.Value, StringComparison.OrdinalIgnoreCase)) return;
        throw new ProblemException(Problem.OriginRefused, $"{origin} is not among Gateway:AllowedOrigins.");
    }

    /// <summary>The client's address: the connection's, or the one a trusted proxy names.</summary>
    public IPAddress ClientOf(HttpContext http)
    {
        var peer = http.Connection.RemoteIpAddress ?? IPAddress.None;
        if (peer.IsIPv4MappedToIPv6) peer = peer.MapToIPv4();
        if (_options.ClientIpHeader is not { } header || !IsTrusted(peer)) return peer;
        return IPAddress.TryParse(http.Request.Headers[header].ToString(), out var client) ? client : peer;
    }

    public void Dispose()
    {
        _newTopics.Dispose();
        _events.Dispose();
    }

    private static PartitionedRateLimiter<IPAddress> PerClient(int perSecond) =>
        PartitionedRateLimiter.Create<IPAddress, IPAddress>(client => RateLimitPartition.GetTokenBucketLimiter(client, _ => new TokenBucketRateLimiterOptions
        {
            TokenLimit = perSecond * 5,
            TokensPerPeriod = perSecond,
            ReplenishmentPeriod = TimeSpan.FromSeconds(1),
            AutoReplenishment = true,
        }));

    private bool IsTrusted(IPAddress peer)
    {
        foreach (var proxy in _proxies)
        {
            if (proxy.Contains(peer)) return true;
        }

        return false;
    }
}
