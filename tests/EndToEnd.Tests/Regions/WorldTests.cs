using E2EEvents.Testing.Regions;

namespace E2EEvents.EndToEnd.Regions;

/// <summary>What a client sees does not depend on the region it is in.</summary>
[Collection(StarCollection.Name)]
public sealed class WorldTests(StarWorld star)
{
    [Fact]
    public async Task ThreeRegions_UnderLoad_AllClientsSeeTheSamePositionsWithoutHole()
    {
        await using var checker = await WorldChecker.StartAsync(star.World, "star");
        checker.Watch(StarWorld.Home, StarWorld.Edge, StarWorld.OtherEdge);
        checker.StartLoad(perTopic: 10);
        await checker.Clients[0].News[0].ReachesAsync(50, WorldChecker.Soon);
        var europe = await checker.CaughtUpAsync(StarWorld.Edge, WorldChecker.Soon);
        var asia = await checker.CaughtUpAsync(StarWorld.OtherEdge, WorldChecker.Soon);
        await checker.SettledAsync();

        TestContext.Current.SendDiagnosticMessage("An edge has what home had after: {0}; the other: {1}.", europe, asia);
        Assert.Empty(checker.GapsTold());
        Assert.All(checker.Clients, client => Assert.Equal(1, client.Resuming!.Connections));
        Assert.All(checker.Clients, client => Assert.All(client.News, transcript => Assert.Equal(transcript.Offset, transcript.Taken)));
        Assert.All(checker.Clients, client => Assert.Equal(client.Region != StarWorld.Home, client.News[0].Last!.Time.ContainsKey("edge")));
    }
}

/// <summary>Regions that follow regions that follow home.</summary>
[Collection(RegionCollection.Name)]
public sealed class ChainTests
{
    [Fact]
    public async Task ChainOfThree_UnderLoadWithTheMiddleCut_LeafHealsWithoutHole()
    {
        var token = TestContext.Current.CancellationToken;
        await using var world = await TestWorld.StartAsync(token, TestWorld.Chain("us-east", "eu-west", "eu-north"));
        await using var checker = await WorldChecker.StartAsync(world, "chain");
        checker.Watch("us-east", "eu-west", "eu-north");
        checker.StartLoad(perTopic: 10);
        foreach (var client in checker.Clients) await client.News[0].ReachesAsync(20, WorldChecker.Soon);

        await world.Link("eu-west", "us-east").CutAsync();
        await checker.Clients[0].News[0].ReachesAsync(checker.Clients[0].News[0].Offset + 20, WorldChecker.Soon);
        world.Link("eu-west", "us-east").Heal();
        var caughtUp = await checker.CaughtUpAsync("eu-north", WorldChecker.Soon);
        await checker.SettledAsync();

        TestContext.Current.SendDiagnosticMessage("Three deep, after the cut between home and the middle has healed: {0}.", caughtUp);
        Assert.Empty(checker.GapsTold());
        Assert.All(checker.Clients, client => Assert.Equal(1, client.Resuming!.Connections));
        Assert.InRange(caughtUp.Latest, TimeSpan.Zero, TimeSpan.FromSeconds(10));

        // One copy, by the way that the tree says; straight to home go signs of life and terms only.
        Assert.InRange(world.Link("eu-north", "us-east").BytesDown, 0, world.Link("eu-north", "eu-west").BytesDown / 3);
    }
}
