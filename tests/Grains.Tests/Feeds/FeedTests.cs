using System.Linq;
using E2EEvents.Grains.Feeds;

namespace E2EEvents.Grains.Tests.Feeds;

public sealed class FeedTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(5);

    [Fact]
    public async Task Pull_UnknownInstance_IsToldTheInstanceAndNothingElse()
    {
        using var feeds = new TestFeeds();
        var log = TestFeeds.Log("t/a");
        var follow = feeds.Follow(log);
        feeds.Commit(log);

        var first = await feeds.PullAsync(wait: TimeSpan.FromSeconds(1));
        Assert.True(first.Instance > 0 && first.Instance < follow, "follows of a feed have higher numbers than the feed");
        Assert.Empty(first.Frames);
        Assert.Equal(0, first.FreshAt());

        var second = await feeds.PullAsync(first.Instance, first.Number);
        Assert.Equal([(follow, 1L)], TestFeeds.Frames(second));
    }

    [Fact]
    public async Task Follow_SecondOfATopic_TellsThatTheFirstIsOver()
    {
        using var feeds = new TestFeeds();
        var log = TestFeeds.Log("t/a");
        var first = feeds.Follow(log);
        var instance = await feeds.InstanceAsync();
        var second = feeds.Follow(log); // perhaps one that the gateway gave up waiting for, and will never know
        var answer = await feeds.PullAsync(instance);
        Assert.Equal([first], answer.Ended);
        feeds.Commit(log);
        Assert.Equal([(second, 1L)], TestFeeds.Frames(await feeds.PullAsync(instance, answer.Number)));
    }

    [Fact]
    public async Task Pull_NothingNew_WaitsForACommit()
    {
        using var feeds = new TestFeeds();
        var log = TestFeeds.Log("t/a");
        var follow = feeds.Follow(log);
        var pull = feeds.PullAsync(await feeds.InstanceAsync(), wait: TimeSpan.FromSeconds(1));
        Assert.False(pull.IsCompleted);

        feeds.Commit(log);
        Assert.Equal([(follow, 1L)], TestFeeds.Frames(await pull.WaitAsync(Soon)));
    }

    [Fact]
    public async Task Pull_NothingNewUntilTheWaitEnds_ConfirmsFreshness()
    {
        using var feeds = new TestFeeds();
        feeds.Follow(TestFeeds.Log("t/a"));
        var pull = feeds.PullAsync(await feeds.InstanceAsync(), wait: TimeSpan.FromSeconds(1));
        feeds.Time.Advance(TimeSpan.FromSeconds(1));
        var answer = await pull.WaitAsync(Soon);
        Assert.Empty(answer.Frames);
        Assert.Equal(feeds.Time.UnixMicroseconds(), answer.FreshAt());
    }

    [Fact]
    public async Task Pull_AnswerNotAcknowledged_IsSentAgainUnchanged()
    {
        using var feeds = new TestFeeds();
        var log = TestFeeds.Log("t/a");
        feeds.Follow(log);
        var instance = await feeds.InstanceAsync();
        feeds.Commit(log);
        var lost = await feeds.PullAsync(instance);
        feeds.Commit(log);

        var again = await feeds.PullAsync(instance);
        Assert.Equal(lost.Number, again.Number);
        Assert.Equal(lost.Frames, again.Frames);
        Assert.Equal(lost.FreshAt(), again.FreshAt());
        Assert.Equal([2L], TestFeeds.Frames(await feeds.PullAsync(instance, again.Number)).Select(frame => frame.Offset));
    }

    [Fact]
    public async Task Pull_AdoptedByAnotherReader_LosesNoUnacknowledgedAnswer()
    {
        using var feeds = new TestFeeds();
        var log = TestFeeds.Log("t/a");
        feeds.Follow(log);
        var instance = await feeds.InstanceAsync();
        feeds.Commit(log);
        var lost = await feeds.PullAsync(instance);

        var adopted = await feeds.PullAsync(instance: 0);
        Assert.Equal(0, adopted.FreshAt());
        Assert.Equal(lost.Frames, (await feeds.PullAsync(instance, adopted.Number)).Frames);
    }

    [Fact]
    public async Task Pull_NewerOne_EndsTheOlderWithoutTakingAnything()
    {
        using var feeds = new TestFeeds();
        var log = TestFeeds.Log("t/a");
        feeds.Follow(log);
        var instance = await feeds.InstanceAsync();
        var older = feeds.PullAsync(instance, wait: TimeSpan.FromSeconds(10));
        var newer = feeds.PullAsync(instance, wait: TimeSpan.FromSeconds(10));
        Assert.Empty((await older.WaitAsync(Soon)).Frames);
        Assert.False(newer.IsCompleted);

        feeds.Commit(log);
        Assert.NotEmpty((await newer.WaitAsync(Soon)).Frames);
    }

    [Fact]
    public async Task Pull_CommitsOfManyTopics_FillAnswersInTurn()
    {
        using var feeds = new TestFeeds();
        var busy = TestFeeds.Log("t/busy");
        var quiet = TestFeeds.Log("t/quiet");
        var (busyFollow, quietFollow) = (feeds.Follow(busy), feeds.Follow(quiet));
        var instance = await feeds.InstanceAsync();
        for (var i = 0; i < 200; i++) feeds.Commit(busy); // 45 KB
        feeds.Commit(quiet);

        var answer = await feeds.PullAsync(instance, maxBytes: 40 << 10);
        var frames = TestFeeds.Frames(answer);
        Assert.Contains((quietFollow, 1L), frames);
        Assert.True(answer.Frames.Length < 42 << 10);

        while (frames[^1] != (busyFollow, 200L))
        {
            answer = await feeds.PullAsync(instance, answer.Number, maxBytes: 40 << 10);
            frames.AddRange(TestFeeds.Frames(answer));
        }

        Assert.Equal(Enumerable.Range(1, 200).Select(i => (long)i), frames.Where(frame => frame.Follow == busyFollow).Select(frame => frame.Offset));
    }

    [Fact]
    public async Task FreshAt_TruncatedAnswer_StaysUntilTheRoundIsOver()
    {
        using var feeds = new TestFeeds();
        var log = TestFeeds.Log("t/a");
        feeds.Follow(log);
        var instance = await feeds.InstanceAsync();
        var idle = await feeds.PullAsync(instance);
        for (var i = 0; i < 20; i++) feeds.Commit(log); // 4.5 KB, more than one answer of 1 KiB holds
        feeds.Time.Advance(TimeSpan.FromSeconds(1));
        var roundBegan = feeds.Time.UnixMicroseconds();

        var answer = await feeds.PullAsync(instance, idle.Number, maxBytes: 1024);
        Assert.Equal(idle.FreshAt(), answer.FreshAt());
        var last = 0L;
        while (last < 20)
        {
            Assert.True(answer.FreshAt() < roundBegan);
            feeds.Time.Advance(TimeSpan.FromSeconds(1));
            answer = await feeds.PullAsync(instance, answer.Number, maxBytes: 1024);
            last = TestFeeds.Frames(answer)[^1].Offset;
        }

        Assert.True(answer.FreshAt() >= roundBegan);
    }

    [Fact]
    public async Task FreshAt_AlwaysMoreThanAnAnswerHolds_MovesOnAllTheSame()
    {
        using var feeds = new TestFeeds();
        var logs = Enumerable.Range(0, 10).Select(i => TestFeeds.Log($"t/{i}", Delivery.Latest)).ToArray();
        foreach (var log in logs) feeds.Follow(log);
        var instance = await feeds.InstanceAsync();
        FeedAnswer answer = await feeds.PullAsync(instance);
        var began = answer.FreshAt();
        for (var i = 0; i < 20; i++)
        {
            foreach (var log in logs) feeds.Commit(log); // 2.3 KB new for each answer of 1 KiB
            feeds.Time.Advance(TimeSpan.FromMilliseconds(100));
            answer = await feeds.PullAsync(instance, answer.Number, maxBytes: 1024);
            Assert.NotEmpty(answer.Frames);
        }

        Assert.InRange(answer.FreshAt() - began, 1_000_000, 2_000_000);
    }

    [Fact]
    public async Task Topic_Ends_RemainingFramesComeBeforeTheEnd()
    {
        using var feeds = new TestFeeds();
        var log = TestFeeds.Log("t/a");
        var follow = feeds.Follow(log);
        var instance = await feeds.InstanceAsync();
        for (var i = 0; i < 10; i++) feeds.Commit(log);
        log.End();

        var answer = await feeds.PullAsync(instance, maxBytes: 1024);
        var frames = TestFeeds.Frames(answer);
        while (answer.Ended.Length == 0)
        {
            answer = await feeds.PullAsync(instance, answer.Number, maxBytes: 1024);
            frames.AddRange(TestFeeds.Frames(answer));
        }

        Assert.Equal(10, frames.Count);
        Assert.Equal([follow], answer.Ended);
        Assert.Equal(0, log.Size.Followers);
        Assert.Equal(answer.Ended, (await feeds.PullAsync(instance, answer.Number - 1)).Ended); // not acknowledged: told again
    }

    [Fact]
    public async Task Follow_SameTopicAgain_ReplacesTheFirst()
    {
        using var feeds = new TestFeeds();
        var log = TestFeeds.Log("t/a");
        feeds.Follow(log);
        feeds.Commit(log);
        var second = feeds.Follow(log);
        Assert.Equal(1, log.Size.Followers);
        feeds.Commit(log);
        Assert.Equal([(second, 2L)], TestFeeds.Frames(await feeds.PullAsync(await feeds.InstanceAsync())));
    }

    [Fact]
    public async Task Drop_FollowNoLongerWanted_SendsNothingMore()
    {
        using var feeds = new TestFeeds();
        var log = TestFeeds.Log("t/a");
        var follow = feeds.Follow(log);
        var instance = await feeds.InstanceAsync();
        feeds.Commit(log);
        Assert.Empty((await feeds.PullAsync(instance, drop: [follow, 12345])).Frames);
        Assert.Equal(0, log.Size.Followers);
    }

    [Fact]
    public async Task Lease_GatewayStopsPulling_EndsTheFeedAndItsFollows()
    {
        using var feeds = new TestFeeds();
        var log = TestFeeds.Log("t/a");
        feeds.Follow(log);
        var instance = await feeds.InstanceAsync();
        feeds.Time.Advance(TimeSpan.FromSeconds(9));
        Assert.Equal(1, log.Size.Followers);
        feeds.Time.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal(0, log.Size.Followers);
        Assert.True(feeds.Logs.Has(1005));

        var next = await feeds.PullAsync(instance, wait: TimeSpan.FromSeconds(1));
        Assert.NotEqual(instance, next.Instance);
        Assert.Empty(next.Frames);
    }

    [Fact]
    public async Task Lease_WhileAPullWaits_DoesNotEnd()
    {
        using var feeds = new TestFeeds(lease: TimeSpan.FromSeconds(2));
        var log = TestFeeds.Log("t/a");
        feeds.Follow(log);
        var pull = feeds.PullAsync(await feeds.InstanceAsync(), wait: TimeSpan.FromSeconds(10));
        for (var i = 0; i < 8; i++) feeds.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(1, log.Size.Followers);
        feeds.Commit(log);
        Assert.NotEmpty((await pull.WaitAsync(Soon)).Frames);
    }

    [Fact]
    public async Task Pull_AckOfAnAnswerNeverGiven_StartsAnew()
    {
        using var feeds = new TestFeeds();
        feeds.Logs.Expect(1006);
        var log = TestFeeds.Log("t/a");
        feeds.Follow(log);
        var instance = await feeds.InstanceAsync();
        Assert.NotEqual(instance, (await feeds.PullAsync(instance, ack: 99)).Instance);
        Assert.Equal(0, log.Size.Followers);
    }

    [Fact]
    public async Task Pull_Cancelled_Throws()
    {
        using var feeds = new TestFeeds();
        using var cancel = new CancellationTokenSource();
        var pull = feeds.Registry.PullAsync("gw", new FeedPull(await feeds.InstanceAsync(), 0, [], 1024, TimeSpan.FromSeconds(5)), cancel.Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => pull.WaitAsync(Soon));
    }

    [Fact]
    public void Commit_DirtyAlready_AllocatesNothingForEachFollow()
    {
        using var feeds = new TestFeeds();
        var log = TestFeeds.Log("t/a", Delivery.Latest);
        for (var i = 0; i < 20; i++) feeds.Follow(log, $"gw{i}");
        var follower = new Follow(new Feed("x", feeds.Registry), 1, log);
        follower.OnCommitted();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 10_000; i++) follower.OnCommitted();
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }
}
