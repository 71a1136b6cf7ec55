using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace E2EEvents.EdgeGateway.Fanout;

/// <summary>Delivery to connections. Section <c>Gateway:Fanout</c>.</summary>
internal sealed class FanoutOptions
{
    /// <summary>Workers that deliver, each with its own share of the connections. Default: 0 = one per core, at most 8.</summary>
    [Range(0, 64)]
    public int Workers { get; set; }

    /// <summary>
    /// Serves streams over plain TCP (<c>http://</c> among <c>Gateway:Urls</c>) on their sockets, past the web server: less CPU for each delivery and a fraction of the
    /// memory for each connection. Linux only; without effect elsewhere and on https. Default: true.
    /// </summary>
    public bool DirectSockets { get; set; } = true;

    /// <summary>They are asked for and there are such.</summary>
    internal bool UsesDirectSockets => DirectSockets && OperatingSystem.IsLinux();

    /// <summary>Updates of an every-kind topic kept in the gateway: how far a slow connection may fall behind before it is closed. Default: 1,024.</summary>
    [Range(1, 65536)]
    public int TailUpdates { get; set; } = 1024;

    /// <summary>Bytes of their states. Default: 4 MiB.</summary>
    [Range(1024, 1 << 30)]
    public long TailBytes { get; set; } = 4 << 20;

    /// <summary>Choices of fields (<c>?fields=…</c>) in which one topic is read at once; each costs an encoding of every update. One more gets 400. Default: 32.</summary>
    [Range(1, 1024)]
    public int MaxFieldChoices { get; set; } = 32;

    /// <summary>Bytes handed to a connection in one write; what is beyond follows when they are taken. Default: 256 KiB.</summary>
    [Range(4096, 1 << 24)]
    public int MaxWriteBytes { get; set; } = 256 << 10;

    /// <summary>
    /// Bytes handed to all connections that they have yet to take; beyond it the slowest are cut, and resume elsewhere or later. One connection holds at
    /// most about <see cref="MaxWriteBytes"/> and one update. Default: 512 MiB.
    /// </summary>
    [Range(1 << 20, 1L << 40)]
    public long MaxHeldBytes { get; set; } = 512 << 20;

    /// <summary>Silence after which a comment (SSE) or a ping (WebSocket) is written. Default: 20 s, under the idle limit of every CDN known; 8 s for a Fastly with its default byte gap.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:05:00")]
    public TimeSpan Heartbeat { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>Wait for the pong to a ping. Default: 20 s.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:05:00")]
    public TimeSpan PongTimeout { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>Longest a connection may take no byte although some wait; then it is cut. Default: 60 s.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:30:00")]
    public TimeSpan WriteTimeout { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>Time for the close reason to get out before the connection is cut. Default: 5 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:01:00")]
    public TimeSpan CloseTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>When the gateway stops: each client is told to connect again after a random part of this, so that they do not all return at once. Default: 2 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:10:00")]
    public TimeSpan ReconnectWithin { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>Planned life of a stream, ± 20 % so that reconnects do not align. Default: 30 min.</summary>
    [Range(typeof(TimeSpan), "00:00:10", "1.00:00:00")]
    public TimeSpan Lifetime { get; set; } = TimeSpan.FromMinutes(30);

    /// <summary>Updates waiting for the workers at which the gateway stops pulling from the silos; they keep cursors, not queues. Default: 10,000.</summary>
    [Range(100, 1_000_000)]
    public int MaxBacklog { get; set; } = 10_000;
}

[OptionsValidator]
internal sealed partial class FanoutOptionsValidator : IValidateOptions<FanoutOptions>;
