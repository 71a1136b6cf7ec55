using System.Linq;
using E2EEvents.Testing.Processes;
using E2EEvents.Testing.Regions;

namespace E2EEvents.EndToEnd.Regions;

/// <summary>Processes of regions are killed and restarted under load: nobody is misled, and all is there afterwards.</summary>
[Collection(StarCollection.Name)]
public sealed class RegionCrashTests(StarWorld star)
{
    [Theory]
    [InlineData(StarWorld.Home, "silo")]
    [InlineData(StarWorld.Home, "gateway")]
    [InlineData(StarWorld.Edge, "silo")]
    [InlineData(StarWorld.Edge, "gateway")]
    public async Task Process_KilledUnderLoad_AllRegionsEndWithTheSameStatesAndNothingUntold(string region, string process)
    {
        var token = TestContext.Current.CancellationToken;
        await using var checker = await StartedAsync("kill-" + region + process);
        var victim = Of(region, process);
        await victim.KillAsync();
        await checker.Clients[0].News[0].ReachesAsync(1, WorldChecker.Soon);
        await Task.Delay(TimeSpan.FromSeconds(2), TimeProvider.System, token);
        await victim.StartAsync(token);
        await Task.Delay(TimeSpan.FromSeconds(2), TimeProvider.System, token);

        await checker.SettledAsync();
        TestContext.Current.SendDiagnosticMessage("{0} of {1} killed: gaps told [{2}].", process, region, string.Join(", ", checker.GapsTold()));
        Assert.Empty(checker.GapsTold()); // storage is durable, and what is stored or at home reaches back far enough
        foreach (var client in checker.Clients)
        {
            var lostConnection = client.Region == region && process == "gateway";
            Assert.True(lostConnection || client.Resuming!.Connections == 1, $"A client in {client.Region} had {client.Resuming!.Connections} connections.");
        }
    }

    [Fact]
    public async Task Processes_RestartedOneAfterTheOtherUnderLoad_NothingIsLost()
    {
        var token = TestContext.Current.CancellationToken;
        await using var checker = await StartedAsync("rolling");
        foreach (var region in new[] { StarWorld.Home, StarWorld.Edge })
        {
            foreach (var process in new[] { "gateway", "silo" })
            {
                await Of(region, process).RestartAsync(token);
                await checker.CaughtUpAsync(StarWorld.Edge, WorldChecker.Soon);
                await checker.CaughtUpAsync(StarWorld.OtherEdge, WorldChecker.Soon);
            }
        }

        await checker.SettledAsync();
        Assert.Empty(checker.GapsTold());
    }

    private ProductProcess Of(string region, string process) => process == "silo" ? star.World[region].Silos[0] : star.World[region].Gateways[0];

    private async Task<WorldChecker> StartedAsync(string prefix)
    {
        var checker = await WorldChecker.StartAsync(star.World, prefix);
        checker.Watch(StarWorld.Home, StarWorld.Edge, StarWorld.OtherEdge);
        checker.StartLoad(perTopic: 5);
        foreach (var client in checker.Clients) await client.News[0].ReachesAsync(5, WorldChecker.Soon);
        return checker;
    }
}

/// <summary>Regions start in any order.</summary>
[Collection(RegionCollection.Name)]
public sealed class StartOrderTests
{
    [Fact]
    public async Task EdgeRegion_StartedBeforeItsUpstreamExists_ServesAsSoonAsThatDoes()
    {
        var token = TestContext.Current.CancellationToken;
        await using var world = new TestWorld(TestWorld.Star("us-east", "eu-west"));
        await world.StartOriginAsync(token);
        await using var checker = await WorldChecker.StartAsync(world, "early", topics: 3);
        await checker.WriteAsync(20);
        await world["eu-west"].StartAsync(token);
        checker.Watch("eu-west");
        await Eventually.TrueAsync(() => checker.Clients.All(client => client.Resuming!.Connections > 0), TimeSpan.FromSeconds(10));

        await world.Home.StartAsync(token);
        await checker.WriteAsync(20);
        await checker.SettledAsync();
        checker.Watch("us-east");
        await checker.SettledAsync();
        Assert.Empty(checker.GapsTold());
    }
}
