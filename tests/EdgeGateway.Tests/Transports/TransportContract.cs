using System.Text.Json.Nodes;
using E2EEvents.EdgeGateway.Tests.Transports.Fakes;
using E2EEvents.Testing.Clients;

namespace E2EEvents.EdgeGateway.Tests.Transports;

/// <summary>What every stream promises; each transport runs all of it, on both ways to its socket. The transcripts judge order, holes and gaps by themselves.</summary>
/// <param name="direct">Whether the gateway serves the sockets itself; else the web server does.</param>
public abstract partial class TransportContract(bool direct)
{
    private protected static TimeSpan Soon => GatewayRig.Soon;

    private protected Task<GatewayRig> StartAsync(params (string Name, string Value)[] settings) =>
        GatewayRig.StartAsync([("Fanout:DirectSockets", direct ? "true" : "false"), .. Settings, .. settings]);

    private protected abstract Task<StreamReaderCore> ConnectAsync(GatewayRig rig, StreamOptions? options, params Transcript[] topics);

    /// <summary>Settings of the gateway that a transport runs the contract with.</summary>
    private protected virtual (string Name, string Value)[] Settings => [];

    [Fact]
    public async Task Stream_Opened_TakesTheWayThatIsSet()
    {
        await using var rig = await StartAsync();
        rig.Region.Topic(A.Match).Publish();
        var match = new Transcript(A.Match, Delivery.Every);
        await using var client = await ConnectAsync(rig, null, match);
        await match.ReachesAsync(1, Soon);
        Assert.Equal(direct && OperatingSystem.IsLinux() ? 1 : 0, rig.DirectStreams);
    }

    [Fact]
    public async Task Stream_Opened_BringsTheStateAndThenEachChange()
    {
        await using var rig = await StartAsync();
        var topic = rig.Region.Topic(A.Match).Publish(3);
        var match = new Transcript(A.Match, Delivery.Every);
        await using var client = await ConnectAsync(rig, null, match);
        await match.ReachesAsync(3, Soon);
        Assert.Equal(1, match.Taken);

        topic.Publish(5);

        await match.ReachesAsync(8, Soon);
        Assert.Equal((6, 0), (match.Taken, match.Gaps.Count));
        AssertStateIs(match, 8);
        Assert.True(match.Last!.Time["gateway"] >= match.Last.Time["home"]);
    }

    [Fact]
    public async Task Stream_OfLatestKind_BringsTheNewestState()
    {
        await using var rig = await StartAsync();
        var topic = rig.Region.Topic(A.Ticker).Publish(3);
        var ticker = new Transcript(A.Ticker, Delivery.Latest);
        await using var client = await ConnectAsync(rig, null, ticker);
        await ticker.ReachesAsync(3, Soon);

        topic.Publish(50);

        await ticker.ReachesAsync(53, Soon);
        AssertStateIs(ticker, 53);
    }

    [Fact]
    public async Task Patches_AskedFor_LeadToTheSameStates()
    {
        await using var rig = await StartAsync();
        var topic = rig.Region.Topic(A.Match).Publish();
        var match = new Transcript(A.Match, Delivery.Every);
        await using var client = await ConnectAsync(rig, new StreamOptions { Patches = true }, match);
        await match.ReachesAsync(1, Soon);

        topic.Publish(5);

        await match.ReachesAsync(6, Soon);
        Assert.Equal((6, 5), (match.Taken, match.Patches));
        AssertStateIs(match, 6);
    }

    [Fact]
    public async Task Stream_OfSeveralTopics_BringsAllAndResumesEach()
    {
        await using var rig = await StartAsync();
        var match = rig.Region.Topic(A.Match).Publish(4);
        var ticker = rig.Region.Topic(A.Ticker).Publish(4);
        var news = rig.Region.Topic("news/y").Publish(4);
        var (m, t, n) = (GatewayRig.StandingAt(match, 2), new Transcript(A.Ticker, Delivery.Latest), new Transcript("news/y", Delivery.Every));

        await using var client = await ConnectAsync(rig, null, m, t, n);

        foreach (var transcript in client.Transcripts) await transcript.ReachesAsync(4, Soon);
        Assert.Equal((3, 1, 1), (m.Taken, t.Taken, n.Taken));
        match.Publish();
        ticker.Publish();
        news.Publish();
        foreach (var transcript in client.Transcripts) await transcript.ReachesAsync(5, Soon);
    }

