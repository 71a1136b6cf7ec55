using System.Linq;
using E2EEvents.EdgeGateway.Policy;
using E2EEvents.EdgeGateway.Tests.Transports.Fakes;
using E2EEvents.Testing.Clients;

namespace E2EEvents.EdgeGateway.Tests.Transports;

/// <summary>Every refusal, as the contract tells it.</summary>
public sealed class ProblemTests
{
    private static readonly string[] Contract = File.ReadAllLines(Repository.PathOf("docs/client-contract.md"));

    private static readonly Dictionary<string, string> Requests = new()
    {
        ["bad-topic"] = "topics/match/a%20b",
        ["bad-position"] = "topics/match/x?after=1",
        ["bad-parameter"] = "topics/match/x?wait=1h",
        ["not-a-websocket"] = "topics/match/x/ws",
        ["unknown-kind"] = "topics/chess/x",
        ["no-event-yet"] = "topics/match/none",
        ["not-in-history"] = "topics/match/x/history/00000000000000aa/8-9",
        ["epoch-over"] = "topics/match/x?atLeast=00000000000000bb:1",
        ["internal"] = "topics/match/broken",
        ["unavailable"] = "topics/match/silent",
        ["not-there-yet"] = "topics/match/x?atLeast=00000000000000aa:9",
    };

    // With their own tests in LimitTests, WebSocketProtocolTests and PublishTests.
    private static readonly string[] Elsewhere =
    [
        "origin-refused", "too-many-new-topics", "full",
        "not-json", "key-refused", "no-publishing", "too-large", "event-refused", "too-many-events", "outcome-unknown",
    ];

    [Fact]
    public async Task Refusal_OfEachSort_IsToldAsProblemDetails()
    {
        await using var rig = await GatewayRig.StartAsync();
        rig.Region.Topic(A.Match).Publish();
        rig.Region.Topic("match/broken").Fault = new InvalidOperationException("a bug");
        rig.Region.Topic("match/silent").Fault = new TimeoutException();
        foreach (var problem in Problem.All)
        {
            if (Array.IndexOf(Elsewhere, problem.Name) >= 0) continue;
            var answer = await rig.Topics.SendAsync(Requests[problem.Name], A.Token);
            GatewayRig.AssertProblem(answer, problem.Status, problem.Name);
            Assert.Equal(problem.Title, answer.Json["title"]!.GetValue<string>());
            Assert.DoesNotContain("a bug", answer.Body); // what went wrong inside is for the log
        }
    }

    [Fact]
    public void Refusal_OfEachSort_IsInTheContract()
    {
        foreach (var problem in Problem.All)
        {
            Assert.Contains(Contract, line => line.StartsWith($"| {problem.Status} | ", StringComparison.Ordinal) && line.Split('|')[2].Contains(problem.Name, StringComparison.Ordinal));
        }
    }

    [Theory]
    [InlineData("topics/Match/x", "bad-topic")]
    [InlineData("topics/Match", "bad-topic")]
    [InlineData("events?topic=match", "bad-topic")]
    [InlineData("events", "bad-parameter")]
    [InlineData("events?topic=match/x&topic=match/x", "bad-parameter")]
    [InlineData("topics/match/x/events?delta=diff", "bad-parameter")]
    [InlineData("topics/match/x/events?after=17", "bad-position")]
    [InlineData("events?topic=match/x&topic=match/y&after=00000000000000aa:1", "bad-position")]
    [InlineData("topics/match/x?atLeast=x", "bad-position")]
    [InlineData("topics/match/x?wait=11s", "bad-parameter")]
    [InlineData("topics/match/x?wait=-1s", "bad-parameter")]
    [InlineData("topics/match/x?wait=NaN", "bad-parameter")]
    [InlineData("topics/match/x?wait=-Infinity", "bad-parameter")]
    [InlineData("topics/match/x?wait=5m", "bad-parameter")]
    [InlineData("topics/match/x?wait=5sms", "bad-parameter")]
    [InlineData("topics/match/x?wait=s", "bad-parameter")]
    public async Task Request_Malformed_IsRefused(string path, string name)
    {
        await using var rig = await GatewayRig.StartAsync();
        rig.Region.Topic(A.Match).Publish();
        GatewayRig.AssertProblem(await rig.Topics.SendAsync(path, A.Token), 400, name);
    }

