using System.ComponentModel.DataAnnotations;
using System.Net;
using Microsoft.Extensions.Options;

namespace E2EEvents.EdgeGateway;

/// <summary>A gateway towards its clients. Section <c>Gateway</c>.</summary>
internal sealed class GatewayOptions : IValidatableObject
{
    private const int MinKeyLength = 16;

    /// <summary>Name of this gateway in logs and feeds; a random part is added so that two are never one. Default: the machine's name.</summary>
    [Required, RegularExpression("[A-Za-z0-9._-]{1,100}")]
    public string Name { get; set; } = Environment.MachineName;

    /// <summary>Where clients connect, separated by <c>;</c>. Certificates for https come from <c>Kestrel:Certificates:Default</c>. Default: http://localhost:8080.</summary>
    [Required]
    public string Urls { get; set; } = "http://localhost:8080";

    /// <summary>Streams open at once; one more gets 503. Default: 50,000.</summary>
    [Range(1, 10_000_000)]
    public int MaxConnections { get; set; } = 50_000;

    /// <summary>Topics of one stream. Default: 50.</summary>
    [Range(1, 1000)]
    public int MaxTopicsPerConnection { get; set; } = 50;

    /// <summary>Longest <c>wait</c> of a request. Default: 10 s, because CDNs want a first byte within 15 s.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:05:00")]
    public TimeSpan MaxWait { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a stream waits for a topic that cannot be reached before it is closed. Default: 10 s.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:05:00")]
    public TimeSpan JoinTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Longest frame taken from a WebSocket client, whose frames are pongs and closes. Default: 4 KiB.</summary>
    [Range(125, 1 << 20)]
    public int MaxClientFrameBytes { get; set; } = 4096;

    /// <summary>Bytes that the kernel holds for a client beyond those on their way; a stalled client then costs little and gets the newest state sooner. Linux only. Default: 128 KiB.</summary>
    [Range(4096, 1 << 30)]
    public int MaxUnsentBytes { get; set; } = 128 << 10;

    /// <summary>Reconnect delay told to EventSource. Default: 2 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:05:00")]
    public TimeSpan SseRetry { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>When stopping: time over which streams are closed, so that their clients do not return in one wave. Default: 3 s; 30 s and more in production.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:30:00")]
    public TimeSpan DrainWindow { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>Web origins that may read (CORS) and open WebSockets, e.g. https://scores.example; <c>*</c> = all. Default: none named, which is all.</summary>
    public string[] AllowedOrigins { get; set; } = []; // a default of "*" would stay: the binder appends to it

    /// <summary>Topics nobody follows yet that one client may ask for per second, so that random keys cannot wake grains everywhere. Default: 200, five times that at once.</summary>
    [Range(1, 1_000_000)]
    public int NewTopicsPerSecond { get; set; } = 200;

    /// <summary>Events that one client may publish per second, refused ones included. Default: 50, five times that at once.</summary>
    [Range(1, 1_000_000)]
    public int EventsPerSecond { get; set; } = 50;

    /// <summary>Largest body of a published event. Default: 64 KiB.</summary>
    [Range(1024, 512 << 10)]
    public int MaxEventBytes { get; set; } = 64 << 10;

    /// <summary>Keys that allow to publish to kinds of key holders, at least 16 characters each. Secrets: give them by the environment or a file nobody else reads. Default: none, nobody may.</summary>
    public string[] PublishKeys { get; set; } = [];

    /// <summary>Header in which a trusted proxy names the client, e.g. CF-Connecting-IP. Default: none, the address of the connection counts.</summary>
    public string? ClientIpHeader { get; set; }

    /// <summary>Networks (CIDR) of proxies whose <see cref="ClientIpHeader"/> is believed. Default: none.</summary>
    public string[] TrustedProxies { get; set; } = [];

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (var url in Urls.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (!Uri.TryCreate(url, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https"))
            {
                yield return new ValidationResult($"Gateway:Urls holds '{url}'; write http://host:port or https://host:port.", [nameof(Urls)]);
            }
        }

        foreach (var network in TrustedProxies)
        {
            if (!IPNetwork.TryParse(network, out _))
            {
                yield return new ValidationResult($"Gateway:TrustedProxies holds '{network}', which is no network such as 10.0.0.0/8.", [nameof(TrustedProxies)]);
            }
        }

        for (var i = 0; i < PublishKeys.Length; i++)
        {
            if (PublishKeys[i].Length < MinKeyLength) yield return new ValidationResult($"Gateway:PublishKeys:{i} is shorter than {MinKeyLength} characters: it could be guessed.", [nameof(PublishKeys)]);
        }

        if (ClientIpHeader is not null && TrustedProxies.Length == 0)
        {
            yield return new ValidationResult("Gateway:ClientIpHeader is set but Gateway:TrustedProxies is empty: anybody could claim any address. Name the proxies' networks.", [nameof(TrustedProxies)]);
        }
    }
}

[OptionsValidator]
internal sealed partial class GatewayOptionsValidator : IValidateOptions<GatewayOptions>;

/// <summary>This gateway process among all of the region.</summary>
internal sealed class GatewayIdentity(IOptions<GatewayOptions> options)
{
    public string Name { get; } = $"{options.Value.Name}-{Guid.NewGuid():N}"[..Math.Min(options.Value.Name.Length + 9, 120)];
}
