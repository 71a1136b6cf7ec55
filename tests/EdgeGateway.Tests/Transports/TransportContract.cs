using System.Text.Json.Nodes;
using E2EEvents.EdgeGateway.Tests.Transports.Fakes;
using E2EEvents.Testing.Clients;

namespace E2EEvents.EdgeGateway.Tests.Transports;

/// <summary>What every stream promises; each transport runs all of it. The transcripts judge order, holes and gaps by themselves.</summary>
public abstract class TransportContract
{
    private static TimeSpan Soon => GatewayRig.Soon;

    private protected abstract Task<StreamReaderCore> ConnectAsync(GatewayRig rig, StreamOptions? options, params Transcript[] topics);

    [Fact]
    public async Task Stream_Opened_BringsTheStateAndThenEachChange()
    {
        await using var rig = await GatewayRig.StartAsync();
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
        await using var rig = await GatewayRig.StartAsync();
        var topic = rig.Region.Topic(A.Ticker).Publish(3);
        var ticker = new Transcript(A.Ticker, Delivery.Latest);
        await using var client = await ConnectAsync(rig, null, ticker);
        await ticker.ReachesAsync(3, Soon);

        topic.Publish(50);

        await ticker.ReachesAsync(53, Soon);
        AssertStateIs(ticker, 53);
    }

    [Fact]
    public async Task Resume_WithinTheChannel_GoesOnWithoutTheGrain()
    {
        await using var rig = await GatewayRig.StartAsync();
        var topic = rig.Region.Topic(A.Match).Publish();
        var first = new Transcript(A.Match, Delivery.Every);
        await using var keeper = await ConnectAsync(rig, null, first);
        await first.ReachesAsync(1, Soon);
        topic.Publish(5);
        await first.ReachesAsync(6, Soon);
        var calls = topic.Calls;

        var match = GatewayRig.StandingAt(topic, 3);
        await using var client = await ConnectAsync(rig, null, match);

        await match.ReachesAsync(6, Soon);
        Assert.Equal((4, 0, calls), (match.Taken, match.Gaps.Count, topic.Calls));
    }

    [Theory]
    [InlineData(int.MaxValue)]
    [InlineData(2)] // several reads until the channel is reached
    public async Task Resume_BeforeTheChannel_ReadsOnAtTheGrain(int framesPerRead)
    {
        await using var rig = await GatewayRig.StartAsync();
        var topic = rig.Region.Topic(A.Match, 1000, framesPerRead).Publish(9);
        await rig.FollowAsync(topic); // from the newest on
        var match = GatewayRig.StandingAt(topic, 2);

        await using var client = await ConnectAsync(rig, null, match);

        await match.ReachesAsync(9, Soon);
        topic.Publish();
        await match.ReachesAsync(10, Soon);
        Assert.Equal((9, 0), (match.Taken, match.Gaps.Count)); // 2, which it had, and 3 to 10
    }

    [Theory]
    [InlineData(1000, 0)]
    [InlineData(5, 1)] // history does not reach back: all are told so
    public async Task Resume_ManyBeforeTheChannel_ShareOneRead(int historyBound, int gaps)
    {
        await using var rig = await GatewayRig.StartAsync();
        var topic = rig.Region.Topic(A.Match, historyBound).Publish(9);
        await rig.FollowAsync(topic);
        var calls = topic.Calls;
        var clients = new List<StreamReaderCore>();
        var matches = new List<Transcript>();
        try
        {
            for (var i = 0; i < 20; i++)
            {
                matches.Add(GatewayRig.StandingAt(topic, 2 + (i % 2)));
                clients.Add(await ConnectAsync(rig, null, matches[^1]));
            }

            foreach (var match in matches) await match.ReachesAsync(9, Soon);
            Assert.All(matches, match => Assert.Equal(gaps, match.Gaps.Count));
            Assert.InRange(topic.Calls - calls, 1, 2); // 2, should one at 3 have come first
        }
        finally
        {
            foreach (var client in clients) await client.DisposeAsync();
        }
    }

