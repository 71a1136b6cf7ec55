using E2EEvents.EdgeGateway.Feeds;
using E2EEvents.EdgeGateway.Tests.Fanout;
using E2EEvents.EdgeGateway.Transports.Link;
using Microsoft.Extensions.Logging.Abstractions;

namespace E2EEvents.EdgeGateway.Tests.Transports.Link;

/// <summary>A gateway's topics, one link's sender, and a region at its other end that checks what it is sent against all that home ever committed.</summary>
internal sealed class LinkModel : ILinkTopics, IDisposable
{
    private const int HomeHistory = 12;
    private const int ChannelHistory = 4;

    private readonly FanoutRig _rig = new();
    private readonly FeedReader _reader;
    private readonly List<Topic> _topics = [];
    private readonly Dictionary<long, Received> _subs = [];
    private readonly List<(TaskCompletionSource<List<Frame>> Page, Topic Topic, Position After)> _reads = [];
    private readonly LinkFreshness _freshness;
    private readonly long _followedAt;
    private long _sub;

    public LinkModel()
    {
        _reader = new FeedReader("silo", "gateway", null!, null!, null!, new FeedOptions(), _rig.Time, A.Metrics(), NullLogger.Instance);
        _freshness = new LinkFreshness(_rig.Time, TimeSpan.FromSeconds(2.5));
        Sender = new LinkSender(_freshness, this, _rig.Time, () => { });
        _followedAt = Now;
        foreach (var delivery in (Delivery[])[Delivery.Every, Delivery.Latest, Delivery.Every]) _topics.Add(new Topic(this, _topics.Count, delivery));
    }

    public LinkSender Sender { get; }

    /// <summary>Highest watermark told.</summary>
    public long Told { get; private set; }

    public int Topics => _topics.Count;

    public int Subscriptions => _subs.Count;

    private long Now => _rig.Time.UnixMicroseconds();

    public void Dispose() => _rig.Dispose();

    public void Pass(int milliseconds) => _rig.Time.Advance(TimeSpan.FromMilliseconds(milliseconds));

    public void Commit(int topic) => _topics[topic].Commit();

    public void RenewEpoch(int topic) => _topics[topic].RenewEpoch();

    /// <summary>The silo vouches for everything up to now, which is true: commits reach the channels at once.</summary>
    public void Freshen() => _reader.ClockOf("home").Take(new Watermark("home", Now, Now));

    public void Subscribe(int topic, bool fromStart)
    {
        var of = _topics[topic];
        var after = fromStart ? new Position(of.Epoch, 0) : (Position?)null;
        _subs[++_sub] = new Received(of, after);
        Sender.Add(new LinkedTopic(_sub, of.Followed, after, Sender));
    }

    /// <summary>Ends the oldest subscription.</summary>
    public void Unsubscribe()
    {
        foreach (var (sub, _) in _subs)
        {
            Assert.True(Sender.End(sub));
            _subs.Remove(sub);
            return;
        }
    }

    public void AnswerReads()
    {
        foreach (var (page, topic, after) in _reads.ToArray()) page.SetResult(topic.After(after));
        _reads.Clear();
    }

    /// <summary>Sends once, as a session does. False if there was nothing.</summary>
    public bool Send(int maxBytes)
    {
        var output = Sender.Collect(maxBytes);
        foreach (var taken in output.Taken)
        {
            if (_subs.TryGetValue(taken.Sub, out var received)) received.Begin(taken);
        }

        var reader = new FrameReader(output.Frames?.ToArray() ?? []);
        while (reader.TryRead(out var entry))
        {
            if (_subs.TryGetValue(entry.Follow, out var received)) received.Take(entry.Frame);
        }

        if (!_freshness.IsDue) return !output.IsEmpty;
        foreach (var sub in _freshness.Stale) SetFresh(sub, false);
        foreach (var watermark in _freshness.Watermarks) CheckWatermark(watermark);
        foreach (var sub in _freshness.Fresh) SetFresh(sub, true);
        foreach (var (_, received) in _subs) received.CheckFresh(Told);
        _freshness.Told();
        return true;
    }

    /// <summary>Sends until there is nothing left, and checks that the region has what home has.</summary>
    public void Settle()
    {
        for (var i = 0; i < 200; i++)
        {
            while (Send(1000))
            {
            }

            AnswerReads();
            Pass(300);
            Freshen();
        }

        foreach (var (_, received) in _subs) received.CheckSame();
    }

    Task<List<Frame>> ILinkTopics.ReadAsync(TopicKey topic, Position after, int maxBytes)
    {
        var page = new TaskCompletionSource<List<Frame>>();
        _reads.Add((page, _topics.Find(known => known.Followed.Channel.Topic == topic)!, after));
        return page.Task;
    }

