using System.Diagnostics;
using E2EEvents.Testing.Clients;
using E2EEvents.Testing.Regions;
using E2EEvents.Testing.Servers;

namespace E2EEvents.EndToEnd.Storage;

/// <summary>Regions of real processes on a real PostgreSQL and a real MariaDB, whose commits are on disk: what may be killed, and what clients then see, which is no gap and no new epoch.</summary>
public sealed class SqlRegionTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData(RegionProvider.PostgreSql)] // on MariaDB the torture does it
    public async Task OneOfTwoSilos_Killed_TopicsGoOnInTheSameEpochWithoutGap(RegionProvider provider)
    {
        var token = TestContext.Current.CancellationToken;
        await using var region = await TestRegion.StartAsync(token, silos: 2, provider: provider);
        var headlines = new Headlines(topics: 20);
        var transcripts = headlines.NewTranscripts();
        await using var client = ResumingClient.Ws(region.Gateway, transcripts);
        await region.AddAllAsync(headlines.Next(400));
        await headlines.ReachedByAsync(transcripts, Soon);

        await region.Silos[1].KillAsync();
        var clock = Stopwatch.StartNew();
        await region.AddAllAsync(headlines.Next(20)); // one for each topic, those of the dead silo included
        foreach (var transcript in transcripts) await transcript.ReachesAsync(21, Soon);
        TestContext.Current.SendDiagnosticMessage("{0}: all 20 topics changed again {1:0.0} s after the kill.", provider, clock.Elapsed.TotalSeconds);

        await headlines.ReachedByAsync(transcripts, Soon);
        AssertUnbroken(transcripts, 21);
    }

    [Theory]
    [InlineData(RegionProvider.PostgreSql)]
    [InlineData(RegionProvider.MySql)]
    public async Task Database_KilledUnderLoad_NothingIsLostRepeatedOrRenumbered(RegionProvider provider)
    {
        var token = TestContext.Current.CancellationToken;
        await using var region = await TestRegion.StartAsync(token, provider: provider);
        var headlines = new Headlines(topics: 20);
        var transcripts = headlines.NewTranscripts();
        await using var client = ResumingClient.Ws(region.Gateway, transcripts);

        await region.AddAllAsync(headlines.Next(20)); // each is stored once: a topic whose first record is not has no epoch to keep
        await headlines.ReachedByAsync(transcripts, Soon);

        for (var round = 0; round < 3; round++)
        {
            var seen = transcripts[0].Offset;
            var adding = region.AddAllAsync(headlines.Next(2000));
            await transcripts[0].ReachesAsync(seen + 3, Soon); // in the midst of it
            await DatabaseOf(region).KillAsync();
            await adding;
            await DatabaseOf(region).StartAsync(token);
            await headlines.ReachedByAsync(transcripts, Soon);
        }

        AssertUnbroken(transcripts, 301);
    }

    [Theory]
    [InlineData(RegionProvider.PostgreSql)]
    [InlineData(RegionProvider.MySql)]
    public async Task Database_ReadOnlyForAWhile_HealthIsRedThenGreenByItselfAndNothingIsLost(RegionProvider provider)
    {
        var token = TestContext.Current.CancellationToken;
        await using var region = await TestRegion.StartAsync(token, provider: provider, configure: async processes =>
        {
            // Root of MariaDB may write to a read-only server; an application's user may not.
            var connection = await DatabaseAdmin.CreateUserAsync(processes.Database!, token);
            foreach (var process in processes.All) process.Settings["Cluster:Sql"] = connection;
        });
        var headlines = new Headlines(topics: 5);
        var transcripts = headlines.NewTranscripts();
        await using var client = ResumingClient.Ws(region.Gateway, transcripts);
        await region.AddAllAsync(headlines.Next(50));
        await headlines.ReachedByAsync(transcripts, Soon);

        await DatabaseAdmin.SetReadOnlyAsync(DatabaseOf(region), true, token);
        await HealthAsync(region, "storage: Unhealthy"); // while no topic writes
        await region.AddAllAsync(headlines.Next(50));
        await HealthAsync(region, "storage: Unhealthy");
        Assert.All(transcripts, transcript => Assert.Equal(10, transcript.Offset)); // nothing is shown that is not stored
        await DatabaseAdmin.SetReadOnlyAsync(DatabaseOf(region), false, token);

        await HealthAsync(region, "storage: Healthy");
        await headlines.ReachedByAsync(transcripts, Soon);
        AssertUnbroken(transcripts, 20);
    }

    private static void AssertUnbroken(IReadOnlyList<Transcript> transcripts, long offset)
    {
        Assert.All(transcripts, transcript => Assert.Empty(transcript.Gaps)); // a new epoch would be one
        Assert.All(transcripts, transcript => Assert.Equal(offset, transcript.Offset)); // one offset a headline: none twice, none left out
    }

    private static DatabaseServer DatabaseOf(TestRegion region) => region.Sql;

    private static async Task HealthAsync(TestRegion region, string line)
    {
        using var http = new HttpClient { BaseAddress = region.Silos[0].OperationsUri };
        await Eventually.TrueAsync(async cancellationToken =>
        {
            using var answer = await http.GetAsync(new Uri("health/ready", UriKind.Relative), cancellationToken);
            return (await answer.Content.ReadAsStringAsync(cancellationToken)).Contains(line, StringComparison.Ordinal);
        }, Soon, what: line);
    }
}
