namespace E2EEvents.Load.Peers.Servers;

/// <summary>A C program with one send(2) per update and subscriber; compiled when it is needed.</summary>
internal sealed class FloorPeer(string? cores) : PeerServer(cores)
{
    protected override string Name => "floor";

    protected override string Program => $"{Folder}/floor";

    protected override IEnumerable<string> ProgramArguments => [FirstPort, SecondPort];

    protected override Task PrepareAsync()
    {
        WriteFile("floor.c", Source("floor.c"));
        return RunToolAsync("gcc", "-O2", "-o", "floor", "floor.c");
    }
}
