using System.Globalization;
using System.Linq;

namespace E2EEvents.Connectors.Tests.Ingest;

/// <summary>Connectors where their kind is at home, and where it is not.</summary>
public sealed class FollowsTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Events_OfAKindAtHomeElsewhere_AreHeldBackAndPublishedOnceItIsHere()
    {
        await using var run = new HostHarness();
        run.Log.Expect(2014);
        run.Region.Elsewhere["match"] = true;
        run.Connector.Add(EventOf("ticker/a", 1));
        run.Connector.Add(EventOf("match/a", 2));
        await run.StartAsync();
        await run.Log.SeesAsync(2014, Limit);
        await run.CheckpointAsync("1");
        Assert.Contains("its home is region there", run.Status.Problems, StringComparison.Ordinal);
        Assert.False(run.Status.Ready);
        Assert.Empty(run.Region.Applied("match/a"));
        Assert.Empty(run.Region.Letters);

        run.Region.Elsewhere.Clear();
        await run.CheckpointAsync("2");
        Assert.Single(run.Region.Applied("match/a"));
        Assert.True(run.Status.Ready, run.Status.Problems);
    }

    [Fact]
    public async Task Follows_KindElsewhere_ReadsNothingAndStoresHomesCheckpointOnceItIsOldEnough()
    {
        await using var run = new HostHarness();
        run.Options.Follows = "match";
        run.Region.Elsewhere["match"] = true;
        var asked = 0;
        run.Region.AtHome = () => new Checkpoint((++asked * 10).ToString(CultureInfo.InvariantCulture), asked);
        for (var i = 1; i <= 30; i++) run.Connector.Add(EventOf("match/a", i));
        await run.StartAsync();
        await Eventually.TrueAsync(() => run.Status.Phase.Contains("home in region there", StringComparison.Ordinal), Limit);
        Assert.True(run.Status.Ready);
        await Eventually.EqualAsync("10", () => run.Region.CheckpointOf("fake").Token, Limit);
        Assert.Equal(2, asked); // the second copy proves that the first is old enough
        Assert.Equal(0, run.Region.AppliedEvents);

        run.Region.Elsewhere.Clear();
        await run.CheckpointAsync("30");
        Assert.Equal(Enumerable.Range(11, 20), run.Region.Applied("match/a").Select(NumberOf));
    }

    [Fact]
    public async Task Follows_KindLeaves_StopsWithWhatIsSettledAndGoesOnFromThereWhenItStays()
    {
        await using var run = new HostHarness();
        run.Options.Follows = "match";
        for (var i = 1; i <= 10; i++) run.Connector.Add(EventOf("match/a", i));
        await run.StartAsync();
        await run.CheckpointAsync("10");

        run.Region.Leaving["match"] = true;
        await Eventually.TrueAsync(() => run.Status.Phase.StartsWith("standing by", StringComparison.Ordinal), Limit);
        for (var i = 11; i <= 20; i++) run.Connector.Add(EventOf("match/a", i));
        Assert.Equal("10", run.Region.CheckpointOf("fake").Token);
        Assert.Equal(10, run.Region.AppliedEvents);

        run.Region.Leaving.Clear(); // called off
        await run.CheckpointAsync("20");
        Assert.Equal(Enumerable.Range(1, 20), run.Region.Applied("match/a").Select(NumberOf));
    }

    [Fact]
    public async Task Follows_HomeAway_KeepsTheCheckpointThatIsHere()
    {
        await using var run = new HostHarness();
        run.Options.Follows = "match";
        run.Region.Elsewhere["match"] = true;
        run.Region.OverwriteCheckpoint("fake", "3");
        run.Region.AtHome = () => throw new TimeoutException("the link is down");
        for (var i = 1; i <= 5; i++) run.Connector.Add(EventOf("match/a", i));
        await run.StartAsync();
        await Eventually.TrueAsync(() => run.Status.Problems.Contains("the link is down", StringComparison.Ordinal), Limit);
        run.Region.Elsewhere.Clear();
        await run.CheckpointAsync("5");
        Assert.Equal([4, 5], run.Region.Applied("match/a").Select(NumberOf));
    }

    private static string EventOf(string topic, int number) => string.Create(CultureInfo.InvariantCulture, $$"""{"topic":"{{topic}}","event":{"n":{{number}}} }""");

    private static int NumberOf(SourcedEvent e) => int.Parse(Records.Text(e.Data)[5..^1], CultureInfo.InvariantCulture);
}
