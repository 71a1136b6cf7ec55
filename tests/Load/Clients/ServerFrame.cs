using System.Buffers.Binary;

namespace E2EEvents.Load.Clients;

/// <summary>A WebSocket frame as servers send it: unmasked.</summary>
internal readonly ref struct ServerFrame
{
    /// <summary>First byte: 0x80 = the last of its message, the low four bits are the opcode.</summary>
    public required byte First { get; init; }

    public required ReadOnlySpan<byte> Payload { get; init; }

    /// <summary>Length with header.</summary>
    public required int Bytes { get; init; }

    public WebSocketOpcode Opcode => (WebSocketOpcode)(First & 0x0F);

    /// <summary>Of a close frame, in words.</summary>
    public string CloseReason => Payload.Length >= 2 ? $"close {BinaryPrimitives.ReadUInt16BigEndian(Payload)}" : "close without code";

    /// <summary>False while the frame is incomplete.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out ServerFrame frame)
    {
        frame = default;
        if (bytes.Length < 2) return false;
        int length = bytes[1];
        var header = length switch { < 126 => 2, 126 => 4, _ => 10 };
        if (bytes.Length < header) return false;
        if (header == 4) length = BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]);
        else if (header == 10) length = checked((int)BinaryPrimitives.ReadUInt64BigEndian(bytes[2..]));
        if (bytes.Length - header < length) return false;
        frame = new ServerFrame { First = bytes[0], Payload = bytes.Slice(header, length), Bytes = header + length };
        return true;
    }
}
