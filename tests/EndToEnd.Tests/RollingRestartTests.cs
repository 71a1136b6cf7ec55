using System.Diagnostics;
using System.Linq;
using System.Text.Json.Nodes;
using E2EEvents.Testing.Clients;
using E2EEvents.Testing.Processes;
using E2EEvents.Testing.Regions;

namespace E2EEvents.EndToEnd;

/// <summary>A region on durable storage is restarted, and grown, under load: clients see no gap and no new epoch.</summary>
public sealed class RollingRestartTests
{
    private const int Topics = 40;
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(90);

    [Theory]
    [InlineData(RegionProvider.PostgreSql)]
    [InlineData(RegionProvider.MySql)]
    public async Task Restart_AllProcessesOneAfterTheOther_NoGapNoNewEpochNothingLost(RegionProvider provider)
    {
        var token = TestContext.Current.CancellationToken;
        await using var region = await TestRegion.StartAsync(token, silos: 2, gateways: 2, provider: provider);
        var headlines = new Headlines(Topics);
        var clients = headlines.NewTranscripts();
        var others = headlines.NewTranscripts();
        await using var webSocket = ResumingClient.Ws(region.Gateways[0].PublicUri, clients);
        await using var sse = ResumingClient.Sse(region.Gateways[1].PublicUri, others);
        await region.AddAllAsync(headlines.Next(Topics));
        foreach (var transcript in clients.Concat(others)) await transcript.ReachesAsync(1, Soon);
        var epochs = clients.Select(transcript => transcript.Position!.Value.Epoch).ToArray();

        using var load = CancellationTokenSource.CreateLinkedTokenSource(token);
        var adding = AddAsync(region, headlines, load.Token);
        foreach (var process in (ProductProcess[])[.. region.Silos, region.Connectors])
        {
            var before = (webSocket.Connections, sse.Connections);
            var clock = Stopwatch.StartNew();
            await process.RestartAsync(token);
            await AdvancesAsync(clients);
            TestContext.Current.SendDiagnosticMessage("{0}: {1} restarted in {2:0.0} s.", provider, process.Name, clock.Elapsed.TotalSeconds);
            Assert.Equal(before, (webSocket.Connections, sse.Connections));
        }

        foreach (var gateway in region.Gateways)
        {
            await gateway.RestartAsync(token);
            await AdvancesAsync(clients);
        }

        await load.CancelAsync();
        await adding;
        await headlines.ReachedByAsync(clients, Soon);
        await headlines.ReachedByAsync(others, Soon);
        Assert.Equal(epochs, clients.Select(transcript => transcript.Position!.Value.Epoch));
        Assert.All(clients.Concat(others), transcript => Assert.Empty(transcript.Gaps));
        for (var i = 0; i < Topics; i++) Assert.Equal(headlines.CountOf(i), clients[i].Offset);
    }

    [Fact]
    public async Task ScaleOut_SecondSilo_TakesItsShareOfFollowedTopicsWithoutGap()
    {
        var token = TestContext.Current.CancellationToken;
        await using var region = await TestRegion.StartAsync(token, silos: 2, siloLater: true, siloSettings: new() { ["Topics:DurableStorage"] = "true", ["Silo:RebalanceEvery"] = "00:00:03" });
        var headlines = new Headlines(Topics);
        var transcripts = headlines.NewTranscripts();
        await using var client = ResumingClient.Ws(region.Gateway, transcripts);
        await region.AddAllAsync(headlines.Next(Topics));
        foreach (var transcript in transcripts) await transcript.ReachesAsync(1, Soon);
        var epochs = transcripts.Select(transcript => transcript.Position!.Value.Epoch).ToArray();

        using var load = CancellationTokenSource.CreateLinkedTokenSource(token);
        var adding = AddAsync(region, headlines, load.Token);
        await region.Silos[1].StartAsync(token);
        var clock = Stopwatch.StartNew();
        await Eventually.TrueAsync(async stop => await TopicsOnAsync(region, headlines, region.Silos[1], stop) >= Topics / 4, TimeSpan.FromMinutes(2));
        TestContext.Current.SendDiagnosticMessage("A quarter of the topics is on the new silo after {0:0.0} s.", clock.Elapsed.TotalSeconds);

        await load.CancelAsync();
        await adding;
        await headlines.ReachedByAsync(transcripts, Soon);
        Assert.Equal(epochs, transcripts.Select(transcript => transcript.Position!.Value.Epoch));
        Assert.All(transcripts, transcript => Assert.Empty(transcript.Gaps));
        Assert.Equal(1, client.Connections);
    }

    private static async Task AddAsync(TestRegion region, Headlines headlines, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            await region.AddAllAsync(headlines.Next(Topics));
            await Task.Delay(TimeSpan.FromMilliseconds(400), TimeProvider.System, CancellationToken.None);
        }
    }

    /// <summary>Every topic changes again.</summary>
    private static async Task AdvancesAsync(IReadOnlyList<Transcript> transcripts)
    {
        foreach (var (transcript, offset) in transcripts.Select(transcript => (transcript, transcript.Offset)).ToArray()) await transcript.ReachesAsync(offset + 2, Soon);
    }

    private static async Task<int> TopicsOnAsync(TestRegion region, Headlines headlines, ProductProcess silo, CancellationToken cancellationToken)
    {
        using var http = new HttpClient();
        var count = 0;
        for (var i = 0; i < Topics; i++)
        {
            var inspection = JsonNode.Parse(await http.GetStringAsync(new Uri(region.Gateways[0].OperationsUri, "inspect/" + headlines.TopicOf(i)), cancellationToken));
            if (((string)inspection!["silo"]!).Contains(":" + silo.Settings["Silo:SiloPort"], StringComparison.Ordinal)) count++;
        }

        return count;
    }
}