    [Fact]
    public async Task Resume_BeforeHistory_IsToldTheGap()
    {
        await using var rig = await GatewayRig.StartAsync();
        var topic = rig.Region.Topic(A.Match, historyBound: 2).Publish(9);
        var match = GatewayRig.StandingAt(topic, 2);

        await using var client = await ConnectAsync(rig, null, match);

        await match.ReachesAsync(9, Soon);
        Assert.Equal(["history"], match.Gaps);
        AssertStateIs(match, 9);
    }

    [Fact]
    public async Task Resume_FromOtherEpoch_IsToldTheGap()
    {
        await using var rig = await GatewayRig.StartAsync();
        var topic = rig.Region.Topic(A.Match).Publish(2);
        var match = GatewayRig.StandingAt(topic, 7, A.OtherEpoch);

        await using var client = await ConnectAsync(rig, null, match);

        await match.ReachesAsync(t => t.Position == A.At(2), Soon, "the other epoch");
        Assert.Equal(["epoch"], match.Gaps);
    }

    [Fact]
    public async Task Resume_AheadOfTheChannel_BringsWhatIsNewToTheClientAlone()
    {
        await using var rig = await GatewayRig.StartAsync();
        var topic = rig.Region.Topic(A.Match).Publish(5);
        await rig.FollowAsync(topic);
        var match = GatewayRig.StandingAt(topic, 7); // seen at a gateway that is ahead of this one

        await using var client = await ConnectAsync(rig, null, match);
        topic.Publish(3);

        await match.ReachesAsync(8, Soon);
        Assert.Equal((2, 0, 0), (match.Taken, match.Duplicates, match.Gaps.Count));
    }

    [Fact]
    public async Task Resume_OfLatestKindFromOtherEpoch_IsTheStateWithoutGap()
    {
        await using var rig = await GatewayRig.StartAsync();
        var topic = rig.Region.Topic(A.Ticker).Publish(2);
        var ticker = GatewayRig.StandingAt(topic, 7, A.OtherEpoch, Delivery.Latest);

        await using var client = await ConnectAsync(rig, null, ticker);

        await ticker.ReachesAsync(t => t.Position == A.At(2), Soon, "the other epoch");
        Assert.Empty(ticker.Gaps);
    }

    [Fact]
    public async Task Patches_AskedFor_LeadToTheSameStates()
    {
        await using var rig = await GatewayRig.StartAsync();
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
        await using var rig = await GatewayRig.StartAsync();
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
        await using var rig = await GatewayRig.StartAsync();
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
        await using var rig = await GatewayRig.StartAsync();
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
        await using var rig = await GatewayRig.StartAsync(("Feeds:Linger", "00:00:00"));
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
        await using var rig = await GatewayRig.StartAsync();
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
        await using var rig = await GatewayRig.StartAsync(("JoinTimeout", "00:00:01"));
        rig.Region.Topic(A.Match).Fault = new TimeoutException();
        await using var client = await ConnectAsync(rig, null, new Transcript(A.Match, Delivery.Every));
        Assert.Equal(4005, (await client.EndsAsync(Soon)).Code);
    }

    [Fact]
    public async Task Position_GivenByAStreamOfASingleNamedTopic_ResumesThere()
    {
        await using var rig = await GatewayRig.StartAsync();
        var topic = rig.Region.Topic(A.Match).Publish(4);
        Assert.Equal([3L, 4L], await OffsetsOfSingleNamedAsync(rig, topic, A.At(2), 2));
    }

    /// <summary>Opens <c>/events</c> or <c>/ws</c> with <c>?topic=</c> once and <c>after=P</c>; gives the first offsets.</summary>
    private protected abstract Task<List<long>> OffsetsOfSingleNamedAsync(GatewayRig rig, FakeTopic topic, Position after, int count);

    private static void AssertStateIs(Transcript transcript, long offset) =>
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(A.State(offset, transcript.Position!.Value.Epoch)), transcript.State), $"{transcript.State} is not the state at {offset}");
}
