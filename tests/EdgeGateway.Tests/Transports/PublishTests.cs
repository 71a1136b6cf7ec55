using System.Linq;
using System.Net;
using System.Text;
using E2EEvents.Testing.Clients;

namespace E2EEvents.EdgeGateway.Tests.Transports;

/// <summary><c>POST /topics/{kind}/{key}</c>.</summary>
public sealed class PublishTests
{
    private const string Key = "a-key-nobody-could-guess";
    private const string Wall = "wall/x";
    private const string News = "news/x";

    [Fact]
    public async Task Post_NewEvent_IsStoredAndItsPositionReadAtOnce()
    {
        await using var rig = await GatewayRig.StartAsync();

        var answer = await PostAsync(rig, Wall, """{"by":1}""", "k1");

        Assert.Equal(HttpStatusCode.OK, answer.Status);
        Assert.Equal("no-store", answer.Headers["Cache-Control"]);
        Assert.Equal("""{"topic":"wall/x","epoch":"00000000000000aa","offset":1,"duplicate":false}""", answer.Body);
        var e = Assert.Single(rig.Region.Topic(Wall).Published);
        Assert.Equal(("post/http", "anyone:k1", """{"by":1}"""), (e.Source, e.EventId, Encoding.UTF8.GetString(e.Data)));
        Assert.Null(e.Sequence);
        Assert.True(e.OriginTime > 0);
        Assert.Equal(A.At(1), (await rig.Topics.SendAsync($"topics/{Wall}?atLeast=00000000000000aa:1&wait=5s", A.Token)).Envelope.Position);
    }

    [Fact]
    public async Task Post_SameKeyAgain_IsADuplicate()
    {
        await using var rig = await GatewayRig.StartAsync();
        await PostAsync(rig, Wall, "{}", "k1");

        var again = await PostAsync(rig, Wall, "{}", "k1");

        Assert.Equal("""{"topic":"wall/x","epoch":"00000000000000aa","offset":1,"duplicate":true}""", again.Body);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("a\tb")]
    [InlineData("01234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890")]
    public async Task Post_WithoutAGoodIdempotencyKey_IsRefused(string? key)
    {
        await using var rig = await GatewayRig.StartAsync();
        var answer = await PostAsync(rig, Wall, "{}", key);
        GatewayRig.AssertProblem(answer, 400, "bad-parameter");
        Assert.Contains("Idempotency-Key", answer.Body, StringComparison.Ordinal);
        Assert.Empty(rig.Region.Topic(Wall).Published);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("{} {}")]
    [InlineData("by=1")]
    public async Task Post_NotJson_IsRefused(string body)
    {
        await using var rig = await GatewayRig.StartAsync();
        GatewayRig.AssertProblem(await PostAsync(rig, Wall, body), 400, "not-json");
    }

    [Theory]
    [InlineData(1024, 200)]
    [InlineData(1025, 413)]
    public async Task Post_Body_IsBounded(int bytes, int status)
    {
        await using var rig = await GatewayRig.StartAsync(("MaxEventBytes", "1024"));
        var answer = await PostAsync(rig, Wall, $"\"{new string('x', bytes - 2)}\"");
        if (status == 200) Assert.Equal(HttpStatusCode.OK, answer.Status);
        else GatewayRig.AssertProblem(answer, 413, "too-large");
    }

    [Fact]
    public async Task Post_KindWithoutPublishers_IsRefused()
    {
        await using var rig = await GatewayRig.StartAsync();
        GatewayRig.AssertProblem(await PostAsync(rig, "match/x", "{}"), 403, "no-publishing");
        GatewayRig.AssertProblem(await PostAsync(rig, "chess/x", "{}"), 404, "unknown-kind");
    }

    [Theory]
    [InlineData(null)]
    [InlineData("Bearer wrong")]
    [InlineData("Bearer ")]
    [InlineData("Basic " + Key)]
    [InlineData("Bearer " + Key + "x")]
    public async Task Post_KeyHoldersKindWithoutTheKey_IsRefused(string? authorization)
    {
        await using var rig = await GatewayRig.StartAsync(("PublishKeys:0", "another-key-of-this-gateway"), ("PublishKeys:1", Key));
        var answer = await PostAsync(rig, News, "{}", authorization: authorization);
        GatewayRig.AssertProblem(answer, 401, "key-refused");
        Assert.Equal("Bearer", answer.Headers["WWW-Authenticate"]);
        Assert.Empty(rig.Region.Topic(News).Published);
    }

