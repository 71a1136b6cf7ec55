using System.Globalization;
using System.Linq;
using System.Net;

namespace E2EEvents.EdgeGateway.Tests.Transports;

/// <summary><c>GET /topics/{kind}/{key}</c>: the newest state.</summary>
public sealed class HttpStateTests
{
    private const string StateCaching = "public, max-age=0, s-maxage=1, stale-while-revalidate=10, stale-if-error=60";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task State_OfTopic_IsItsNewestEnvelopeWithoutGatewayStamp(bool followed)
    {
        await using var rig = await GatewayRig.StartAsync();
        var topic = rig.Region.Topic(A.Match).Publish(3);
        if (followed) await rig.FollowAsync(topic);

        var answer = await rig.Topics.GetAsync("match/x", A.Token);

        Assert.Equal(HttpStatusCode.OK, answer.Status);
        Assert.Equal("application/json", answer.Headers["Content-Type"]);
        Assert.Equal(StateCaching, answer.Headers["Cache-Control"]);
        Assert.Equal($"W/\"{A.At(3)}\"", answer.ETag);
        Assert.InRange(long.Parse(answer.Headers["E2E-Fresh-At"], CultureInfo.InvariantCulture), 1, Fakes.FakeRegion.Now);
        Assert.InRange(long.Parse(answer.Headers["E2E-Age"], CultureInfo.InvariantCulture), 0, 60_000);
        Assert.Equal(A.At(3), answer.Envelope.Position);
        Assert.Equal(3, answer.Envelope.State!["n"]!.GetValue<long>());
        Assert.Equal(["home"], answer.Envelope.Time.Keys);
        Assert.Null(answer.Envelope.Gap);
    }

    [Theory]
    [InlineData("{0}")]
    [InlineData("\"other\", {0}")]
    [InlineData("*")]
    public async Task State_WithKnownETag_Is304WithFreshnessAndNoBody(string known)
    {
        await using var rig = await GatewayRig.StartAsync();
        rig.Region.Topic(A.Match).Publish(3);
        var first = await rig.Topics.GetAsync("match/x", A.Token);

        var answer = await rig.Topics.GetAsync("match/x", A.Token, string.Format(CultureInfo.InvariantCulture, known, first.ETag));

        Assert.Equal(HttpStatusCode.NotModified, answer.Status);
        Assert.Equal(first.ETag, answer.ETag);
        Assert.Equal(StateCaching, answer.Headers["Cache-Control"]);
        Assert.True(long.Parse(answer.Headers["E2E-Fresh-At"], CultureInfo.InvariantCulture) > 0);
        Assert.Empty(answer.Body);
    }

    [Fact]
    public async Task State_WithOldETag_IsTheNewState()
    {
        await using var rig = await GatewayRig.StartAsync();
        var topic = rig.Region.Topic(A.Match).Publish();
        var first = await rig.Topics.GetAsync("match/x", A.Token);
        topic.Publish();

        await Eventually.TrueAsync(async token => (await rig.Topics.GetAsync("match/x", token, first.ETag)).Status == HttpStatusCode.OK, GatewayRig.Soon);
        Assert.Equal(A.At(2), (await rig.Topics.GetAsync("match/x", A.Token)).Envelope.Position);
    }

    [Fact]
    public async Task Head_OfState_HasTheHeadersAndNoBody()
    {
        await using var rig = await GatewayRig.StartAsync();
        await rig.FollowAsync(rig.Region.Topic(A.Match).Publish());
        var whole = await rig.Topics.GetAsync("match/x", A.Token);

        using var head = await rig.SendAsync(HttpMethod.Head, "topics/match/x");

        Assert.Equal(HttpStatusCode.OK, head.StatusCode);
        Assert.Equal(whole.ETag, head.Headers.ETag!.ToString());
        Assert.Equal(whole.Body.Length, head.Content.Headers.ContentLength);
        Assert.True(head.Headers.Contains("E2E-Fresh-At"));
        Assert.Empty(await head.Content.ReadAsByteArrayAsync(A.Token));
    }

    [Fact]
    public async Task State_AskedForOnce_IsFollowedAndThenAnsweredWithoutTheGrain()
    {
        await using var rig = await GatewayRig.StartAsync();
        var topic = rig.Region.Topic(A.Match).Publish();
        await rig.FollowAsync(topic);
        var calls = topic.Calls;

        for (var i = 0; i < 10; i++) await rig.Topics.GetAsync("match/x", A.Token);

        Assert.Equal(calls, topic.Calls);
    }

    [Fact]
    public async Task State_OfTopicWithoutEvents_AsksItsGrainOnceASecond()
    {
        await using var rig = await GatewayRig.StartAsync();
        for (var i = 0; i < 10; i++) GatewayRig.AssertProblem(await rig.Topics.GetAsync("match/none", A.Token), 404, "no-event-yet");
        Assert.InRange(rig.Region.Topic("match/none").Calls, 1, 3);
    }

    [Fact]
    public async Task State_FromAnyOrigin_MayBeReadByPages()
    {
        await using var rig = await GatewayRig.StartAsync();
        rig.Region.Topic(A.Match).Publish();

        var answer = await rig.Topics.SendAsync("topics/match/x", A.Token, ("Origin", "https://page.example"));

        Assert.Equal("*", answer.Headers["Access-Control-Allow-Origin"]);
        Assert.Equal("ETag,E2E-Fresh-At,E2E-Age,Retry-After", answer.Headers["Access-Control-Expose-Headers"].Replace(" ", ""));
        var refused = await rig.Topics.SendAsync("topics/none/x", A.Token, ("Origin", "https://page.example"));
        Assert.Equal("*", refused.Headers["Access-Control-Allow-Origin"]);
    }

    [Fact]
    public async Task Preflight_ForResuming_IsAllowed()
    {
        await using var rig = await GatewayRig.StartAsync();

        using var answer = await rig.SendAsync(
            HttpMethod.Options, "topics/match/x/events",
            ("Origin", "https://page.example"), ("Access-Control-Request-Method", "GET"), ("Access-Control-Request-Headers", "last-event-id"));

        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
        Assert.Contains("Last-Event-ID", answer.Headers.GetValues("Access-Control-Allow-Headers").Single(), StringComparison.OrdinalIgnoreCase);
        Assert.Equal("86400", answer.Headers.GetValues("Access-Control-Max-Age").Single());
    }

    [Fact]
    public async Task State_FromOriginNotAllowed_HasNoCorsHeaders()
    {
        await using var rig = await GatewayRig.StartAsync(("AllowedOrigins:0", "https://ours.example"));
        rig.Region.Topic(A.Match).Publish();
        Assert.DoesNotContain("Access-Control-Allow-Origin", (await rig.Topics.SendAsync("topics/match/x", A.Token, ("Origin", "https://page.example"))).Headers.Keys);
        Assert.Equal("https://ours.example", (await rig.Topics.SendAsync("topics/match/x", A.Token, ("Origin", "https://ours.example"))).Headers["Access-Control-Allow-Origin"]);
    }
}
