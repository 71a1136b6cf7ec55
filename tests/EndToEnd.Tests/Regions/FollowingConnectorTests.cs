using System.Net.Http.Json;
using System.Text.Json.Nodes;
using E2EEvents.Testing.Regions;

namespace E2EEvents.EndToEnd.Regions;

/// <summary>Connectors follow the home of a kind while events flow and clients watch: by plan, and after a disaster.</summary>
[Collection(RegionCollection.Name)]
public sealed class FollowingConnectorTests
{
    private const string Us = "us-east";
    private const string Eu = "eu-west";

    [Fact]
    public async Task Planned_UnderLoad_NobodyLosesAChangeOrAPosition()
    {
        var token = TestContext.Current.CancellationToken;
        await using var world = await StartAsync(token);
        await using var checker = await WorldChecker.StartAsync(world, "move", topics: 6);
        checker.Watch(Us, Eu);
        checker.StartLoad(perTopic: 4);
        foreach (var client in checker.Clients) await client.News[0].ReachesAsync(8, WorldChecker.Soon);

        await MoveAsync(world, Eu, force: false, token);
        await Task.Delay(TimeSpan.FromSeconds(3), TimeProvider.System, token);
        await checker.SettledAsync();
        Assert.Empty(checker.GapsTold()); // the same epochs, without a hole, in both regions

        await MoveAsync(world, Us, force: false, token);
        checker.StartLoad(perTopic: 4);
        await Task.Delay(TimeSpan.FromSeconds(3), TimeProvider.System, token);
        await checker.SettledAsync();
        Assert.Empty(checker.GapsTold());
        Assert.All(checker.Clients, client => Assert.True(client.Resuming!.Connections == 1, $"A client in {client.Region} had {client.Resuming!.Connections} connections: {client.Resuming.LastEnd}."));
    }

    [Fact]
    public async Task Forced_HomeLostUnderLoad_StandbyGoesOnAndTheFormerHomeIsFenced()
    {
        var token = TestContext.Current.CancellationToken;
        await using var world = await StartAsync(token);
        await using var checker = await WorldChecker.StartAsync(world, "lost", topics: 6);
        checker.Watch(Us, Eu);
        checker.StartLoad(perTopic: 4);
        foreach (var client in checker.Clients) await client.News[0].ReachesAsync(30, WorldChecker.Soon); // copies of records and checkpoints have been made
        foreach (var process in world.Home.All) await process.KillAsync(); // its Redis keeps what it had

        var moved = await MoveAsync(world, Eu, force: true, token);
        Assert.NotEmpty(moved["news"]!["move"]!["mayBeMissing"]!.AsArray());
        await checker.StopLoadAsync();
        await checker.WriteAsync(3);

        // Nothing is missing in the end: what the copies lacked, the connector read again at the origin.
        foreach (var client in checker.Clients)
        {
            if (client.Region == Eu) await client.News[0].ReachesAsync(checker.LastNews, WorldChecker.Soon);
        }

        await world.Home.StartAsync(token);
        await Eventually.TrueAsync(async ct => (await HomesAsync(world, Us, ct))["news"] == Eu, WorldChecker.Soon, what: $"{Us} knows that {Eu} is the home of news");
        await Eventually.TrueAsync(
            async ct => (await HomeAsync(world, Us, "news", ct))["formerHome"]?["done"]?.GetValue<bool>() == true, WorldChecker.Soon, what: $"{Us} has compared its news with {Eu}");
        await checker.SettledAsync();
        TestContext.Current.SendDiagnosticMessage("Moved by force: {0}. The former home says: {1}", moved["news"]!.ToJsonString(), (await HomeAsync(world, Us, "news", token))["formerHome"]!.ToJsonString());
    }

    private static Task<TestWorld> StartAsync(CancellationToken cancellationToken)
    {
        var follows = new Dictionary<string, string> { ["Connectors:scores:Follows"] = "news" };
        var plans = TestWorld.Star(Us, Eu);
        plans[0] = plans[0] with { ConnectorSettings = follows };
        plans[1] = plans[1] with { HasConnectors = true, ConnectorSettings = follows, SiloSettings = new Dictionary<string, string> { ["Regions:Standby"] = "*" } };
        return TestWorld.StartAsync(cancellationToken, plans);
    }

    /// <summary>Moves both kinds of the checker and waits until that is done.</summary>
    private static async Task<Dictionary<string, JsonNode>> MoveAsync(TestWorld world, string to, bool force, CancellationToken cancellationToken)
    {
        using var http = new HttpClient { BaseAddress = world[to].Gateways[0].OperationsUri };
        var done = new Dictionary<string, JsonNode>();
        foreach (var kind in new[] { "ticker", "news" }) // news last: the connector follows it
        {
            using var started = await http.PostAsync(new Uri($"homes/{kind}?force={(force ? "true" : "false")}", UriKind.Relative), null, cancellationToken);
            Assert.True((int)started.StatusCode == 202, await started.Content.ReadAsStringAsync(cancellationToken));
        }

        foreach (var kind in new[] { "ticker", "news" })
        {
            JsonNode? last = null;
            await Eventually.TrueAsync(
                async ct =>
                {
                    last = await HomeAsync(world, to, kind, ct);
                    return last["move"]!["phase"]!.GetValue<string>() is "done" or "calledOff" && last["home"]!["isHere"]!.GetValue<bool>();
                },
                WorldChecker.Soon,
                what: $"{kind} at home in {to}: {last?.ToJsonString()}");
            Assert.Equal("done", last!["move"]!["phase"]!.GetValue<string>());
            done[kind] = last;
        }

        return done;
    }

    private static async Task<JsonNode> HomeAsync(TestWorld world, string region, string kind, CancellationToken cancellationToken)
    {
        using var http = new HttpClient { BaseAddress = world[region].Gateways[0].OperationsUri };
        return (await http.GetFromJsonAsync<JsonNode>($"homes/{kind}", cancellationToken))!;
    }

    private static async Task<Dictionary<string, string>> HomesAsync(TestWorld world, string region, CancellationToken cancellationToken)
    {
        using var http = new HttpClient { BaseAddress = world[region].Gateways[0].OperationsUri };
        var homes = new Dictionary<string, string>();
        foreach (var home in (await http.GetFromJsonAsync<JsonNode>("homes", cancellationToken))!["homes"]!.AsArray()) homes[home!["kind"]!.GetValue<string>()] = home["region"]!.GetValue<string>();
        return homes;
    }
}
