using E2EEvents.EdgeGateway.Fanout;
using E2EEvents.Hosting;
using Microsoft.Extensions.Logging;

namespace E2EEvents.EdgeGateway.Feeds;

/// <summary>Reads this gateway's feed at one silo: one pull at a time, for as long as topics are followed there.</summary>
internal sealed class FeedReader(string silo, string gateway, TopicFollower follower, FanoutWorkers workers, IGrainFactory grains, FeedOptions options, TimeProvider time, GatewayMetrics metrics, ILogger logger)
{
    private const int MaxHeldFrames = 64;
    private const int MaxEnded = 10_000;

    private readonly Lock _lock = new();
    private readonly List<long> _drop = [];
    private readonly SortedSet<long> _ended = [];
    private long _instance;
    private long _ack;
    private volatile HomeClock[] _clocks = [];
    private volatile HashSet<long> _lagging = [];
    private long _lookedAt = time.GetTimestamp();

    public string Silo => silo;

    /// <summary>A home's watermark and clock as this silo tells them.</summary>
    public HomeClock ClockOf(string home)
    {
        foreach (var clock in _clocks)
        {
            if (clock.Home == home) return clock;
        }

        lock (_lock)
        {
            foreach (var clock in _clocks)
            {
                if (clock.Home == home) return clock;
            }

            var added = new HomeClock(home, time);
            _clocks = [.. _clocks, added];
            return added;
        }
    }

    /// <summary>Adds the clocks of homes that are not in the list yet.</summary>
    public void AddClocks(List<HomeClock> clocks)
    {
        foreach (var clock in _clocks)
        {
            if (clock.FreshAt != 0 && !clocks.Exists(known => known.Home == clock.Home)) clocks.Add(clock);
        }
    }

    /// <summary>True if the watermarks do not vouch for this follow.</summary>
    public bool IsLagging(long follow) => _lagging.Contains(follow);

    /// <summary>Tells the silo with the next pull that a follow is no longer wanted.</summary>
    public void Drop(long follow)
    {
        lock (_lock) _drop.Add(follow);
    }

    /// <summary>Timestamp when a topic was last brought here; set by <see cref="TopicFollower"/>.</summary>
    public long AskedFor { get; set; }

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var feed = grains.GetGrain<IFeedGrain>(FeedKey.Of(gateway, silo));
        var backoff = new Backoff(options.FirstRetry, options.LongestRetry, time, Random.Shared.NextDouble);
        while (!cancellationToken.IsCancellationRequested && !IsDone())
        {
            try
            {
                await workers.RoomAsync(cancellationToken).ConfigureAwait(false);
                await PullAsync(feed, cancellationToken).ConfigureAwait(false);
                backoff.Reset();
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) // survived: a silo that is gone, slow or restarting; its topics are looked for elsewhere
            {
                metrics.Pull("failed");
                var delay = backoff.Next();
                Log.PullFailed(logger, silo, e.Message, delay);
                follower.FollowAnew(this);
                await Task.Delay(delay, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>Looks once a second whether anybody still needs this silo.</summary>
    private bool IsDone()
    {
        var now = time.GetTimestamp();
        if (time.GetElapsedTime(_lookedAt, now) < TimeSpan.FromSeconds(1)) return false;
        _lookedAt = now;
        return follower.TryRetire(this);
    }

    /// <summary>True if that follow is over already: the feed may tell so before the follow's own answer is here.</summary>
    public bool HasEnded(long follow)
    {
        lock (_lock) return _ended.Contains(follow);
    }

    private void NoteEnded(long follow)
    {
        lock (_lock)
        {
            if (_ended.Count == MaxEnded) _ended.Remove(_ended.Min); // answered long ago: follows are numbered as they begin
            _ended.Add(follow);
        }
    }

    private async Task PullAsync(IFeedGrain feed, CancellationToken cancellationToken)
    {
        long[] drop;
        lock (_lock) drop = [.. _drop];
        var deadline = options.PullWait + options.CallDeadline;
        var answer = await feed.PullAsync(new FeedPull(_instance, _ack, drop, options.MaxPullBytes, options.PullWait), cancellationToken)
            .WaitAsync(deadline, time, cancellationToken).ConfigureAwait(false);
        lock (_lock) _drop.RemoveRange(0, drop.Length);

        if (answer.Instance != _instance)
        {
            var isNew = _instance == 0;
            _instance = answer.Instance;
            _ack = 0;
            if (isNew)
            {
                follower.FollowAnewBefore(this, answer.Instance);
            }
            else
            {
                metrics.Pull("renewed");
                Log.FeedRenewed(logger, silo, follower.CountAt(this));
                follower.FollowAnew(this);
                return;
            }
        }

        Take(answer);
    }

    private void Take(FeedAnswer answer)
    {
        try
        {
            TakeFrames(answer);
        }
        catch (InvalidDataException e)
        {
            Log.BrokenBatch(logger, silo, e.Message);
            follower.FollowAnew(this);
        }

        _ack = answer.Number;
        foreach (var ended in answer.Ended)
        {
            NoteEnded(ended);
            follower.FollowAnew(this, ended);
        }

        TakeFreshness(answer);
        metrics.Pull("answered");
    }

    /// <summary>After the frames: a watermark never overtakes what it vouches for.</summary>
    private void TakeFreshness(FeedAnswer answer)
    {
        if (answer.Watermarks.Length == 0) return;
        if (answer.Lagging.Length > 0 || _lagging.Count > 0)
        {
            var lagging = new HashSet<long>(answer.Lagging);
            follower.HoldFreshness(this, lagging); // before the watermarks rise
            _lagging = lagging;
        }

        foreach (var watermark in answer.Watermarks) ClockOf(watermark.Home).Take(watermark);
    }

    private void TakeFrames(FeedAnswer answer)
    {
        var reader = new FrameReader(answer.Frames);
        while (TakeSome(ref reader))
        {
            // the workers deliver those
        }
    }

    /// <summary>Takes so many frames that the first need not wait long for the last, and they still leave together; false when there are no more.</summary>
    private bool TakeSome(ref FrameReader reader)
    {
        workers.Hold();
        try
        {
            for (var i = 0; i < MaxHeldFrames; i++)
            {
                if (!reader.TryRead(out var entry)) return false;
                TakeFrame(entry);
            }

            return true;
        }
        finally
        {
            workers.Release();
        }
    }

    private void TakeFrame(in FrameEntry entry)
    {
        if (follower.Find(entry.Topic) is not { } topic) return; // let go meanwhile; its drop is under way
        var now = topic.HomeNow;
        var fit = topic.Arrived(this, entry.Follow, entry.Frame, now);
        metrics.Update(fit, (now - entry.Frame.HomeTime) / 1e6);
        if (fit != Fit.Gap) return;
        Log.FeedGap(logger, entry.Topic, topic.Channel.Position, entry.Frame.Position);
        follower.FollowAnew(topic);
    }
}
