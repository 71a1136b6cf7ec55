using System.Linq;
using System.Text.Json.Nodes;
using E2EEvents.Testing.Clients;
using E2EEvents.Testing.Regions;

namespace E2EEvents.EndToEnd.Regions;

/// <summary>When a region takes a topic over the link, and when it lets it go.</summary>
[Collection(RegionCollection.Name)]
public sealed class ReplicaLifeTests
{
    private const string Edge = "eu-west";

    [Fact]
    public async Task Replica_LastReaderLeft_LingersAndThenLetsGoUpstream()
    {
        var token = TestContext.Current.CancellationToken;
        var plans = TestWorld.Star("us-east", Edge);
        plans[0] = plans[0] with { GatewaySettings = new Dictionary<string, string> { ["Gateway:Feeds:Linger"] = "00:00:00" } };
        plans[1] = plans[1] with
        {
            SiloSettings = new Dictionary<string, string> { ["Regions:Linger"] = "00:00:02" },
            GatewaySettings = new Dictionary<string, string> { ["Gateway:Feeds:Linger"] = "00:00:00" },
        };
        await using var world = await TestWorld.StartAsync(token, plans);
        await using var checker = await WorldChecker.StartAsync(world, "life", topics: 1);
        await checker.WriteAsync(1);
        Transcript[] transcripts = [new(checker.NewsTopic, Delivery.Every), new(checker.Ticker, Delivery.Latest)];
        await using (await WsClient.ConnectAsync(world[Edge].Gateway, transcripts, token))
        {
            foreach (var transcript in transcripts) await transcript.ReachesAsync(1, WorldChecker.Soon);
            await Eventually.TrueAsync(async stop => await TopicsOfLinkAsync(world, stop) == 2, WorldChecker.Soon);
        }

        await Eventually.TrueAsync(async stop => await TopicsOfLinkAsync(world, stop) == 0, WorldChecker.Soon);
        await Eventually.TrueAsync(async stop => await GatewayTopicsAsync(world, stop) == 0, WorldChecker.Soon); // home's gateway follows them for nobody any more
    }

    [Fact]
    public async Task Replica_OfAKindThatTheRegionMayNotTake_IsRefusedUpstreamAndOthersAreServed()
    {
        var token = TestContext.Current.CancellationToken;
        var limits = new Dictionary<string, string> { [$"Regions:All:{Edge}:Kinds"] = "news" };
        var plans = Array.ConvertAll(TestWorld.Star("us-east", Edge), plan => plan with { Settings = limits });
        await using var world = await TestWorld.StartAsync(token, plans);
        await using var checker = await WorldChecker.StartAsync(world, "limits", topics: 1);
        await checker.WriteAsync(1);
        using var http = new HttpClient { BaseAddress = world[Edge].Gateway };
        await Eventually.TrueAsync(async stop => (await http.GetAsync($"topics/{checker.NewsTopic}", stop)).IsSuccessStatusCode, WorldChecker.Soon);

        using var refused = await http.GetAsync($"topics/{checker.Ticker}", token);
        Assert.Equal(System.Net.HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        await Eventually.TrueAsync(() => world[Edge].Silos[0].Problems.Any(line => line.Contains("may not take kind 'ticker'", StringComparison.Ordinal)), WorldChecker.Soon);
    }

    private static async Task<int> TopicsOfLinkAsync(TestWorld world, CancellationToken cancellationToken)
    {
        using var http = new HttpClient();
        return (int)JsonNode.Parse(await http.GetStringAsync(new Uri(world[Edge].Gateway, "regions"), cancellationToken))!["links"]![0]!["topics"]!;
    }

    private static async Task<double> GatewayTopicsAsync(TestWorld world, CancellationToken cancellationToken)
    {
        using var http = new HttpClient();
        var metrics = await http.GetStringAsync(new Uri(world.Home.Gateways[0].OperationsUri, "metrics"), cancellationToken);
        foreach (var line in metrics.Split('\n'))
        {
            if (line.StartsWith("e2e_gateway_topics{", StringComparison.Ordinal)) return double.Parse(line.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture);
        }

        return 0;
    }
}
