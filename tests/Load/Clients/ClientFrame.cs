using System.Buffers.Binary;

namespace E2EEvents.Load.Clients;

/// <summary>A WebSocket frame as clients send it. It must be masked; with a mask of zeros the payload stays as it is.</summary>
internal static class ClientFrame
{
    private const byte Masked = 0x80;

    public static byte[] Of(WebSocketOpcode opcode, ReadOnlySpan<byte> payload)
    {
        var isShort = payload.Length < 126;
        var header = isShort ? 6 : 8;
        var frame = new byte[header + payload.Length];
        frame[0] = (byte)(0x80 | (byte)opcode);
        frame[1] = (byte)(Masked | (isShort ? payload.Length : 126));
        if (!isShort) BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(2), checked((ushort)payload.Length));
        payload.CopyTo(frame.AsSpan(header));
        return frame;
    }
}