    [Theory]
    [InlineData("10s")]
    [InlineData("10")]
    [InlineData("0")]
    [InlineData("0.5s")]
    [InlineData("500ms")]
    public async Task Wait_WellFormed_IsTaken(string wait)
    {
        await using var rig = await GatewayRig.StartAsync();
        rig.Region.Topic(A.Match).Publish();
        Assert.Equal(A.At(1), (await rig.Topics.SendAsync($"topics/match/x?wait={wait}", A.Token)).Envelope.Position);
    }

    [Theory]
    [InlineData("kinds")]
    [InlineData("topics/news")]
    [InlineData("topics/match/x")]
    [InlineData("topics/match/x/events")]
    public async Task Request_BeforeTheSilosAnswer_IsUnavailable(string path)
    {
        var region = new FakeRegion { KindsFault = new TimeoutException() };
        await using var rig = await GatewayRig.StartAsync(region);
        GatewayRig.AssertProblem(await rig.Topics.SendAsync(path, A.Token), 503, "unavailable");

        region.KindsFault = null;
        await Eventually.TrueAsync(async token => (await rig.Topics.SendAsync("kinds", token)).Status == System.Net.HttpStatusCode.OK, GatewayRig.Soon);
    }

    [Fact]
    public async Task Catalogue_NotAnswering_IsUnavailable()
    {
        await using var rig = await GatewayRig.StartAsync();
        rig.Region.Fault = new TimeoutException();
        GatewayRig.AssertProblem(await rig.Topics.SendAsync("topics/news", A.Token), 503, "unavailable");
    }
}

/// <summary>How much one client and all together may ask for.</summary>
public sealed class LimitTests
{
    [Theory]
    [InlineData(50, 200)]
    [InlineData(51, 400)]
    public async Task Stream_OfManyTopics_IsBounded(int count, int status)
    {
        await using var rig = await GatewayRig.StartAsync();
        var query = string.Join('&', Enumerable.Range(0, count).Select(i => $"topic=match/m{i}"));

        using var answer = await rig.SendAsync(HttpMethod.Get, "events?" + query);

        Assert.Equal(status, (int)answer.StatusCode);
    }

    [Fact]
    public async Task Streams_BeyondMaxConnections_AreRefusedUntilOneLeaves()
    {
        await using var rig = await GatewayRig.StartAsync(("MaxConnections", "1"));
        var match = new Transcript(A.Match, Delivery.Every);
        rig.Region.Topic(A.Match).Publish();
        var first = await SseClient.ConnectAsync(rig.Uri, [match], A.Token);
        await match.ReachesAsync(1, GatewayRig.Soon);

        GatewayRig.AssertProblem(await rig.Topics.SendAsync("topics/match/x/events", A.Token), 503, "full");

        await first.DisposeAsync();
        await Eventually.TrueAsync(
            async _ =>
            {
                using var answer = await rig.SendAsync(HttpMethod.Get, "topics/match/x/events");
                return answer.IsSuccessStatusCode;
            },
            GatewayRig.Soon);
    }

    [Fact]
    public async Task NewTopics_BeyondTheClientsShare_AreRefusedAndFollowedOnesAreNot()
    {
        await using var rig = await GatewayRig.StartAsync(("NewTopicsPerSecond", "1"));
        await rig.FollowAsync(rig.Region.Topic(A.Match).Publish());
        HttpAnswer? refused = null;
        for (var i = 0; i < 20 && refused is null; i++)
        {
            var answer = await rig.Topics.SendAsync($"topics/match/m{i}", A.Token);
            if ((int)answer.Status == 429) refused = answer;
        }

        Assert.NotNull(refused);
        GatewayRig.AssertProblem(refused, 429, "too-many-new-topics");
        Assert.Equal(A.At(1), (await rig.Topics.GetAsync("match/x", A.Token)).Envelope.Position);
    }
}
