using System.Buffers.Text;
using System.Text;
using E2EEvents.Grains.Interfaces.Topics;

namespace E2EEvents.Grains.Interfaces.Wire;

/// <summary>How a change is written for one kind of reader; the envelope inside is the same (docs/client-contract.md).</summary>
public enum WireFormat
{
    /// <summary>Plain JSON without the stamps that differ between gateways: what a CDN may keep.</summary>
    Json,

    /// <summary>A server-sent event with its position as id: streams of one topic.</summary>
    Sse,

    /// <summary>A server-sent event without id: streams of several topics.</summary>
    SseMany,

    /// <summary>An unmasked WebSocket text frame.</summary>
    WebSocket,
}

/// <summary>What an envelope says besides position and state.</summary>
/// <param name="GatewayTime">When this gateway took it over, on home's clock, Unix µs.</param>
/// <param name="Gap">Why it does not continue what the client has.</param>
/// <param name="Stale">True if the region lost touch with the topic.</param>
public readonly record struct EnvelopeNotes(long GatewayTime, Gap Gap = Gap.None, bool Stale = false);

/// <summary>Writes envelopes: one array per (change, format), shared by every connection that takes it.</summary>
public static class Envelope
{
    /// <summary>Formats there are, for tables by format.</summary>
    public const int Formats = 4;

    private const int FixedBytes = 400; // names, numbers and punctuation of an envelope and its frame never need more

    /// <summary>Encodes a change with its full state.</summary>
    public static byte[] EncodeState(WireFormat format, string topic, Frame frame, EnvelopeNotes notes) =>
        Encode(format, topic, frame, notes, "\"state\":"u8, frame.State.Span);

    /// <summary>Encodes a change as a merge patch against the frame before it.</summary>
    public static byte[] EncodePatch(WireFormat format, string topic, Frame frame, EnvelopeNotes notes, ReadOnlySpan<byte> patch) =>
        Encode(format, topic, frame, notes, "\"patch\":"u8, patch);

    private static byte[] Encode(WireFormat format, string topic, Frame frame, EnvelopeNotes notes, ReadOnlySpan<byte> name, ReadOnlySpan<byte> body)
    {
        var scratch = new byte[FixedBytes + topic.Length + (frame.Transaction?.Length * 6 ?? 0) + body.Length];
        var writer = new SpanWriter(scratch.AsSpan(WebSocketFrames.MaxHeaderBytes));
        if (format == WireFormat.Sse)
        {
            writer.Write("id: "u8);
            writer.WritePosition(frame.Position);
            writer.Write("\n"u8);
        }

        if (format is WireFormat.Sse or WireFormat.SseMany) writer.Write("data: "u8);
        WriteEnvelope(ref writer, format, topic, frame, notes, name, body);
        if (format is WireFormat.Sse or WireFormat.SseMany) writer.Write("\n\n"u8);

        if (format != WireFormat.WebSocket) return scratch.AsSpan(WebSocketFrames.MaxHeaderBytes, writer.Length).ToArray();
        var header = WebSocketFrames.HeaderBytes(writer.Length);
        var start = WebSocketFrames.MaxHeaderBytes - header;
        WebSocketFrames.WriteHeader(scratch.AsSpan(start), WebSocketOpcode.Text, writer.Length);
        return scratch.AsSpan(start, header + writer.Length).ToArray();
    }

