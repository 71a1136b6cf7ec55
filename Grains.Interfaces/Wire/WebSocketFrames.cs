using System.Buffers.Binary;

namespace E2EEvents.Grains.Interfaces.Wire;

/// <summary>Frame types of RFC 6455 §5.2.</summary>
public enum WebSocketOpcode : byte
{
    /// <summary>Continues a fragmented one.</summary>
    Continuation = 0,

    /// <summary>UTF-8 text.</summary>
    Text = 1,

    /// <summary>Bytes.</summary>
    Binary = 2,

    /// <summary>End of the connection, with code and reason.</summary>
    Close = 8,

    /// <summary>To be answered with a pong.</summary>
    Ping = 9,

    /// <summary>Answer to a ping.</summary>
    Pong = 10,
}

/// <summary>Writes frames as a server does: unmasked, so that the same bytes go to every connection (RFC 6455 §5).</summary>
public static class WebSocketFrames
{
    /// <summary>Longest header of a server's frame.</summary>
    public const int MaxHeaderBytes = 10;

    private const byte FirstReserved = 0x40;

    /// <summary>A ping without payload.</summary>
    public static ReadOnlyMemory<byte> Ping { get; } = new byte[] { 0x89, 0 };

    /// <summary>Bytes of the header of a frame of that length.</summary>
    public static int HeaderBytes(int length) => length < 126 ? 2 : length <= ushort.MaxValue ? 4 : 10;

    /// <summary>Writes a header of a final frame; returns its bytes.</summary>
    public static int WriteHeader(Span<byte> span, WebSocketOpcode opcode, int length)
    {
        span[0] = (byte)(0x80 | (byte)opcode);
        switch (HeaderBytes(length))
        {
            case 2:
                span[1] = (byte)length;
                return 2;
            case 4:
                span[1] = 126;
                BinaryPrimitives.WriteUInt16BigEndian(span[2..], (ushort)length);
                return 4;
            default:
                span[1] = 127;
                BinaryPrimitives.WriteUInt64BigEndian(span[2..], (ulong)length);
                return 10;
        }
    }

    /// <summary>A text frame.</summary>
    public static byte[] Text(ReadOnlySpan<byte> payload) => Whole(WebSocketOpcode.Text, payload);

    /// <summary>A text frame whose payload is a compressed message (RFC 7692 §6: the first reserved bit is set).</summary>
    public static byte[] Compressed(ReadOnlySpan<byte> message)
    {
        var frame = Whole(WebSocketOpcode.Text, message);
        frame[0] |= FirstReserved;
        return frame;
    }

    /// <summary>True if the frame's payload is a compressed message.</summary>
    public static bool IsCompressed(ReadOnlySpan<byte> frame) => (frame[0] & FirstReserved) != 0;

    /// <summary>A pong that answers a ping.</summary>
    public static byte[] Pong(ReadOnlySpan<byte> payload) => Whole(WebSocketOpcode.Pong, payload);

    /// <summary>A close frame.</summary>
    /// <param name="reason">Why.</param>
    /// <param name="waitMs">Wait before the client connects again; 0 = its own choice.</param>
    public static byte[] Close(CloseReason reason, int waitMs = 0)
    {
        var text = reason.ReasonBytes(waitMs);
        Span<byte> payload = stackalloc byte[2 + CloseReason.MaxReasonBytes];
        BinaryPrimitives.WriteUInt16BigEndian(payload, reason.Code);
        text.CopyTo(payload[2..]);
        return Whole(WebSocketOpcode.Close, payload[..(2 + text.Length)]);
    }

    /// <summary>The close frame that answers a client's: its code without its reason.</summary>
    /// <param name="payload">Of the client's close frame.</param>
    /// <returns>Null when the client's frame is none: half a code, or one that must not be sent (RFC 6455 §7.4).</returns>
    public static byte[]? CloseReply(ReadOnlySpan<byte> payload)
    {
        if (payload.Length == 0) return Whole(WebSocketOpcode.Close, []);
        if (payload.Length == 1) return null;
        var code = BinaryPrimitives.ReadUInt16BigEndian(payload);
        return code is (>= 1000 and <= 1003) or (>= 1007 and <= 1014) or (>= 3000 and <= 4999) ? Whole(WebSocketOpcode.Close, payload[..2]) : null;
    }

    private static byte[] Whole(WebSocketOpcode opcode, ReadOnlySpan<byte> payload)
    {
        var frame = new byte[HeaderBytes(payload.Length) + payload.Length];
        var header = WriteHeader(frame, opcode, payload.Length);
        payload.CopyTo(frame.AsSpan(header));
        return frame;
    }
}
