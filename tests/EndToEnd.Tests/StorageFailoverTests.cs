using System.Linq;
using E2EEvents.Testing.Clients;
using E2EEvents.Testing.Processes;
using E2EEvents.Testing.Regions;
using E2EEvents.Testing.Servers;

namespace E2EEvents.EndToEnd;

/// <summary>A region whose state is in a replicated Redis, which a failover takes back: what only the old master had is lost, epochs end, and clients are told.</summary>
public sealed class StorageFailoverTests
{
    private const int Topics = 10;
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(120);

    [Fact]
    public async Task Failover_ReplicaLacksAcknowledgedWrites_NoOffsetIsGivenTwiceAndClientsAreTold()
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

        // What is acknowledged from now on the replica lacks: it hangs, and without a link nothing waits in its socket either.
        replica.Freeze();
        await master.AskAsync("CLIENT KILL TYPE replica", token);
        await origin.AddAllAsync(headlines.Next(100));
        await headlines.ReachedByAsync(transcripts, Soon);
        Assert.Equal(epochs, transcripts.Select(transcript => transcript.Position!.Value.Epoch));
        await master.KillAsync();
        replica.Thaw();
        await SentinelServers.IsMasterAsync(replica);

        await origin.AddAllAsync(headlines.Next(100));
        using var http = new HttpTopicClient(region.Gateway);
        var lost = 0;
        for (var i = 0; i < Topics; i++)
        {
            await transcripts[i].ReachesAsync(t => t.State!["items"]!["item-00030"] is not null, Soon);
            transcripts[i].AssertKept(); // no gap was silent
            Assert.Contains("epoch", transcripts[i].Gaps);
            Assert.NotEqual(epochs[i], transcripts[i].Position!.Value.Epoch);
            Assert.NotNull(transcripts[i].State!["items"]!["item-00010"]); // the replica had it
            Assert.Equal(transcripts[i].State!.ToJsonString(), (await http.GetAsync(headlines.TopicOf(i), token)).Envelope.State!.ToJsonString());
            lost += 30 - transcripts[i].State!["items"]!.AsObject().Count;
        }

        TestContext.Current.SendDiagnosticMessage("{0} of 100 headlines that only the old master had are lost; docs/epochs.md says how to have none lost.", lost);
    }
}
