using E2EEvents.Load.Clients;

namespace E2EEvents.Load.Peers.Clients;

/// <summary>What a subscriber of one server says over its WebSocket, and where updates lie in what it gets. Holds nothing of a connection.</summary>
internal abstract class PeerProtocol
{
    /// <summary>Value of Sec-WebSocket-Protocol; null = none.</summary>
    public virtual string? Subprotocol => null;

    /// <summary>By the name of the server.</summary>
    /// <exception cref="ArgumentException">There is no such server.</exception>
    public static PeerProtocol Of(string peer) => peer switch
    {
        "gateway" => new GatewayProtocol(),
        "floor" or "bun" => new PlainProtocol("/"),
        "nchan" => new PlainProtocol("/sub"),
        "nats" => new NatsProtocol(),
        "mosquitto" => new MqttProtocol(),
        "signalr" => new SignalRProtocol(),
        _ => throw new ArgumentException($"'{peer}' is no peer.", nameof(peer)),
    };

    /// <summary>Path and query of the upgrade.</summary>
    public abstract string PathOf(TopicSet topics, int connection);

    /// <summary>The WebSocket stands: subscribe, or say that this is all.</summary>
    public abstract void Upgraded(PeerConnection connection);

    /// <summary>Takes whole messages; returns the bytes used, the rest is given again with more.</summary>
    public abstract int Take(PeerConnection connection, ReadOnlySpan<byte> bytes);

    /// <summary>Names of a connection's topics, joined.</summary>
    protected static string NamesOf(TopicSet topics, int connection, string before, string between)
    {
        var names = new string[topics.PerConnection];
        for (var slot = 0; slot < names.Length; slot++) names[slot] = before + topics.NameOf(topics.TopicOf(connection, slot));
        return string.Join(between, names);
    }
}

/// <summary>Topics in the query, one update a frame, subscribed once the upgrade is answered.</summary>
/// <param name="path">Of the endpoint.</param>
internal sealed class PlainProtocol(string path) : PeerProtocol
{
    public override string PathOf(TopicSet topics, int connection) => $"{path}?topics={NamesOf(topics, connection, "", ",")}";

    public override void Upgraded(PeerConnection connection) => connection.HasSubscribed();

    public override int Take(PeerConnection connection, ReadOnlySpan<byte> bytes)
    {
        connection.Arrived(bytes);
        return bytes.Length;
    }
}

/// <summary>Our gateway's raw WebSocket: it sends the state of each topic first, so that who has all of them has joined.</summary>
internal sealed class GatewayProtocol : PeerProtocol
{
    public override string PathOf(TopicSet topics, int connection) => topics.StreamPathOf(connection, "ws", "");

    public override void Upgraded(PeerConnection connection)
    {
        // The states come by themselves.
    }

    public override int Take(PeerConnection connection, ReadOnlySpan<byte> bytes)
    {
        // What holds no state is a notice.
        if (bytes.IndexOf("\"state\":"u8) < 0) return bytes.Length;
        if (connection.HasJoined) connection.Arrived(bytes);
        else connection.HasState();
        return bytes.Length;
    }
}
