using E2EEvents.EdgeGateway.Feeds;
using E2EEvents.EdgeGateway.Tests.Fanout;
using Microsoft.Extensions.Logging.Abstractions;

namespace E2EEvents.EdgeGateway.Tests.Feeds;

/// <summary>What a followed topic takes from its follows and feeds.</summary>
public sealed class FollowedTopicTests : IDisposable
{
    private readonly FanoutRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Fact]
    public void Arrived_OfAnEarlierFollow_IsDropped()
    {
        var (topic, reader) = Followed(Delivery.Every, follow: 5, 1);
        Assert.Equal(Fit.Duplicate, topic.Arrived(reader, 4, A.Frame(2), 0));
        Assert.Equal(1, topic.Channel.Position.Offset);
    }

    [Theory]
    [InlineData(Delivery.Every)]
    [InlineData(Delivery.Latest)]
    public void Arrived_OfALaterFollow_AsksToFollowAnew(Delivery delivery)
    {
        // A follow that was given up reached the silo behind the present one and took its place in the feed: nothing else will come.
        var (topic, reader) = Followed(delivery, follow: 5, 1);
        Assert.Equal(Fit.Gap, topic.Arrived(reader, 6, A.Frame(2), 0));
        Assert.True(topic.TryBeginFollowing());
    }

    [Fact]
    public void Arrived_BeforeTheFollowsAnswer_ContinuesIt()
    {
        var topic = NewTopic(Delivery.Every);
        var reader = NewReader();
        Assert.Equal(Fit.Next, topic.Arrived(reader, 5, A.Frame(3), 0));
        Assert.Equal(Fit.Next, topic.Arrived(reader, 4, A.Frame(9), 0)); // of another follow: forgotten
        topic.Followed(reader, "home", Answer(Delivery.Every, 5, 1, 2));
        Assert.Equal(3, topic.Channel.Position.Offset);
    }

    [Fact]
    public void Followed_EarlyFramesBeyondTheAnswer_AsksToFollowAnew()
    {
        var topic = NewTopic(Delivery.Every);
        var reader = NewReader();
        topic.Arrived(reader, 5, A.Frame(9), 0);
        Assert.False(topic.Followed(reader, "home", Answer(Delivery.Every, 5, 1, 2)));
        Assert.Equal(2, topic.Channel.Position.Offset);
        Assert.True(topic.TryBeginFollowing());
    }

    [Fact]
    public void Followed_AnswerThatDoesNotReachTheTopicsPosition_VouchesForNothing()
    {
        var topic = NewTopic(Delivery.Every);
        var reader = NewReader();
        reader.ClockOf("home").Take(new Watermark("home", 500, 600));
        Assert.False(topic.Followed(reader, "home", Answer(Delivery.Every, 5, 1, 2) with { Position = new Position(A.Epoch, 9) }));
        Assert.Equal(0, topic.FreshAt);
        Assert.True(topic.TryBeginFollowing());
        Assert.True(topic.Followed(reader, "home", Answer(Delivery.Every, 6, 3, 4, 5, 6, 7, 8, 9)));
        Assert.Equal(500, topic.FreshAt);
    }

    [Theory]
    [InlineData(Delivery.Every, 3)]
    [InlineData(Delivery.Latest, 9)]
    public void Followed_EarlyFramesThatContinueTheAnswer_IsWhole(Delivery delivery, long early)
    {
        var topic = NewTopic(delivery);
        var reader = NewReader();
        topic.Arrived(reader, 5, A.Frame(early), 0);
        Assert.True(topic.Followed(reader, "home", Answer(delivery, 5, 1, 2)));
        Assert.Equal(early, topic.Channel.Position.Offset);
    }

    [Fact]
    public void Arrived_OffsetsMissing_SaysSoAndTakesNothing()
    {
        var (topic, reader) = Followed(Delivery.Every, follow: 5, 1);
        Assert.Equal(Fit.Gap, topic.Arrived(reader, 5, A.Frame(3), 0));
        Assert.Equal(1, topic.Channel.Position.Offset);
    }

    [Fact]
    public void Arrived_LatestSkips_IsTaken()
    {
        var (topic, reader) = Followed(Delivery.Latest, follow: 5, 1);
        Assert.Equal(Fit.Next, topic.Arrived(reader, 5, A.Frame(7), 0));
        Assert.Equal(7, topic.Channel.Position.Offset);
    }

    [Fact]
    public void IsShortOf_AnswerCutShort_IsTrueUntilTheRestCame()
    {
        var (topic, _) = Followed(Delivery.Every, follow: 5, 1);
        Assert.True(topic.IsShortOf(new Position(A.Epoch, 2)));
        Assert.False(topic.IsShortOf(new Position(A.Epoch, 1)));
    }

    [Fact]
    public void Followed_TopicLostItsState_IsLostUntilItsFirstFrame()
    {
        var (topic, reader) = Followed(Delivery.Every, follow: 5, 1);
        Assert.True(topic.TryBeginFollowing());
        topic.Followed(reader, "home", Answer(Delivery.Every, 6) with { Position = new Position(A.Epoch + 1, 0) });
        Assert.True(topic.IsLost);
        topic.Arrived(reader, 6, A.Frame(1, A.Epoch + 1), 0);
        Assert.False(topic.IsLost);
    }

    private (FollowedTopic Topic, FeedReader Reader) Followed(Delivery delivery, long follow, params long[] offsets)
    {
        var topic = NewTopic(delivery);
        var reader = NewReader();
        topic.Followed(reader, "home", Answer(delivery, follow, offsets));
        return (topic, reader);
    }

    private FollowedTopic NewTopic(Delivery delivery) => new(_rig.Channel(A.Match, delivery), TimeProvider.System);

    // Only its identity matters here; it is never run.
    private static FeedReader NewReader() =>
        new("silo", "gateway", null!, null!, null!, new FeedOptions(), TimeProvider.System, A.Metrics(), NullLogger.Instance);

    private static TopicAnswer Answer(Delivery delivery, long follow, params long[] offsets)
    {
        var frames = Array.ConvertAll(offsets, offset => A.Frame(offset));
        return new TopicAnswer(new Position(A.Epoch, offsets is [.., var top] ? top : 0), delivery, Gap.None, FrameCodec.Encode(frames), "silo", follow, HomeTime: 1);
    }
}
