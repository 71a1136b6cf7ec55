using System.Diagnostics;
using System.Globalization;
using E2EEvents.Testing.Clients;
using E2EEvents.Testing.Faults;
using E2EEvents.Testing.Regions;

namespace E2EEvents.EndToEnd.Regions;

/// <summary>The network between two regions is gone, as the kernel does it: the edge region lives in a network namespace and its WAN cable is pulled.</summary>
[Collection(RegionCollection.Name)]
public sealed class PartitionTests
{
    private static readonly bool IsLong = Environment.GetEnvironmentVariable("E2E_LONG") == "1";
    private static readonly TimeSpan StaleAfter = TimeSpan.FromSeconds(IsLong ? 5 : 2);
    private static readonly TimeSpan Cut = TimeSpan.FromSeconds(IsLong ? 60 : 10);

    [Fact]
    public async Task EdgeRegion_CutOffUnderLoad_ClientsStayAreToldStaleAndFreshAndCatchUp()
    {
        var token = TestContext.Current.CancellationToken;
        var (network, reason) = await NetworkNamespace.TryCreateAsync();
        Assert.SkipWhen(network is null, reason);
        await using var owned = network!;
        var settings = new Dictionary<string, string> { ["Regions:StaleAfter"] = StaleAfter.ToString("c", CultureInfo.InvariantCulture) };
        var plans = TestWorld.Star("us-east", "eu-west");
        await using var world = await TestWorld.StartAsync(token, plans[0] with { Settings = settings }, plans[1] with { Settings = settings, Network = network });
        await using var checker = await WorldChecker.StartAsync(world, "cut", topics: 6);
        checker.Watch("us-east");
        var ws = await checker.ConnectAsync("eu-west", sse: false, token);
        var sse = await checker.ConnectAsync("eu-west", sse: true, token);
        using var http = new HttpTopicClient(world["eu-west"].Gateway);
        // History keeps 256 changes of a news topic: 3 a second leave no hole in a minute.
        checker.StartLoad(perTopic: 3);
        foreach (var client in checker.Clients) await client.News[0].ReachesAsync(5, WorldChecker.Soon);

        foreach (var half in new[] { false, true })
        {
            var (stale, fresh) = (ws.CountOf("stale"), ws.CountOf("fresh"));
            var clock = Stopwatch.StartNew();
            await (half ? network!.DeafenAsync() : network!.CutAsync());
            var told = await ToldStaleAsync([ws, sse], stale, checker, http, token);
            var rest = Cut - clock.Elapsed;
            if (rest > TimeSpan.Zero) await Task.Delay(rest, TimeProvider.System, token);
            Assert.False(ws.Stream!.Ended.IsCompleted || sse.Stream!.Ended.IsCompleted, "A client in the region that was cut off lost its connection.");

            await network!.HealAsync();
            var caughtUp = await checker.CaughtUpAsync("eu-west", WorldChecker.Soon);
            clock.Restart();
            await ToldFreshAsync([ws, sse], fresh, checker, http);
            TestContext.Current.SendDiagnosticMessage(
                "{0} for {1:0} s under load: told stale after {2:0.00} s (limit {3:0} s); caught up after heal: {4}; told fresh {5:0.00} s later.",
                half ? "Deaf" : "Cut off", Cut.TotalSeconds, told.TotalSeconds, StaleAfter.TotalSeconds, caughtUp, clock.Elapsed.TotalSeconds);
            Assert.InRange(told, StaleAfter - TimeSpan.FromSeconds(1), StaleAfter + TimeSpan.FromSeconds(2));
            Assert.InRange(caughtUp.Latest, TimeSpan.Zero, TimeSpan.FromSeconds(10));
        }

        await checker.SettledAsync();
        Assert.Empty(checker.GapsTold());
        Assert.False(ws.Stream!.Ended.IsCompleted || sse.Stream!.Ended.IsCompleted, "A client in the region that was cut off lost its connection.");
    }

    [Fact]
    public async Task EdgeRegion_CutOffForMoreThanHistory_EveryIsToldAndLatestIsThere()
    {
        var token = TestContext.Current.CancellationToken;
        var (network, reason) = await NetworkNamespace.TryCreateAsync();
        Assert.SkipWhen(network is null, reason);
        await using var owned = network!;
        var plans = TestWorld.Star("us-east", "eu-west");
        plans[0] = plans[0] with
        {
            SiloSettings = new Dictionary<string, string> { ["Topics:HistoryFrames"] = "8", ["Topics:StoredFrames"] = "8" },
            GatewaySettings = new Dictionary<string, string> { ["Gateway:Fanout:TailUpdates"] = "8" }, // it would bridge the cut too: its own clients keep the topic in it
        };
        await using var world = await TestWorld.StartAsync(token, plans[0], plans[1] with { Network = network });
        await using var checker = await WorldChecker.StartAsync(world, "short", topics: 2);
        checker.Watch("us-east");
        var ws = await checker.ConnectAsync("eu-west", sse: false, token);
        await checker.WriteAsync(5);
        await ws.News[1].ReachesAsync(5, WorldChecker.Soon);

        await network!.CutAsync();

        // A cut that ends before the link is given up loses nothing: what is on its way is sent again by TCP.
        await Eventually.TrueAsync(() => ws.CountOf("stale") > 0, TimeSpan.FromSeconds(20));
        for (var i = 0; i < 200; i++) await checker.WriteAsync(1);
        await checker.Clients[0].News[1].ReachesAsync(205, WorldChecker.Soon);
        await network.HealAsync();
        var caughtUp = await checker.CaughtUpAsync("eu-west", WorldChecker.Soon);
        await checker.SettledAsync();

        TestContext.Current.SendDiagnosticMessage("Cut for longer than history: caught up after heal: {0}.", caughtUp);
        Assert.All(ws.News, transcript => Assert.Contains("history", transcript.Gaps));
        Assert.False(ws.Stream!.Ended.IsCompleted, "The client lost its connection.");
    }

    /// <summary>Waits until both streams and HTTP say that the topics are stale; returns how long the first word took.</summary>
    private static async Task<TimeSpan> ToldStaleAsync(WorldClient[] clients, int before, WorldChecker checker, HttpTopicClient http, CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        var limit = StaleAfter + TimeSpan.FromSeconds(5);
        await Eventually.TrueAsync(() => Array.Exists(clients, client => client.CountOf("stale") > before), limit);
        var told = clock.Elapsed;
        await Eventually.TrueAsync(() => Array.TrueForAll(clients, client => client.CountOf("stale") > before), limit);
        foreach (var topic in new[] { checker.NewsTopic, checker.Ticker })
        {
            await Eventually.TrueAsync(async token => (await http.GetAsync(topic, token)).Envelope.Stale, limit, what: $"\"stale\":true of {topic} over HTTP");
        }

        return told;
    }

    private static async Task ToldFreshAsync(WorldClient[] clients, int before, WorldChecker checker, HttpTopicClient http)
    {
        var limit = TimeSpan.FromSeconds(10);
        await Eventually.TrueAsync(() => Array.TrueForAll(clients, client => client.CountOf("fresh") > before), limit);
        foreach (var topic in new[] { checker.NewsTopic, checker.Ticker })
        {
            await Eventually.TrueAsync(async token => !(await http.GetAsync(topic, token)).Envelope.Stale, limit, what: $"{topic} fresh over HTTP");
        }
    }
}
