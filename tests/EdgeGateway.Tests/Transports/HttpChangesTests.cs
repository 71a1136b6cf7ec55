using System.Diagnostics;
using System.Net;
using E2EEvents.Testing.Clients;

namespace E2EEvents.EdgeGateway.Tests.Transports;

/// <summary><c>?after=</c>, <c>wait=</c> and <c>atLeast=</c>.</summary>
public sealed class HttpChangesTests
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(10);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task After_EarlierPosition_ListsEachChangeSince(bool followed)
    {
        await using var rig = await GatewayRig.StartAsync();
        var topic = rig.Region.Topic(A.Match).Publish(5);
        if (followed) await rig.FollowAsync(topic);

        var answer = await rig.Topics.AfterAsync("match/x", A.At(2), null, A.Token);

        Assert.Equal(HttpStatusCode.OK, answer.Status);
        Assert.Equal([A.At(3), A.At(4), A.At(5)], PositionsOf(answer));
        Assert.Equal(A.At(5), answer.Next);
        Assert.All(answer.Changes, change => Assert.True(change.Gap is null && change.Time.Count == 1 && change.Time.ContainsKey("home")));
        Assert.Equal("public, max-age=0, s-maxage=1, stale-while-revalidate=10, stale-if-error=60", answer.Headers["Cache-Control"]);
        Assert.True(answer.Headers.ContainsKey("E2E-Fresh-At"));
        Assert.False(answer.Json.ContainsKey("more"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task After_NewestPosition_IsEmptyAndStaysThere(bool followed)
    {
        await using var rig = await GatewayRig.StartAsync();
        var topic = rig.Region.Topic(A.Match).Publish(5);
        if (followed) await rig.FollowAsync(topic);

        var answer = await rig.Topics.AfterAsync("match/x", A.At(5), null, A.Token);

        Assert.Empty(answer.Changes);
        Assert.Equal(A.At(5), answer.Next);
        Assert.Equal("match/x", answer.Json["topic"]!.GetValue<string>());
    }

    [Theory]
    [InlineData(false, 2)]
    [InlineData(true, 2)]
    [InlineData(false, 0)] // known before its first event: what is missing since is missing all the same
    [InlineData(true, 0)]
    public async Task After_PositionBeyondHistory_TellsGapWithTheNewestState(bool followed, long after)
    {
        await using var rig = await GatewayRig.StartAsync();
        var topic = rig.Region.Topic(A.Match, historyBound: 2).Publish(5);
        if (followed) await rig.FollowAsync(topic);

        var answer = await rig.Topics.AfterAsync("match/x", A.At(after), null, A.Token);

        var change = Assert.Single(answer.Changes);
        Assert.Equal(("history", A.At(5)), (change.Gap, change.Position));
        Assert.Equal(A.At(5), answer.Next);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task After_PositionOfOtherEpoch_TellsGapWithTheNewestState(bool followed)
    {
        await using var rig = await GatewayRig.StartAsync();
        var topic = rig.Region.Topic(A.Match).Publish(2);
        if (followed) await rig.FollowAsync(topic);

        var answer = await rig.Topics.AfterAsync("match/x", A.At(7, A.OtherEpoch), null, A.Token);

        var change = Assert.Single(answer.Changes);
        Assert.Equal(("epoch", A.At(2)), (change.Gap, change.Position));
        Assert.Equal(A.At(2), answer.Next);
    }

    [Theory]
    [InlineData(false, A.Epoch)]
    [InlineData(true, A.Epoch)]
    [InlineData(false, A.OtherEpoch)]
    [InlineData(true, A.OtherEpoch)]
    public async Task After_OfLatestKind_IsTheNewestStateWithoutGap(bool followed, ulong epoch)
    {
        await using var rig = await GatewayRig.StartAsync();
        var topic = rig.Region.Topic(A.Ticker).Publish(5);
        if (followed) await rig.FollowAsync(topic);

        var answer = await rig.Topics.AfterAsync("ticker/x", A.At(2, epoch), null, A.Token);

        var change = Assert.Single(answer.Changes);
        Assert.Equal((null, A.At(5)), (change.Gap, change.Position));
    }

    [Fact]
    public async Task After_MoreThanOneAnswerHolds_SaysMoreAndGoesOn()
    {
        await using var rig = await GatewayRig.StartAsync();
        rig.Region.Topic(A.Match, 1000, framesPerRead: 2).Publish(5);
        var seen = new List<Position>();
        var position = A.At(0);
        bool more;
        do
        {
            var answer = await rig.Topics.AfterAsync("match/x", position, null, A.Token);
            seen.AddRange(PositionsOf(answer));
            position = answer.Next;
            more = answer.Json.ContainsKey("more");
        }
        while (more && seen.Count < 10);

        Assert.Equal([A.At(1), A.At(2), A.At(3), A.At(4), A.At(5)], seen);
    }

    [Fact]
    public async Task Wait_ForChange_AnswersWhenItComes()
    {
        await using var rig = await GatewayRig.StartAsync();
        var topic = rig.Region.Topic(A.Match).Publish();
        await rig.FollowAsync(topic);
        var waiting = rig.Topics.AfterAsync("match/x", A.At(1), Long, A.Token);
        Assert.False(waiting.IsCompleted);

        var since = Stopwatch.StartNew();
        topic.Publish();

        Assert.Equal([A.At(2)], PositionsOf(await waiting));
        Assert.InRange(since.Elapsed, TimeSpan.Zero, Long / 2);
    }

    [Fact]
    public async Task Wait_ForTopicWithoutEvents_AnswersItsFirst()
    {
        await using var rig = await GatewayRig.StartAsync();
        var topic = rig.Region.Topic(A.Match);
        var empty = await rig.Topics.AfterAsync("match/x", A.At(0), null, A.Token);
        Assert.Equal((0, A.At(0)), (empty.Changes.Count, empty.Next));
        var waiting = rig.Topics.AfterAsync("match/x", empty.Next, Long, A.Token);
        await Eventually.TrueAsync(() => rig.Follows(topic), GatewayRig.Soon);

        topic.Publish();

        var change = Assert.Single((await waiting).Changes);
        Assert.Equal((null, A.At(1)), (change.Gap, change.Position));
    }

    [Fact]
    public async Task Wait_WithoutChange_AnswersEmptyAfterIt()
    {
        await using var rig = await GatewayRig.StartAsync();
        rig.Region.Topic(A.Match).Publish();
        var since = Stopwatch.StartNew();

        var answer = await rig.Topics.AfterAsync("match/x", A.At(1), TimeSpan.FromSeconds(0.3), A.Token);

        Assert.Empty(answer.Changes);
        Assert.InRange(since.Elapsed, TimeSpan.FromSeconds(0.25), TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task AtLeast_PositionReached_IsTheState()
    {
        await using var rig = await GatewayRig.StartAsync();
        rig.Region.Topic(A.Match).Publish(3);

        var answer = await rig.Topics.AtLeastAsync("match/x", A.At(2), TimeSpan.Zero, A.Token);

        Assert.Equal(A.At(3), answer.Envelope.Position);
        Assert.Equal("no-store", answer.Headers["Cache-Control"]);
    }

    [Fact]
    public async Task AtLeast_PositionToCome_AnswersWhenItDoes()
    {
        await using var rig = await GatewayRig.StartAsync();
        var topic = rig.Region.Topic(A.Match).Publish();
        await rig.FollowAsync(topic);
        var waiting = rig.Topics.AtLeastAsync("match/x", A.At(3), Long, A.Token);

        topic.Publish(2);

        Assert.Equal(A.At(3), (await waiting).Envelope.Position);
    }

    [Theory]
    [InlineData(9, A.Epoch, 504, "not-there-yet")]
    [InlineData(1, A.OtherEpoch, 409, "epoch-over")]
    public async Task AtLeast_PositionThatDoesNotCome_SaysWhy(long offset, ulong epoch, int status, string name)
    {
        await using var rig = await GatewayRig.StartAsync();
        rig.Region.Topic(A.Match).Publish();
        GatewayRig.AssertProblem(await rig.Topics.AtLeastAsync("match/x", A.At(offset, epoch), TimeSpan.FromSeconds(0.2), A.Token), status, name);
    }

    private static List<Position> PositionsOf(HttpAnswer answer)
    {
        var positions = new List<Position>();
        foreach (var change in answer.Changes) positions.Add(change.Position);
        return positions;
    }
}