    private static void WriteEnvelope(ref SpanWriter writer, WireFormat format, string topic, Frame frame, EnvelopeNotes notes, ReadOnlySpan<byte> name, ReadOnlySpan<byte> body)
    {
        writer.Write("{\"topic\":\""u8);
        writer.WriteAscii(topic); // a topic key has nothing to escape
        writer.Write("\",\"epoch\":\""u8);
        writer.WriteEpoch(frame.Position.Epoch);
        writer.Write("\",\"offset\":"u8);
        writer.WriteNumber(frame.Position.Offset);
        writer.Write(",\"time\":{"u8);
        if (frame.OriginTime != 0)
        {
            writer.Write("\"origin\":"u8);
            writer.WriteNumber(frame.OriginTime);
            writer.Write(","u8);
        }

        writer.Write("\"home\":"u8);
        writer.WriteNumber(frame.HomeTime);
        if (format != WireFormat.Json)
        {
            if (frame.EdgeTime != 0)
            {
                writer.Write(",\"edge\":"u8);
                writer.WriteNumber(frame.EdgeTime);
            }

            writer.Write(",\"gateway\":"u8);
            writer.WriteNumber(notes.GatewayTime);
        }

        writer.Write("},"u8);
        if (notes.Gap != Gap.None) writer.Write(notes.Gap == Gap.Epoch ? "\"gap\":\"epoch\","u8 : "\"gap\":\"history\","u8);
        if (notes.Stale) writer.Write("\"stale\":true,"u8);
        if (frame.Transaction is { } transaction)
        {
            writer.Write("\"transaction\":\""u8);
            writer.Write(System.Text.Json.JsonEncodedText.Encode(transaction).EncodedUtf8Bytes);
            writer.Write("\","u8);
        }

        writer.Write(name);
        writer.Write(body);
        writer.Write("}"u8);
    }

    /// <summary>A topic went stale or became fresh, for one stream format.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The format is no stream format.</exception>
    public static byte[] EncodeFreshness(WireFormat format, string topic, bool stale)
    {
        var name = stale ? "stale" : "fresh";
        return format switch
        {
            WireFormat.Sse or WireFormat.SseMany => Encoding.ASCII.GetBytes($"event: {name}\ndata: {{\"topics\":[\"{topic}\"]}}\n\n"),
            WireFormat.WebSocket => WebSocketFrames.Text(Encoding.ASCII.GetBytes($"{{\"event\":\"{name}\",\"topics\":[\"{topic}\"]}}")),
            _ => throw new ArgumentOutOfRangeException(nameof(format), format, "Only streams tell freshness apart from changes."),
        };
    }

    /// <summary>The end of a stream, for one stream format.</summary>
    /// <param name="format">Which.</param>
    /// <param name="reason">Why.</param>
    /// <param name="waitMs">Milliseconds that the client should wait before it connects again; 0 = its own choice.</param>
    /// <exception cref="ArgumentOutOfRangeException">The format is no stream format.</exception>
    public static byte[] EncodeClose(WireFormat format, CloseReason reason, int waitMs = 0) => format switch
    {
        WireFormat.Sse or WireFormat.SseMany when waitMs > 0 =>
            Encoding.UTF8.GetBytes($"retry: {waitMs}\nevent: close\ndata: {{\"code\":{reason.Code},\"reason\":\"{reason.Words(waitMs)}\",\"waitMs\":{waitMs}}}\n\n"),
        WireFormat.Sse or WireFormat.SseMany =>
            Encoding.UTF8.GetBytes($"event: close\ndata: {{\"code\":{reason.Code},\"reason\":\"{reason.Words(0)}\"}}\n\n"),
        WireFormat.WebSocket => WebSocketFrames.Close(reason, waitMs),
        _ => throw new ArgumentOutOfRangeException(nameof(format), format, "Only streams are closed with a reason."),
    };

    private ref struct SpanWriter(Span<byte> span)
    {
        private readonly Span<byte> _span = span;

        public int Length { get; private set; }

        public void Write(ReadOnlySpan<byte> bytes)
        {
            bytes.CopyTo(_span[Length..]);
            Length += bytes.Length;
        }

        public void WriteAscii(string text) => Length += Encoding.ASCII.GetBytes(text, _span[Length..]);

        public void WriteNumber(long number)
        {
            Utf8Formatter.TryFormat(number, _span[Length..], out var written);
            Length += written;
        }

        public void WriteEpoch(ulong epoch)
        {
            Utf8Formatter.TryFormat(epoch, _span[Length..], out var written, new System.Buffers.StandardFormat('x', 16));
            Length += written;
        }

        public void WritePosition(Position position)
        {
            WriteEpoch(position.Epoch);
            Write(":"u8);
            WriteNumber(position.Offset);
        }
    }
}