    [Fact]
    public async Task Post_NoKeysConfigured_RefusesEveryKey()
    {
        await using var rig = await GatewayRig.StartAsync();
        GatewayRig.AssertProblem(await PostAsync(rig, News, "{}", authorization: "Bearer "), 401, "key-refused");
    }

    [Fact]
    public async Task Post_WithTheKey_IsStoredUnderANameThatHidesIt()
    {
        await using var rig = await GatewayRig.StartAsync(("PublishKeys:0", Key));

        var answer = await PostAsync(rig, News, "{}", authorization: "Bearer " + Key);

        Assert.Equal(HttpStatusCode.OK, answer.Status);
        Assert.Matches("^[0-9a-f]{16}:k$", Assert.Single(rig.Region.Topic(News).Published).EventId);
    }

    [Theory]
    [InlineData(PublishOutcome.Refused, 422, "event-refused")]
    [InlineData(PublishOutcome.Unknown, 503, "outcome-unknown")]
    [InlineData(PublishOutcome.NotHome, 503, "unavailable")]
    public async Task Post_NotStored_SaysWhy(PublishOutcome outcome, int status, string name)
    {
        await using var rig = await GatewayRig.StartAsync();
        rig.Region.Topic(Wall).OnPublish = _ => new PublishAnswer(outcome, default, "because of this");
        var answer = await PostAsync(rig, Wall, "{}");
        GatewayRig.AssertProblem(answer, status, name);
        if (outcome != PublishOutcome.NotHome) Assert.Contains("because of this", answer.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Post_SiloGone_IsUnknown()
    {
        await using var rig = await GatewayRig.StartAsync();
        rig.Region.Topic(Wall).Fault = new TimeoutException();
        GatewayRig.AssertProblem(await PostAsync(rig, Wall, "{}"), 503, "outcome-unknown");
    }

    [Fact]
    public async Task Post_HomeMoved_AsksAgainByTheNewHome()
    {
        await using var rig = await GatewayRig.StartAsync();
        var asked = rig.Region.KindsAsked;
        var tries = 0;
        rig.Region.Topic(Wall).OnPublish = _ => ++tries == 1 ? new PublishAnswer(PublishOutcome.NotHome, default) : null;

        var answer = await PostAsync(rig, Wall, "{}");

        Assert.Equal((HttpStatusCode.OK, 2), (answer.Status, tries));
        Assert.True(rig.Region.KindsAsked > asked);
    }

    [Fact]
    public async Task Post_BeyondTheClientsShare_IsRefused()
    {
        await using var rig = await GatewayRig.StartAsync(("EventsPerSecond", "1"));
        HttpAnswer? refused = null;
        for (var i = 0; i < 20 && refused is null; i++)
        {
            var answer = await PostAsync(rig, News, "{}"); // guesses of keys count too
            if ((int)answer.Status == 429) refused = answer;
        }

        Assert.NotNull(refused);
        GatewayRig.AssertProblem(refused, 429, "too-many-events");
    }

    [Fact]
    public async Task Preflight_AllowedOrigin_MayPost()
    {
        await using var rig = await GatewayRig.StartAsync(("AllowedOrigins:0", "https://scores.example"));
        using var answer = await rig.SendAsync(
            HttpMethod.Options, "topics/" + Wall, ("Origin", "https://scores.example"), ("Access-Control-Request-Method", "POST"), ("Access-Control-Request-Headers", "idempotency-key,authorization,content-type"));
        Assert.Equal("https://scores.example", answer.Headers.GetValues("Access-Control-Allow-Origin").Single());
        Assert.Contains("POST", answer.Headers.GetValues("Access-Control-Allow-Methods").Single(), StringComparison.Ordinal);
        Assert.Contains("Idempotency-Key", answer.Headers.GetValues("Access-Control-Allow-Headers").Single(), StringComparison.OrdinalIgnoreCase);
    }

    private static Task<HttpAnswer> PostAsync(GatewayRig rig, string topic, string body, string? key = "k", string? authorization = null) =>
        rig.Topics.PublishAsync(topic, body, key, A.Token, authorization is null ? [] : [("Authorization", authorization)]);
}
