using System.Buffers.Binary;

namespace E2EEvents.Load.Clients;

/// <summary>A raw WebSocket: upgrade, then one envelope per text frame; answers pings.</summary>
internal sealed class WebSocketConnection(ClientLoop loop, int number) : ClientConnection(loop, number)
{
    private bool _upgraded;

    protected override void Begin() => Send(
        $"GET {Loop.Topics.StreamPathOf(Number, "ws", Loop.Query)} HTTP/1.1\r\nHost: {Loop.Target.Host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n");

    protected override int Take(ReadOnlySpan<byte> bytes)
    {
        var used = 0;
        if (!_upgraded)
        {
            if (!HttpHead.TryRead(bytes, out var head)) return 0;
            if (head.Status != 101)
            {
                Lose($"refused: HTTP {head.Status}");
                return bytes.Length;
            }

            _upgraded = true;
            used = head.Bytes;
        }

        while (IsOpen)
        {
            var taken = TakeFrame(bytes[used..]);
            if (taken == 0) break;
            used += taken;
        }

        return used;
    }

    /// <returns>Bytes of the frame; 0 = incomplete.</returns>
    private int TakeFrame(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < 2) return 0;
        int length = bytes[1];
        var header = length switch { < 126 => 2, 126 => 4, _ => 10 };
        if (bytes.Length < header) return 0;
        if (header == 4) length = BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]);
        else if (header == 10) length = checked((int)BinaryPrimitives.ReadUInt64BigEndian(bytes[2..]));
        if (bytes.Length - header < length) return 0;
        var payload = bytes.Slice(header, length);
        switch (bytes[0])
        {
            case 0x80 | (byte)WebSocketOpcode.Text:
                TakeEnvelope(payload);
                break;
            case 0x80 | (byte)WebSocketOpcode.Ping:
                Send([0x80 | (byte)WebSocketOpcode.Pong, 0x80, 0, 0, 0, 0]); // our gateway's pings carry nothing
                break;
            case 0x80 | (byte)WebSocketOpcode.Close:
                Lose(length >= 2 ? $"close {BinaryPrimitives.ReadUInt16BigEndian(payload)}" : "close without code");
                break;
            default:
                Loop.Figures.Malformed++;
                break;
        }

        return header + length;
    }
}