    [Fact]
    public async Task Epoch_ThatChangesMeanwhile_IsToldWithTheFullState()
    {
        await using var rig = await StartAsync();
        var topic = rig.Region.Topic(A.Match).Publish(3);
        var match = new Transcript(A.Match, Delivery.Every);
        await using var client = await ConnectAsync(rig, new StreamOptions { Patches = true }, match);
        await match.ReachesAsync(3, Soon);

        topic.BeginEpoch(A.OtherEpoch);
        topic.Publish();

        await match.ReachesAsync(t => t.Position == A.At(1, A.OtherEpoch), Soon, "the other epoch");
        Assert.Equal(["epoch"], match.Gaps);
        AssertStateIs(match, 1);
    }

    [Fact]
    public async Task Topic_WithoutEvents_IsWaitedFor()
    {
        await using var rig = await StartAsync();
        var topic = rig.Region.Topic("match/new");
        var match = new Transcript("match/new", Delivery.Every);
        await using var client = await ConnectAsync(rig, null, match);
        await Eventually.TrueAsync(() => rig.Follows(topic), Soon);
        Assert.Equal(0, match.Taken);

        topic.Publish(2);

        await match.ReachesAsync(2, Soon);
        Assert.InRange(match.Taken, 1, 2); // without a position it may begin with the newest state
        Assert.Empty(match.Gaps);
    }

    [Fact]
    public async Task Client_Gone_LetsItsTopicsGo()
    {
        await using var rig = await StartAsync(("Feeds:Linger", "00:00:00"));
        var (match, news) = (rig.Region.Topic(A.Match).Publish(), rig.Region.Topic("news/y").Publish());
        var (m, n) = (new Transcript(A.Match, Delivery.Every), new Transcript("news/y", Delivery.Every));
        var other = new Transcript(A.Match, Delivery.Every);
        await using var stays = await ConnectAsync(rig, null, other);
        var client = await ConnectAsync(rig, null, m, n);
        await m.ReachesAsync(1, Soon);
        await n.ReachesAsync(1, Soon);
        Assert.True(rig.Region.Feed.IsFollowed(news));

        await client.DisposeAsync();

        await Eventually.TrueAsync(() => !rig.Follows(news), Soon);
        await Eventually.TrueAsync(() => !rig.Region.Feed.IsFollowed(news), Soon);
        Assert.True(rig.Region.Feed.IsFollowed(match));
        match.Publish();
        await other.ReachesAsync(2, Soon);
    }

    [Fact]
    public async Task Gateway_Stopping_SaysWhy()
    {
        await using var rig = await StartAsync();
        rig.Region.Topic(A.Match).Publish();
        var match = new Transcript(A.Match, Delivery.Every);
        await using var client = await ConnectAsync(rig, null, match);
        await match.ReachesAsync(1, Soon);

        var stopping = rig.StopAsync();

        var end = await client.EndsAsync(Soon);
        Assert.Equal(1001, end.Code);
        await stopping;
    }

    [Fact]
    public async Task Topic_NotReachable_EndsTheStreamWithThatReason()
    {
        await using var rig = await StartAsync(("JoinTimeout", "00:00:01"));
        rig.Region.Topic(A.Match).Fault = new TimeoutException();
        await using var client = await ConnectAsync(rig, null, new Transcript(A.Match, Delivery.Every));
        Assert.Equal(4005, (await client.EndsAsync(Soon)).Code);
    }

    [Fact]
    public async Task Position_GivenByAStreamOfASingleNamedTopic_ResumesThere()
    {
        await using var rig = await StartAsync();
        var topic = rig.Region.Topic(A.Match).Publish(4);
        Assert.Equal([3L, 4L], await OffsetsOfSingleNamedAsync(rig, topic, A.At(2), 2));
    }

    /// <summary>Opens <c>/events</c> or <c>/ws</c> with <c>?topic=</c> once and <c>after=P</c>; gives the first offsets.</summary>
    private protected abstract Task<List<long>> OffsetsOfSingleNamedAsync(GatewayRig rig, FakeTopic topic, Position after, int count);

    private static void AssertStateIs(Transcript transcript, long offset) =>
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(A.State(offset, transcript.Position!.Value.Epoch)), transcript.State), $"{transcript.State} is not the state at {offset}");
}
