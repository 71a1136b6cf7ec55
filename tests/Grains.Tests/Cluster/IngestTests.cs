using System.Text;

namespace E2EEvents.Grains.Tests.Cluster;

/// <summary>From the stream to a feed, in a real cluster.</summary>
public sealed class IngestTests
{
    private static readonly TopicKey Every = new("test-every", "a");

    [Fact]
    public async Task Stream_EventsOfOneTopic_ReachFeedInOrder()
    {
        await using var region = await TestRegion.StartAsync();
        var follower = new TestFollower(region.Cluster.Client, "gw");
        var silo = (await follower.FollowAsync(Every)).Silo;

        for (ulong i = 1; i <= 100; i++) await region.PublishAsync(An.Addition(Every, (long)i, i));
        await follower.PullToAsync(silo, Every, 100);

        var frames = follower.Frames[Every];
        Assert.Equal(100, frames.Count);
        Assert.Equal("""{"sum":5050,"count":100}""", Encoding.UTF8.GetString(frames[^1].State.Span));
        Assert.All(frames, frame => Assert.Equal(frames[0].Position.Epoch, frame.Position.Epoch));
    }
}
