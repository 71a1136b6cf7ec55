using System.Globalization;
using System.Text;

namespace E2EEvents.Grains.Interfaces.Wire;

/// <summary>Every way in which the gateway ends a stream: WebSocket close code (RFC 6455 §7.4; 4000-4999 are ours) and what a client should do.</summary>
/// <param name="Code">WebSocket close code.</param>
/// <param name="Name">One word for logs, metrics and the SSE <c>close</c> event.</param>
/// <param name="Text">What happened and what to do. The reason on the wire is "name: text", at most 123 bytes (RFC 6455 §5.5).</param>
/// <param name="Reconnect">True if connecting again with the last position is right; false if the same request would fail again.</param>
public sealed record CloseReason(ushort Code, string Name, string Text, bool Reconnect)
{
    /// <summary>Most bytes of a close reason.</summary>
    public const int MaxReasonBytes = 123;

    /// <summary>The gateway is being replaced.</summary>
    public static readonly CloseReason GoingAway = new(1001, "going-away", "gateway is restarting; reconnect with your last position", true);

    /// <summary>Bytes that are not the protocol.</summary>
    public static readonly CloseReason ProtocolError = new(1002, "protocol-error", "frame violates RFC 6455", false);

    /// <summary>A client frame larger than allowed.</summary>
    public static readonly CloseReason TooBig = new(1009, "too-big", "frame is larger than the gateway accepts", false);

    /// <summary>The planned end of a long stream.</summary>
    public static readonly CloseReason Lifetime = new(4000, "lifetime", "planned end of the stream; reconnect with your last position", true);

    /// <summary>The client did not take its frames.</summary>
    public static readonly CloseReason SlowConsumer = new(4001, "slow-consumer", "frames were not taken fast enough; resume from your last position", true);

    /// <summary>No pong in time.</summary>
    public static readonly CloseReason PingTimeout = new(4002, "ping-timeout", "no pong within the limit; reconnect with your last position", true);

    /// <summary>The raw WebSocket carries nothing from client to server.</summary>
    public static readonly CloseReason UnexpectedFrame = new(4003, "unexpected-frame", "this stream takes no data frames; choose topics in the URL", false);

    /// <summary>Something failed inside.</summary>
    public static readonly CloseReason Internal = new(4004, "internal", "the gateway failed; reconnect with your last position", true);

    /// <summary>The topic could not be followed in time.</summary>
    public static readonly CloseReason Unavailable = new(4005, "unavailable", "the topic cannot be reached now; reconnect with your last position", true);

    /// <summary>Another choice of fields of the topic is one too many.</summary>
    public static readonly CloseReason TooManyViews = new(4006, "too-many-views", "too many choices of fields of this topic are in use; take all its fields", false);

    /// <summary>All of them, for documentation and tests.</summary>
    public static IReadOnlyList<CloseReason> All { get; } =
        [GoingAway, ProtocolError, TooBig, Lifetime, SlowConsumer, PingTimeout, UnexpectedFrame, Internal, Unavailable, TooManyViews];

    /// <summary>The reason as UTF-8 for a close frame.</summary>
    /// <param name="waitMs">Milliseconds that this client should wait before it connects again; 0 = its own choice.</param>
    public byte[] ReasonBytes(int waitMs = 0) => Encoding.UTF8.GetBytes(Words(waitMs));

    internal string Words(int waitMs) => waitMs == 0 ? $"{Name}: {Text}" : string.Create(CultureInfo.InvariantCulture, $"{Name}: {Text} after {waitMs} ms");
}
