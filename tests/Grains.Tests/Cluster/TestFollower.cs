using E2EEvents.Grains.Tests.Feeds;

namespace E2EEvents.Grains.Tests.Cluster;

/// <summary>A gateway in small: follows topics and pulls feeds, one pull at a time for each silo, and fails on anything out of order.</summary>
internal sealed class TestFollower(IGrainFactory grains, string gateway)
{
    private readonly Dictionary<string, (long Instance, long Ack)> _feeds = [];
    private readonly Dictionary<(string Silo, long Follow), TopicKey> _follows = [];

    /// <summary>Frames by topic, each after the one before.</summary>
    public Dictionary<TopicKey, List<Frame>> Frames { get; } = [];

    /// <summary>Topics that left their silo; to be followed again.</summary>
    public List<TopicKey> Ended { get; } = [];

    /// <summary>Watermark of the last answer.</summary>
    public long FreshAt { get; private set; }

    public async Task<TopicAnswer> FollowAsync(TopicKey topic, int maxBytes = 4 << 20)
    {
        var frames = Frames.TryGetValue(topic, out var known) ? known : Frames[topic] = [];
        Position? after = frames.Count > 0 ? frames[^1].Position : null;
        var answer = await grains.GetGrain<ITopicGrain>(TopicKindAttribute.GrainIdOf(topic)).FollowAsync(gateway, after, maxBytes, CancellationToken.None).WaitAsync(TestRegion.Deadline);
        foreach (var frame in FrameCodec.Decode(answer.Frames)) Take(topic, frame, answer.Gap);
        _follows[(answer.Silo, answer.Follow)] = topic;
        _feeds.TryAdd(answer.Silo, default);
        return answer;
    }

    /// <summary>Pulls once from a silo's feed.</summary>
    public async Task<FeedAnswer> PullAsync(string silo, TimeSpan? wait = null, bool loseAnswer = false)
    {
        var (instance, ack) = _feeds.GetValueOrDefault(silo);
        var pull = new FeedPull(instance, ack, [], 64 << 10, wait ?? TimeSpan.FromSeconds(1));
        var answer = await grains.GetGrain<IFeedGrain>(FeedKey.Of(gateway, silo)).PullAsync(pull, CancellationToken.None).WaitAsync(TestRegion.Deadline);
        if (loseAnswer) return answer;
        _feeds[silo] = (answer.Instance, answer.Number);
        var reader = new FrameReader(answer.Frames);
        while (reader.TryRead(out var entry))
        {
            if (_follows.TryGetValue((silo, entry.Follow), out var topic)) Take(topic, entry.Frame, Gap.None);
        }

        foreach (var ended in answer.Ended) Ended.Add(_follows[(silo, ended)]);
        FreshAt = Math.Max(FreshAt, answer.FreshAt());
        return answer;
    }

    /// <summary>Pulls until a topic has got to that offset.</summary>
    public async Task PullToAsync(string silo, TopicKey topic, long offset)
    {
        using var limit = new CancellationTokenSource(TestRegion.Deadline, TimeProvider.System);
        while (Frames[topic].Count == 0 || Frames[topic][^1].Position.Offset < offset)
        {
            Assert.False(limit.IsCancellationRequested, $"{topic} got to {(Frames[topic].Count == 0 ? 0 : Frames[topic][^1].Position.Offset)} instead of {offset}");
            await PullAsync(silo);
        }
    }

    private void Take(TopicKey topic, Frame frame, Gap gap)
    {
        var frames = Frames[topic];
        if (frames.Count > 0 && gap == Gap.None)
        {
            var fit = Position.Classify(frames[^1].Position, frame.Position);
            Assert.True(fit == Fit.Next || (fit == Fit.Gap && topic.Kind == "test-latest"), $"{topic}: {frame.Position} after {frames[^1].Position} is {fit}");
        }

        frames.Add(frame);
    }
}
