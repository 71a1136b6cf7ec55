using System.Linq;
using E2EEvents.Testing.Clients;
using E2EEvents.Testing.Processes;
using E2EEvents.Testing.Regions;
using E2EEvents.Testing.Servers;

namespace E2EEvents.EndToEnd;

/// <summary>A region whose state is in a replicated Redis, which a failover takes back: epochs end, clients are told, and the origin gives again what was lost.</summary>
public sealed class StorageFailoverTests
{
    private const int Topics = 10;
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(120);

    [Fact]
    public async Task Failover_ReplicaLacksAcknowledgedWrites_TopicsTakeNewEpochsAndNothingIsMissingInTheEnd()
    {
        var token = TestContext.Current.CancellationToken;
        await using var sentinels = new SentinelServers();
        await sentinels.InitializeAsync();
        await using var region = new RegionProcesses(new RegionPlan("e2e") { HasConnectors = true });
        await region.StartServersAsync(token); // its own Redis is the origin here
        foreach (var (key, value) in RegionProcesses.ReadingRedis(region.Redis.Endpoint)) region.Connectors!.Settings[key] = value;
        foreach (var process in region.All) process.Settings["Cluster:Redis"] = sentinels.Configuration;
        foreach (var process in (ProductProcess[])[.. region.Silos, .. region.Gateways, region.Connectors!]) await process.StartAsync(token);

        await using var origin = await OriginWriter.ConnectAsync(region.Redis);
        var headlines = new Headlines(Topics);
        var transcripts = headlines.NewTranscripts();
        await using var client = ResumingClient.Ws(region.Gateway, transcripts);
        await origin.AddAllAsync(headlines.Next(100));
        await headlines.ReachedByAsync(transcripts, Soon);
        var epochs = transcripts.Select(transcript => transcript.Position!.Value.Epoch).ToArray();
        var (master, replica) = (sentinels.Servers[0], sentinels.Servers[1]);
        await SentinelServers.ReplicatingAsync(master, 1);

        replica.Freeze(); // what is acknowledged from now on, the replica lacks
        await origin.AddAllAsync(headlines.Next(100));
        await headlines.ReachedByAsync(transcripts, Soon);
        Assert.Equal(epochs, transcripts.Select(transcript => transcript.Position!.Value.Epoch));
        await master.KillAsync();
        replica.Thaw();
        await SentinelServers.IsMasterAsync(replica);

        await origin.AddAllAsync(headlines.Next(100));
        await headlines.ReachedByAsync(transcripts, Soon); // also checks that no gap was silent
        for (var i = 0; i < Topics; i++)
        {
            Assert.Contains("epoch", transcripts[i].Gaps);
            Assert.NotEqual(epochs[i], transcripts[i].Position!.Value.Epoch);
        }
    }
}
