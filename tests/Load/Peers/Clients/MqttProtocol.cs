using System.Buffers.Binary;
using System.Text;
using E2EEvents.Load.Clients;
using E2EEvents.Load.Peers.Sources;

namespace E2EEvents.Load.Peers.Clients;

/// <summary>MQTT 3.1.1 in binary frames: CONNECT without keep-alive, one SUBSCRIBE with QoS 0, PUBLISH packets.</summary>
internal sealed class MqttProtocol : PeerProtocol
{
    private const byte ConnectAck = 0x20;
    private const byte Publish = 0x30;
    private const byte Subscribe = 0x82;
    private const byte SubscribeAck = 0x90;

    public override string Subprotocol => "mqtt";

    public override string PathOf(TopicSet topics, int connection) => "/mqtt";

    public override void Upgraded(PeerConnection connection) => connection.SendFrame(WebSocketOpcode.Binary, MqttPacket.Connect($"load-{connection.Number}"));

    public override int Take(PeerConnection connection, ReadOnlySpan<byte> bytes)
    {
        var used = 0;
        while (connection.IsOpen && MqttPacket.TryRead(bytes[used..], out var body, out var total))
        {
            TakePacket(connection, (byte)(bytes[used] & 0xF0), body);
            used += total;
        }

        return used;
    }

    private static void TakePacket(PeerConnection connection, byte type, ReadOnlySpan<byte> body)
    {
        if (type == Publish) connection.Arrived(body[(2 + BinaryPrimitives.ReadUInt16BigEndian(body))..]);
        else if (type == SubscribeAck) connection.HasSubscribed();
        else if (type != ConnectAck) return;
        else if (body[1] != 0) connection.Lose($"refused: MQTT {body[1]}");
        else connection.SendFrame(WebSocketOpcode.Binary, MqttPacket.Of(Subscribe, Filters(connection)));
    }

    private static byte[] Filters(PeerConnection connection)
    {
        var body = new List<byte> { 0, 1 };
        for (var slot = 0; slot < connection.Topics.PerConnection; slot++)
        {
            var name = Encoding.ASCII.GetBytes(connection.Topics.NameOf(connection.Topics.TopicOf(connection.Number, slot)));
            body.AddRange([0, (byte)name.Length, .. name, 0]);
        }

        return [.. body];
    }
}
