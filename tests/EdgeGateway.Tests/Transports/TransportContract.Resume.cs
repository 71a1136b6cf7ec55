using E2EEvents.Testing.Clients;

namespace E2EEvents.EdgeGateway.Tests.Transports;

/// <summary>Clients that come back with a position.</summary>
public abstract partial class TransportContract
{
    [Fact]
    public async Task Resume_WithinTheChannel_GoesOnWithoutTheGrain()
    {
        await using var rig = await StartAsync();
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
        await using var rig = await StartAsync();
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
        await using var rig = await StartAsync();
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
        await using var rig = await StartAsync();
        var topic = rig.Region.Topic(A.Match).Publish(2);
        var match = GatewayRig.StandingAt(topic, 7, A.OtherEpoch);

        await using var client = await ConnectAsync(rig, null, match);

        await match.ReachesAsync(t => t.Position == A.At(2), Soon, "the other epoch");
        Assert.Equal(["epoch"], match.Gaps);
    }

    [Fact]
    public async Task Resume_AheadOfTheChannel_BringsWhatIsNewToTheClientAlone()
    {
        await using var rig = await StartAsync();
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
        await using var rig = await StartAsync();
        var topic = rig.Region.Topic(A.Ticker).Publish(2);
        var ticker = GatewayRig.StandingAt(topic, 7, A.OtherEpoch, Delivery.Latest);

        await using var client = await ConnectAsync(rig, null, ticker);

        await ticker.ReachesAsync(t => t.Position == A.At(2), Soon, "the other epoch");
        Assert.Empty(ticker.Gaps);
    }
}
