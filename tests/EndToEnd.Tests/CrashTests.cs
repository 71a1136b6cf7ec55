using System.Diagnostics;
using E2EEvents.Testing.Clients;

namespace E2EEvents.EndToEnd;

/// <summary>Processes are killed (SIGKILL) under load; clients must end with what a pure replay gives, and be told of anything they missed.</summary>
public sealed class CrashTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Connectors_KilledUnderTenThousandEntries_ClientsEndWithPureReplayWithoutHoleOrRepeat()
    {
        var token = TestContext.Current.CancellationToken;
        await using var region = await TestRegion.StartAsync(token);
        var headlines = new Headlines(topics: 20);
        var transcripts = headlines.NewTranscripts();
        await using var client = ResumingClient.Ws(region.Gateway, transcripts);

        await region.AddAllAsync(headlines.Next(20));
        foreach (var transcript in transcripts) await transcript.ReachesAsync(1, Soon); // whoever joins later begins with the state of then
        var adding = region.AddAllAsync(headlines.Next(9_980));
        await transcripts[0].ReachesAsync(20, Soon);
        await region.Connectors.KillAsync();
        await adding;
        await region.Connectors.StartAsync(token);
        await transcripts[0].ReachesAsync(200, Soon);
        await region.Connectors.KillAsync();
        await region.Connectors.StartAsync(token);

        await headlines.ReachedByAsync(transcripts, Soon);
        foreach (var transcript in transcripts)
        {
            Assert.Equal(500, transcript.Offset); // one offset a headline: none twice, none left out
            Assert.Equal(500, transcript.Taken);
            Assert.Empty(transcript.Gaps);
        }
    }

    [Fact]
    public async Task Gateway_KilledUnder500Clients_AllResumeByPositionAndMissNothing()
    {
        var token = TestContext.Current.CancellationToken;
        await using var region = await TestRegion.StartAsync(token);
        var headlines = new Headlines(topics: 4);
        await region.AddAllAsync(headlines.Next(40));
        var all = new List<IReadOnlyList<Transcript>>();
        var clients = new List<ResumingClient>();
        for (var i = 0; i < 500; i++)
        {
            var transcripts = headlines.NewTranscripts();
            all.Add(transcripts);
            clients.Add(i % 2 == 0 ? ResumingClient.Ws(region.Gateway, transcripts) : ResumingClient.Sse(region.Gateway, transcripts));
        }

        foreach (var transcripts in all) await transcripts[0].ReachesAsync(10, Soon);
        await region.Gateways[0].KillAsync();
        await region.AddAllAsync(headlines.Next(200)); // while nobody is connected
        await region.Gateways[0].StartAsync(token);
        await region.AddAllAsync(headlines.Next(200));

        foreach (var transcripts in all)
        {
            await headlines.ReachedByAsync(transcripts, Soon);
            Assert.All(transcripts, t => Assert.Empty(t.Gaps));
            Assert.All(transcripts, t => Assert.Equal(110, t.Offset));
        }

        Assert.All(clients, client => Assert.True(client.Connections >= 2));
        foreach (var client in clients) await client.DisposeAsync();
    }

    [Fact]
    public async Task OneOfTwoSilos_Killed_TopicsChangeAgainAndClientsStayConnected()
    {
        var token = TestContext.Current.CancellationToken;
        await using var region = await TestRegion.StartAsync(token, silos: 2);
        var headlines = new Headlines(topics: 20);
        var transcripts = headlines.NewTranscripts();
        await using var client = await WsClient.ConnectAsync(region.Gateway, transcripts, token);
        await region.AddAllAsync(headlines.Next(400));
        await headlines.ReachedByAsync(transcripts, Soon);

        await region.Silos[1].KillAsync();
        var clock = Stopwatch.StartNew();
        await region.AddAllAsync(headlines.Next(20)); // one for each topic, those of the dead silo included
        using var http = region.Http();
        for (var i = 0; i < 20; i++)
        {
            await transcripts[i].ReachesAsync(t => t.Last!.Text.Contains("item-00021", StringComparison.Ordinal), TimeSpan.FromSeconds(30));
            if (i == 19) TestContext.Current.SendDiagnosticMessage("All 20 topics changed again {0:0.0} s after the kill.", clock.Elapsed.TotalSeconds);
        }

        Assert.False(client.Ended.IsCompleted, "The client lost its connection.");
        await headlines.ReachedByAsync(transcripts, Soon);
    }
}
