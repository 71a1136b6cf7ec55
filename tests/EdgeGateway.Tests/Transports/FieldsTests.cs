using System.Net;
using System.Text.Json.Nodes;
using E2EEvents.Testing.Clients;

namespace E2EEvents.EdgeGateway.Tests.Transports;

/// <summary><c>?fields=</c> on every transport.</summary>
public sealed class FieldsTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task State_WithFields_HasThemAloneAndAnETagOfItsOwn(bool followed)
    {
        await using var rig = await GatewayRig.StartAsync();
        var topic = rig.Region.Topic(A.Match).Publish(3);
        if (followed) await rig.FollowAsync(topic);
        var whole = await rig.Topics.GetAsync("match/x", A.Token);

        var answer = await rig.Topics.SendAsync("topics/match/x?fields=n,epoch,gone", A.Token);

        Assert.Equal("""{"n":3,"epoch":170}""", answer.Envelope.State!.ToJsonString());
        Assert.NotEqual(whole.ETag, answer.ETag);
        Assert.Equal(answer.ETag, (await rig.Topics.SendAsync("topics/match/x?fields=epoch,gone&fields=n", A.Token)).ETag);
        Assert.Equal(HttpStatusCode.NotModified, (await rig.Topics.SendAsync("topics/match/x?fields=n,epoch,gone", A.Token, ("If-None-Match", answer.ETag!))).Status);
        Assert.Equal(HttpStatusCode.OK, (await rig.Topics.SendAsync("topics/match/x?fields=n", A.Token, ("If-None-Match", answer.ETag!))).Status);
    }

    [Theory]
    [InlineData("after=00000000000000aa:1", false)]
    [InlineData("after=00000000000000aa:1", true)]
    [InlineData("after=00000000000000bb:1", false)]
    public async Task Changes_WithFields_HaveThemAlone(string query, bool followed)
    {
        await using var rig = await GatewayRig.StartAsync();
        var topic = rig.Region.Topic(A.Match).Publish(3);
        if (followed) await rig.FollowAsync(topic);

        var answer = await rig.Topics.SendAsync($"topics/match/x?{query}&fields=n", A.Token);

        Assert.All(answer.Json["changes"]!.AsArray(), change => Assert.Equal(["n"], Names(change!)));
        Assert.NotEmpty(answer.Json["changes"]!.AsArray());
    }

    [Fact]
    public async Task AtLeastAndHistory_WithFields_HaveThemAlone()
    {
        await using var rig = await GatewayRig.StartAsync();
        rig.Region.Topic(A.Match).Publish(3);
        Assert.Equal("""{"n":3}""", (await rig.Topics.SendAsync($"topics/match/x?atLeast={A.At(3)}&fields=n", A.Token)).Envelope.State!.ToJsonString());
        var range = await rig.Topics.SendAsync("topics/match/x/history/00000000000000aa/1-3?fields=n", A.Token);
        Assert.All(range.Json["changes"]!.AsArray(), change => Assert.Equal(["n"], Names(change!)));
    }

    [Theory]
    [InlineData("ws", false)]
    [InlineData("ws", true)]
    [InlineData("sse", false)]
    [InlineData("sse", true)]
    public async Task Stream_WithFields_BringsThemFromHistoryAndLive(string transport, bool patches)
    {
        await using var rig = await GatewayRig.StartAsync();
        var (match, ticker) = (rig.Region.Topic(A.Match, 100, framesPerRead: 2).Publish(6), rig.Region.Topic(A.Ticker).Publish(2));
        var m = GatewayRig.StandingAt(match, 2);
        var t = new Transcript(ticker.Name, Delivery.Latest);
        var options = new StreamOptions { Query = "fields=n,fixed", Patches = patches };
        await using IStreamClient client = transport == "ws" ? await WsClient.ConnectAsync(rig.Uri, [m, t], A.Token, options) : await SseClient.ConnectAsync(rig.Uri, [m, t], A.Token, options);
        await m.ReachesAsync(6, GatewayRig.Soon);
        await t.ReachesAsync(2, GatewayRig.Soon);
        match.Publish(2);
        ticker.Publish(2);
        await m.ReachesAsync(8, GatewayRig.Soon);
        await t.ReachesAsync(4, GatewayRig.Soon);

        Assert.Equal(7, m.Taken); // 2, which it had, and 3 to 8
        Assert.Equal((8, false, true), (m.State!["n"]!.GetValue<int>(), m.State.ContainsKey("epoch"), m.State.ContainsKey("fixed")));
        Assert.Equal((4, false), (t.State!["n"]!.GetValue<int>(), t.State.ContainsKey("epoch")));
    }

    [Theory]
    [InlineData("topics/match/x?fields=")]
    [InlineData("topics/match/x?fields=a,,b")]
    [InlineData("topics/match/x?fields=a%0Ab")]
    [InlineData("topics/match/x?fields=0123456789012345678901234567890123456789012345678901234567890123456789")]
    [InlineData("topics/match/x?fields=0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31,32")]
    [InlineData("topics/match/x/events?fields=a,")]
    [InlineData("events?topic=match/x&fields=,")]
    [InlineData("topics/match/x/history/00000000000000aa/1-1?fields=")]
    public async Task Fields_Malformed_AreRefused(string path)
    {
        await using var rig = await GatewayRig.StartAsync();
        rig.Region.Topic(A.Match).Publish();
        GatewayRig.AssertProblem(await rig.Topics.SendAsync(path, A.Token), 400, "bad-parameter");
    }

    [Fact]
    public async Task Choices_TooManyInUse_AreRefusedUntilOneIsLeft()
    {
        await using var rig = await GatewayRig.StartAsync(("Fanout:MaxFieldChoices", "1"));
        rig.Region.Topic(A.Match).Publish();
        var match = new Transcript(A.Match, Delivery.Every);
        await using (await SseClient.ConnectAsync(rig.Uri, [match], A.Token, new StreamOptions { Query = "fields=n" }))
        {
            await match.ReachesAsync(1, GatewayRig.Soon);
            GatewayRig.AssertProblem(await rig.Topics.SendAsync("topics/match/x/events?fields=epoch", A.Token), 400, "bad-parameter");
            var same = new Transcript(A.Match, Delivery.Every);
            await using var another = await SseClient.ConnectAsync(rig.Uri, [same], A.Token, new StreamOptions { Query = "fields=n" });
            await same.ReachesAsync(1, GatewayRig.Soon);
        }

        await Eventually.TrueAsync(
            async _ =>
            {
                using var answer = await rig.SendAsync(HttpMethod.Get, "topics/match/x/events?fields=epoch");
                return answer.IsSuccessStatusCode;
            },
            GatewayRig.Soon);
    }

    [Fact]
    public async Task Choices_TooManyAtOnceOfANewTopic_AreClosedWithTheReason()
    {
        await using var rig = await GatewayRig.StartAsync(("Fanout:MaxFieldChoices", "1"));
        var topic = rig.Region.Topic(A.Match).Publish();
        var gate = new TaskCompletionSource();
        topic.Answering = _ => gate.Task;
        var (first, second) = (new Transcript(A.Match, Delivery.Every), new Transcript(A.Match, Delivery.Every));
        await using var one = await SseClient.ConnectAsync(rig.Uri, [first], A.Token, new StreamOptions { Query = "fields=n" });
        await using var two = await SseClient.ConnectAsync(rig.Uri, [second], A.Token, new StreamOptions { Query = "fields=epoch" });
        gate.SetResult();

        var end = await (await Task.WhenAny(one.Ended, two.Ended)).WaitAsync(GatewayRig.Soon, TimeProvider.System, A.Token);
        Assert.Equal(CloseReason.TooManyViews.Code, end.Code);
    }

    private static List<string> Names(JsonNode envelope)
    {
        var names = new List<string>();
        foreach (var (name, _) in envelope["state"]!.AsObject()) names.Add(name);
        return names;
    }
}
