using System.Linq;
using E2EEvents.Grains.Topics;

namespace E2EEvents.Grains.Tests.Feeds;

/// <summary>Watermarks from upstream on their way through a feed.</summary>
public sealed class UpstreamFreshnessTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(5);

    [Fact]
    public async Task Pull_UpstreamWatermarkRises_EndsTheWaitAndIsPassedOnUnchanged()
    {
        using var feeds = new TestFeeds();
        feeds.Follow(TestFeeds.Log("t/a"));
        var instance = await feeds.InstanceAsync();
        var pull = feeds.PullAsync(instance, wait: TimeSpan.FromSeconds(1));
        Assert.False(pull.IsCompleted);
        feeds.Freshness.Of("far").Raise(1234);
        feeds.Freshness.Rise();
        var answer = await pull.WaitAsync(Soon);
        Assert.Equal(1234, FreshAt(answer));
        Assert.False(feeds.PullAsync(instance, answer.Number, wait: TimeSpan.FromSeconds(1)).IsCompleted, "told already");
    }

    [Fact]
    public async Task Pull_RoundNotSentYet_KeepsTheWatermarkBackThatCameWithIt()
    {
        using var feeds = new TestFeeds();
        TopicLog[] logs = [TestFeeds.Log("t/a"), TestFeeds.Log("t/b"), TestFeeds.Log("t/c")];
        foreach (var log in logs) feeds.Follow(log);
        var instance = await feeds.InstanceAsync();
        foreach (var log in logs)
        {
            for (var i = 0; i < 100; i++) feeds.Commit(log);
        }

        feeds.Freshness.Of("far").Raise(1234); // it vouches for all of these
        var answer = await feeds.PullAsync(instance, maxBytes: 1024);
        var sent = TestFeeds.Frames(answer).Count;
        for (; sent < 300; sent += TestFeeds.Frames(answer).Count)
        {
            Assert.Equal(0, FreshAt(answer));
            answer = await feeds.PullAsync(instance, answer.Number, maxBytes: 1024);
        }

        answer = await feeds.PullAsync(instance, answer.Number);
        Assert.Equal(1234, FreshAt(answer));
    }

    [Fact]
    public async Task Pull_ReplicaThatNoWatermarkSpeaksFor_IsNamed()
    {
        using var feeds = new TestFeeds();
        var lagging = TestFeeds.Log("t/a");
        var number = feeds.Follow(lagging);
        feeds.Follow(TestFeeds.Log("t/b"));
        var instance = await feeds.InstanceAsync();
        lagging.SetLagging(true);
        feeds.Freshness.CountLagging(1);
        var answer = await feeds.PullAsync(instance);
        Assert.Equal([number], answer.Lagging);

        // The answer that follows may still carry the watermark noted while it lagged: it is named once more.
        lagging.SetLagging(false);
        feeds.Freshness.CountLagging(-1);
        answer = await feeds.PullAsync(instance, answer.Number);
        answer = await feeds.PullAsync(instance, answer.Number);
        Assert.Empty(answer.Lagging);
    }

    private static long FreshAt(FeedAnswer answer) => answer.Watermarks.SingleOrDefault(watermark => watermark.Home == "far").FreshAt;
}