    void ILinkTopics.Release(FollowedTopic topic)
    {
        // held by nobody else in this model
    }

    private void SetFresh(long sub, bool isFresh)
    {
        if (_subs.TryGetValue(sub, out var received)) received.IsFresh = isFresh;
    }

    private void CheckWatermark(Watermark watermark)
    {
        Assert.Equal("home", watermark.Home);
        Assert.True(watermark.FreshAt > Told, "a watermark fell or stood still");
        Assert.True(watermark.FreshAt <= Math.Max(_followedAt, _reader.ClockOf("home").FreshAt), "a watermark was made up");
        Told = watermark.FreshAt;
    }

    private sealed class Topic
    {
        private readonly LinkModel _model;
        private readonly List<(Frame Frame, long At)> _commits = [];
        private long _offset;

        public Topic(LinkModel model, int number, Delivery delivery)
        {
            _model = model;
            Delivery = delivery;
            var channel = model._rig.Channel(new TopicKey(delivery == Delivery.Every ? "match" : "ticker", $"{number}"), delivery, ChannelHistory);
            Followed = new FollowedTopic(channel, model._rig.Time);
            Followed.Followed(model._reader, "home", new TopicAnswer(new Position(Epoch, 0), delivery, Gap.None, [], "silo", 1, model.Now, model.Now));
        }

        public Delivery Delivery { get; }

        public FollowedTopic Followed { get; }

        public ulong Epoch { get; private set; } = 1;

        public List<(Frame Frame, long At)> Commits => _commits;

        public void Commit()
        {
            var frame = A.Frame(++_offset, Epoch, padding: 20, homeTime: _model.Now);
            _commits.Add((frame, _model.Now));
            Followed.Arrived(_model._reader, 1, frame, 0);
        }

        public void RenewEpoch()
        {
            Epoch++;
            _offset = 0;
            Commit();
        }

        /// <summary>What home's own history answers.</summary>
        public List<Frame> After(Position after)
        {
            var kept = new List<Frame>();
            for (var i = Math.Max(0, _commits.Count - HomeHistory); i < _commits.Count; i++)
            {
                if (_commits[i].Frame.Position.Epoch == Epoch) kept.Add(_commits[i].Frame);
            }

            if (kept.Count == 0 || after.Epoch != Epoch || kept[0].Position.Offset > after.Offset + 1) return kept.Count == 0 ? [] : [kept[^1]];
            return kept.FindAll(frame => frame.Position.Offset > after.Offset).GetRange(0, Math.Min(3, (int)(kept[^1].Position.Offset - after.Offset)));
        }

        /// <summary>Place of a position among all commits; -1 = before the first.</summary>
        public int IndexOf(Position position) => _commits.FindLastIndex(commit => commit.Frame.Position == position);
    }

    /// <summary>What the region has of one topic.</summary>
    private sealed class Received(Topic topic, Position? after)
    {
        private Position _have = after ?? default;
        private bool _hasBegun;
        private int _index = -1;

        public bool IsFresh { get; set; }

        public void Begin(LinkTaken taken)
        {
            Assert.False(_hasBegun, "begun twice");
            _hasBegun = true;
            if (_have.Epoch == 0 && taken.Position.Offset == 0) _have = taken.Position;
        }

        public void Take(Frame frame)
        {
            Assert.True(_hasBegun, "a frame before its subscription had begun");
            var fit = _have.Epoch == 0 ? Fit.NewEpoch : Position.Classify(_have, frame.Position);
            Assert.NotEqual(Fit.Duplicate, fit);
            var index = topic.IndexOf(frame.Position);
            Assert.True(index > _index, "it went back");
            if (fit == Fit.Gap && topic.Delivery == Delivery.Every)
            {
                // Legal only when home's history no longer reached back; it only ever loses more since.
                var oldest = Math.Max(0, topic.Commits.Count - HomeHistory);
                Assert.True(topic.Commits[oldest].Frame.Position.Offset > _have.Offset + 1 || topic.Commits[oldest].Frame.Position.Epoch != _have.Epoch, $"a hole after {_have}");
            }

            (_have, _index) = (frame.Position, index);
        }

        /// <summary>Everything committed before the watermark has arrived.</summary>
        public void CheckFresh(long watermark)
        {
            if (!IsFresh) return;
            for (var i = _index + 1; i < topic.Commits.Count; i++) Assert.True(topic.Commits[i].At >= watermark, $"{watermark} speaks for {topic.Commits[i].Frame.Position}, which has not arrived");
        }

        public void CheckSame()
        {
            Assert.True(_hasBegun);
            Assert.True(IsFresh, "never said to be fresh");
            if (topic.Commits.Count > 0 && _have.Epoch != 0) Assert.Equal(topic.Commits[^1].Frame.Position, _have);
        }
    }
}
