using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace E2EEvents.Load.Peers.Sources;

/// <summary>For servers that can be given updates in their own process: index of the topic and length, two bytes each (little endian), then the update.</summary>
internal sealed class RecordFeed(int port) : Feed(port)
{
    public const int HeaderBytes = 4;

    public override void Add(int topic, ReadOnlySpan<byte> update)
    {
        var span = Buffer.GetSpan(HeaderBytes + update.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(span, (ushort)topic);
        BinaryPrimitives.WriteUInt16LittleEndian(span[2..], (ushort)update.Length);
        update.CopyTo(span[HeaderBytes..]);
        Buffer.Advance(HeaderBytes + update.Length);
    }
}

/// <summary>nchan's HTTP publisher: requests one behind the other on one connection, answers not waited for.</summary>
internal sealed class NchanFeed(int port) : Feed(port)
{
    public override void Add(int topic, ReadOnlySpan<byte> update)
    {
        Buffer.Write(Encoding.ASCII.GetBytes($"POST /pub?topic={NameOf(topic)} HTTP/1.1\r\nHost: load\r\nContent-Type: application/json\r\nContent-Length: {update.Length}\r\n\r\n"));
        Buffer.Write(update);
    }
}

/// <summary>The NATS protocol over plain TCP.</summary>
internal sealed class NatsFeed(int port) : Feed(port)
{
    public override void Add(int topic, ReadOnlySpan<byte> update)
    {
        Buffer.Write(Encoding.ASCII.GetBytes($"PUB {NameOf(topic)} {update.Length}\r\n"));
        Buffer.Write(update);
        Buffer.Write("\r\n"u8);
    }

    protected override void Begin() => Buffer.Write("CONNECT {\"verbose\":false,\"pedantic\":false,\"name\":\"load\",\"lang\":\"load\",\"version\":\"1\",\"protocol\":1}\r\n"u8);

    protected override void Answered(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IndexOf("PING\r\n"u8) >= 0) Answer("PONG\r\n"u8);
    }
}

/// <summary>MQTT 3.1.1 with QoS 0 over plain TCP.</summary>
internal sealed class MqttFeed(int port) : Feed(port)
{
    public override void Add(int topic, ReadOnlySpan<byte> update)
    {
        var name = Encoding.ASCII.GetBytes(NameOf(topic));
        var body = 2 + name.Length + update.Length;
        var span = Buffer.GetSpan(5 + body);
        span[0] = 0x30;
        var at = 1 + MqttPacket.WriteLength(span[1..], body);
        BinaryPrimitives.WriteUInt16BigEndian(span[at..], (ushort)name.Length);
        name.CopyTo(span[(at + 2)..]);
        update.CopyTo(span[(at + 2 + name.Length)..]);
        Buffer.Advance(at + body);
    }

    protected override void Begin() => Buffer.Write(MqttPacket.Connect("load-publisher"));
}
