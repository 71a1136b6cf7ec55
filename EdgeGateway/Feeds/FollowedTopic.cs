using E2EEvents.EdgeGateway.Fanout;

namespace E2EEvents.EdgeGateway.Feeds;

/// <summary>A topic that this gateway follows: its channel, where it is followed, and who holds it.</summary>
internal sealed class FollowedTopic(TopicChannel channel, TimeProvider time)
{
    private const int MaxEarly = 256;

    private readonly Lock _lock = new();
    private readonly List<(FeedReader Reader, long Follow, Frame Frame)> _early = [];
    private readonly Lock _holding = new(); // apart from the other: that one is held while frames are encoded, and workers release topics
    private int _holders;
    private volatile bool _retired;
    private bool _following = true;
    private bool _lost;
    private long _freshAt;
    private HomeClock? _clock;
    private Fill? _fill;

    public TopicChannel Channel { get; } = channel;

    /// <summary>Completes when the topic's position is known for the first time.</summary>
    public TaskCompletionSource Ready { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The silo's feed that carries it; null while it is being followed anew.</summary>
    public FeedReader? Reader { get; private set; }

    /// <summary>Number of the present follow in that feed.</summary>
    public long Follow { get; private set; }

    /// <summary>Timestamp (<see cref="TimeProvider.GetTimestamp"/>) since when nobody holds it.</summary>
    public long IdleSince { get; private set; } = time.GetTimestamp();

    /// <summary>On home's clock, Unix µs: everything committed there before is in the channel.</summary>
    public long FreshAt
    {
        get
        {
            var own = Volatile.Read(ref _freshAt);
            return Reader is { } reader && _clock is { } clock && !reader.IsLagging(Follow) ? Math.Max(own, clock.FreshAt) : own;
        }
    }

    /// <summary>Home's clock and watermark where it is followed; null before the first follow.</summary>
    public HomeClock? Clock => _clock;

    /// <summary>Estimate of home's clock now, Unix µs; minus <see cref="FreshAt"/> it is the topic's age.</summary>
    public long HomeNow => _clock?.Now ?? time.UnixMicroseconds();

    /// <summary>No watermark vouches for the topic from now on, or the silo is left: what is vouched for by now stays.</summary>
    public void HoldFreshness() => Volatile.Write(ref _freshAt, FreshAt);

    /// <summary>The topic lives on without the state its subscribers hold: stale until its first new frame.</summary>
    public bool IsLost => Volatile.Read(ref _lost);

    /// <summary>The fill of the channel's past that is under way or was last; null = there was none.</summary>
    public Fill? LastFill => Volatile.Read(ref _fill);

    /// <summary>Replaces <paramref name="last"/> by <paramref name="next"/>; false if somebody else did.</summary>
    public bool TryBeginFill(Fill? last, Fill next) => Interlocked.CompareExchange(ref _fill, next, last) == last;

    /// <summary>One more holder; false when the topic was let go meanwhile.</summary>
    public bool TryHold()
    {
        lock (_holding)
        {
            if (_retired) return false;
            _holders++;
            return true;
        }
    }

    public void Release(long now)
    {
        lock (_holding)
        {
            if (--_holders == 0) IdleSince = now;
        }
    }

    /// <summary>Lets the topic go if nobody holds it since before <paramref name="idleBefore"/>.</summary>
    public bool TryRetire(long idleBefore)
    {
        lock (_holding)
        {
            if (_retired || _holders > 0 || IdleSince > idleBefore) return false;
            _retired = true;
            return true;
        }
    }

    public bool IsRetired => _retired;

    /// <summary>The follow is over: true for the one caller that has to make a new one.</summary>
    public bool TryBeginFollowing()
    {
        lock (_lock)
        {
            if (_following || _retired) return false;
            _following = true;
            HoldFreshness();
            Reader = null;
            _early.Clear();
            return true;
        }
    }

    /// <summary>Takes the answer to a follow over, and what the feed brought before it.</summary>
    /// <returns>False if the answer does not reach to where the topic stood, or the feed has gone on beyond it: follow it anew.</returns>
    public bool Followed(FeedReader reader, string home, TopicAnswer answer)
    {
        var isWhole = true;
        lock (_lock)
        {
            var clock = reader.ClockOf(home);
            clock.SetNow(answer.HomeNow);
            if (_clock is not null && _clock.Home != home) Volatile.Write(ref _freshAt, 0); // another clock
            _clock = clock;
            var gatewayTime = clock.Now;
            _lost = answer.Position.Offset == 0 && Channel.Newest is not null && answer.Position.Epoch != Channel.Position.Epoch;
            var frames = FrameCodec.Decode(answer.Frames);
            if (frames.Count == 0) Channel.Begin(answer.Position);
            foreach (var frame in frames) Channel.Publish(Own(frame), gatewayTime, Accept.Hole);
            foreach (var (from, follow, frame) in _early)
            {
                if (from != reader || follow != answer.Follow) continue;
                var accept = Channel.Newest is null ? Accept.NewEpoch : Accept.Next;
                var fit = Channel.Publish(frame, gatewayTime, accept);
                isWhole &= fit is Fit.Next or Fit.Duplicate || (fit == Fit.Gap && Channel.Delivery == Delivery.Latest) || (fit == Fit.NewEpoch && accept == Accept.NewEpoch);
            }

            _early.Clear();

            // Freshness after the data, and only if that is all there is up to it.
            Follow = answer.Follow;
            isWhole &= !IsShortOf(answer.Position);
            if (isWhole) Volatile.Write(ref _freshAt, Math.Max(_freshAt, answer.HomeTime));
            if (isWhole) Reader = reader;
            _following = false;
        }

        Ready.TrySetResult();
        return isWhole;
    }

    /// <summary>True if the channel has less than the topic had at <paramref name="position"/>.</summary>
    public bool IsShortOf(Position position) =>
        position.Offset > 0 && (Channel.Position.Epoch != position.Epoch || Channel.Position.Offset < position.Offset);

    /// <summary>Takes a frame from a feed over. <see cref="Fit.Gap"/>: offsets are missing, follow it anew.</summary>
    public Fit Arrived(FeedReader reader, long follow, Frame frame, long gatewayTime)
    {
        lock (_lock)
        {
            if (_following)
            {
                KeepEarly(reader, follow, Own(frame));
                return Fit.Next;
            }

            if (reader != Reader || follow < Follow) return Fit.Duplicate; // of a follow that is over; the present one brings it again

            // A follow of ours that we gave up waiting for reached the silo after all, behind the present one, and took its place in the feed.
            if (follow > Follow) return Fit.Gap;
            var fit = Channel.Publish(Own(frame), gatewayTime, Accept.NewEpoch);
            if (_lost && fit is Fit.Next or Fit.NewEpoch) _lost = false;
            return fit == Fit.Gap && Channel.Delivery == Delivery.Latest ? Fit.Next : fit;
        }
    }

    private void KeepEarly(FeedReader reader, long follow, Frame frame)
    {
        if (Channel.Delivery == Delivery.Latest) _early.Clear();
        if (_early.Count == MaxEarly) _early.Clear(); // what is missing shows as a gap and is read again
        _early.Add((reader, follow, frame));
    }

    /// <summary>A copy with a state of its own: a slice would keep the whole batch alive.</summary>
    public static Frame Own(Frame frame) =>
        new(frame.Position, frame.State.ToArray(), frame.OriginTime, frame.HomeTime, frame.Transaction, frame.EdgeTime);
}
