using System.Buffers.Text;
using System.Text;
using E2EEvents.Load.Clients;

namespace E2EEvents.Load.Peers.Clients;

/// <summary>The NATS protocol in binary frames: CONNECT, a SUB for each topic, and a PING whose PONG says that all of it was taken.</summary>
internal sealed class NatsProtocol : PeerProtocol
{
    public override string PathOf(TopicSet topics, int connection) => "/";

    public override void Upgraded(PeerConnection connection)
    {
        var text = new StringBuilder("CONNECT {\"verbose\":false,\"pedantic\":false,\"name\":\"load\",\"lang\":\"load\",\"version\":\"1\",\"protocol\":1}\r\n");
        for (var slot = 0; slot < connection.Topics.PerConnection; slot++)
        {
            text.Append("SUB ").Append(connection.Topics.NameOf(connection.Topics.TopicOf(connection.Number, slot))).Append(' ').Append(slot + 1).Append("\r\n");
        }

        connection.SendFrame(WebSocketOpcode.Binary, Encoding.ASCII.GetBytes(text.Append("PING\r\n").ToString()));
    }

    public override int Take(PeerConnection connection, ReadOnlySpan<byte> bytes)
    {
        var used = 0;
        while (connection.IsOpen)
        {
            var rest = bytes[used..];
            var line = rest.IndexOf("\r\n"u8);
            if (line < 0) break;
            var taken = TakeLine(connection, rest, line);
            if (taken == 0) break;
            used += taken;
        }

        return used;
    }

    /// <returns>Bytes of the line and what belongs to it; 0 = incomplete.</returns>
    private static int TakeLine(PeerConnection connection, ReadOnlySpan<byte> bytes, int line)
    {
        var words = bytes[..line];
        if (words.StartsWith("MSG "u8))
        {
            _ = Utf8Parser.TryParse(words[(words.LastIndexOf((byte)' ') + 1)..], out int size, out _);
            var total = line + 2 + size + 2;
            if (bytes.Length < total) return 0;
            connection.Arrived(bytes.Slice(line + 2, size));
            return total;
        }

        if (words.SequenceEqual("PING"u8)) connection.SendFrame(WebSocketOpcode.Binary, "PONG\r\n"u8);
        else if (words.SequenceEqual("PONG"u8)) connection.HasSubscribed();
        else if (words.StartsWith("-ERR"u8)) connection.Lose(Encoding.ASCII.GetString(words));
        return line + 2;
    }
}
