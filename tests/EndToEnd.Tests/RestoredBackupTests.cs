using System.Linq;
using E2EEvents.Testing.Clients;
using E2EEvents.Testing.Regions;

namespace E2EEvents.EndToEnd;

/// <summary>The database of a region is put back to an older state: no offset of an epoch is given to two changes, and clients are told.</summary>
public sealed class RestoredBackupTests
{
    private const int Topics = 4;
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(90);

    [Theory]
    [InlineData(RegionProvider.PostgreSql)]
    [InlineData(RegionProvider.MySql)]
    public async Task Restore_RestoredIsRaised_EpochsAreNewAndTheOriginFillsWhatTheBackupLacked(RegionProvider provider)
    {
        var token = TestContext.Current.CancellationToken;
        await using var region = await TestRegion.StartAsync(token, provider: provider);
        var headlines = new Headlines(Topics);
        var transcripts = headlines.NewTranscripts();
        await using var client = ResumingClient.Ws(region.Gateway, transcripts);
        await region.AddAllAsync(headlines.Next(20));
        await headlines.ReachedByAsync(transcripts, Soon);

        await StopAsync(region);
        await region.Sql.StopAsync();
        await region.Sql.BackUpAsync();
        await region.StartAsync(token);
        await region.AddAllAsync(headlines.Next(20));
        await headlines.ReachedByAsync(transcripts, Soon);
        var before = transcripts.Select(transcript => transcript.Position!.Value).ToArray();
        Assert.All(transcripts, transcript => Assert.Empty(transcript.Gaps)); // a restart alone renews nothing

        await StopAsync(region);
        await region.Sql.StopAsync();
        await region.Sql.RestoreAsync();
        region.Silos[0].Settings["Topics:Restored"] = "1";
        await region.StartAsync(token);
        await region.AddAllAsync(headlines.Next(20));
        await headlines.ReachedByAsync(transcripts, Soon); // the checkpoint is as old as the topics: the connector has read the rest again
        for (var i = 0; i < Topics; i++)
        {
            Assert.Equal(["epoch"], transcripts[i].Gaps);
            Assert.NotEqual(before[i].Epoch, transcripts[i].Position!.Value.Epoch);
            Assert.Equal(headlines.CountOf(i), transcripts[i].Offset);
        }
    }

    [Fact]
    public async Task Restore_NobodySaysSo_AGatewayThatHasShownMoreMakesTopicsRenewTheirEpochs()
    {
        var token = TestContext.Current.CancellationToken;
        await using var region = await TestRegion.StartAsync(token, provider: RegionProvider.PostgreSql);
        var headlines = new Headlines(Topics);
        var transcripts = headlines.NewTranscripts();
        await using var client = ResumingClient.Ws(region.Gateway, transcripts);
        await region.AddAllAsync(headlines.Next(20));
        await headlines.ReachedByAsync(transcripts, Soon);
        await region.Silos[0].StopAsync();
        await region.Sql.StopAsync();
        await region.Sql.BackUpAsync();
        await region.StartAsync(token);
        await region.AddAllAsync(headlines.Next(20));
        await headlines.ReachedByAsync(transcripts, Soon);
        var before = transcripts.Select(transcript => transcript.Position!.Value).ToArray();

        // The gateway lives on and knows the positions; connectors begin only when it has told.
        await region.Connectors.StopAsync();
        await region.Silos[0].StopAsync();
        await region.Sql.StopAsync();
        await region.Sql.RestoreAsync();
        await region.Sql.StartAsync(token);
        await region.Silos[0].StartAsync(token);
        foreach (var transcript in transcripts) await transcript.ReachesAsync(t => t.Gaps.Count > 0, Soon);
        await region.Connectors.StartAsync(token);
        await region.AddAllAsync(headlines.Next(20));
        await headlines.ReachedByAsync(transcripts, Soon);
        for (var i = 0; i < Topics; i++)
        {
            Assert.Equal(["epoch"], transcripts[i].Gaps);
            Assert.NotEqual(before[i].Epoch, transcripts[i].Position!.Value.Epoch);
        }

        Assert.Contains(region.Silos[0].Problems, line => line.Contains("lost writes of news/", StringComparison.Ordinal));
    }

    private static async Task StopAsync(TestRegion region)
    {
        await region.Connectors.StopAsync();
        foreach (var silo in region.Silos) await silo.StopAsync();
    }
}
