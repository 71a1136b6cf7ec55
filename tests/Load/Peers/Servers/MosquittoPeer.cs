using E2EEvents.Load.Peers.Sources;

namespace E2EEvents.Load.Peers.Servers;

/// <summary>Mosquitto with a WebSocket listener for subscribers; the publisher over TCP. QoS 0, nothing kept, no line per connection.</summary>
internal sealed class MosquittoPeer(string? cores) : PeerServer(cores)
{
    public override int ClientPort => base.FeedPort;

    public override int FeedPort => Port;

    protected override string Name => "mosquitto";

    protected override string Program => "mosquitto";

    protected override IEnumerable<string> ProgramArguments => ["-c", $"{Folder}/m.conf"];

    protected override byte[] Question => MqttPacket.Connect("ready");

    protected override byte[] Reply => [0x20, 2, 0, 0];

    protected override void WriteConfiguration() => WriteFile("m.conf", $"""
        per_listener_settings false
        allow_anonymous true
        persistence false
        set_tcp_nodelay true
        connection_messages false
        log_dest stderr
        log_type error
        listener {FirstPort} 127.0.0.1
        listener {SecondPort} 127.0.0.1
        protocol websockets

        """);
}
