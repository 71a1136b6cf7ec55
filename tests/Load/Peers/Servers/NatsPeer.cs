using System.Text;

namespace E2EEvents.Load.Peers.Servers;

/// <summary>nats-server without JetStream; subscribers over WebSocket, the publisher over TCP.</summary>
internal sealed class NatsPeer(string? cores) : PeerServer(cores)
{
    public override int ClientPort => base.FeedPort;

    public override int FeedPort => Port;

    protected override string Name => "nats";

    protected override string Program => "nats-server";

    protected override IEnumerable<string> ProgramArguments => ["-c", $"{Folder}/n.conf"];

    protected override byte[] Question => Encoding.ASCII.GetBytes("CONNECT {\"verbose\":false}\r\n");

    protected override byte[] Reply => Encoding.ASCII.GetBytes("INFO {");

    protected override void WriteConfiguration() => WriteFile("n.conf", $$"""
        listen: "127.0.0.1:{{FirstPort}}"
        max_connections: 100000
        websocket { listen: "127.0.0.1:{{SecondPort}}", no_tls: true, compression: false }

        """);
}
