using System.Text;
using E2EEvents.Load.Clients;

namespace E2EEvents.Load.Peers.Clients;

/// <summary>SignalR's JSON protocol without negotiation: handshake, one call of <c>Join</c>, records that end with 0x1E.</summary>
internal sealed class SignalRProtocol : PeerProtocol
{
    private const byte End = 0x1E;

    public override string PathOf(TopicSet topics, int connection) => "/hub";

    public override void Upgraded(PeerConnection connection)
    {
        var names = NamesOf(connection.Topics, connection.Number, "", ",");
        connection.SendFrame(WebSocketOpcode.Text, "{\"protocol\":\"json\",\"version\":1}\u001e"u8);
        connection.SendFrame(WebSocketOpcode.Text, Encoding.ASCII.GetBytes($$"""{"type":1,"invocationId":"1","target":"Join","arguments":["{{names}}"]}""" + (char)End));
    }

    public override int Take(PeerConnection connection, ReadOnlySpan<byte> bytes)
    {
        var used = 0;
        while (connection.IsOpen && bytes[used..].IndexOf(End) is var end and >= 0)
        {
            TakeRecord(connection, bytes.Slice(used, end));
            used += end + 1;
        }

        return used;
    }

    private static void TakeRecord(PeerConnection connection, ReadOnlySpan<byte> record)
    {
        if (record.StartsWith("{\"type\":1,"u8)) connection.Arrived(record);
        else if (record.IndexOf("\"error\""u8) >= 0 || record.StartsWith("{\"type\":7"u8)) connection.Lose(Encoding.UTF8.GetString(record));
        else if (record.StartsWith("{\"type\":3,"u8)) connection.HasSubscribed();
    }
}
