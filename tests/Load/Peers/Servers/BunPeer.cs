namespace E2EEvents.Load.Peers.Servers;

/// <summary>Bun, whose WebSockets and topics are uWebSockets'.</summary>
internal sealed class BunPeer(string? cores, string bun) : PeerServer(cores)
{
    protected override string Name => "bun";

    /// <summary>Where it was installed may be readable by its owner only.</summary>
    protected override string User => "root";

    protected override string Program => bun;

    protected override IEnumerable<string> ProgramArguments => [$"{Folder}/bun.js", FirstPort, SecondPort];

    protected override void WriteConfiguration() => WriteFile("bun.js", Source("bun.js"));
}
