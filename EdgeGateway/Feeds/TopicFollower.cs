using System.Collections.Concurrent;
using E2EEvents.EdgeGateway.Fanout;
using E2EEvents.Grains.Interfaces.Regions;
using E2EEvents.Hosting;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace E2EEvents.EdgeGateway.Feeds;

/// <summary>
/// All topics this gateway follows. The first holder of a topic makes the gateway follow it; some time after the last one left it is let go.
/// Whatever ends a follow (silo death, migration, a lost feed, a gap) is healed by following anew from the channel's position.
/// </summary>
internal sealed class TopicFollower(
    FanoutWorkers workers, KindMap kinds, IGrainFactory grains, IOptions<FeedOptions> feedOptions, IOptions<FanoutOptions> fanoutOptions, IOptions<RegionsOptions> regions,
    GatewayIdentity identity, TimeProvider time, GatewayMetrics metrics, ILogger<TopicFollower> logger) : BackgroundService
{
    private readonly FeedOptions _options = feedOptions.Value;
    private readonly long _staleAfter = (long)regions.Value.StaleAfter.TotalMicroseconds;
    private readonly ConcurrentDictionary<string, FollowedTopic> _topics = new();
    private readonly Dictionary<string, FeedReader> _readers = [];
    private readonly SemaphoreSlim _follows = new(feedOptions.Value.ParallelFollows);
    private readonly CancellationTokenSource _stopping = new();

    /// <summary>The topic if it is followed and its position known.</summary>
    public FollowedTopic? FindReady(string topic) => _topics.TryGetValue(topic, out var found) && found.Ready.Task.IsCompletedSuccessfully ? found : null;

    public FollowedTopic? Find(string topic) => _topics.GetValueOrDefault(topic);

    /// <summary>Holds the topic if it is followed and its position known: the usual case, without waiting. To be given back with <see cref="Release"/>.</summary>
    public FollowedTopic? TryHoldReady(TopicKey key) => FindReady(key.ToString()) is { } topic && topic.TryHold() ? topic : null;

    /// <summary>Follows the topic, if nobody does, and holds it; to be given back with <see cref="Release"/>.</summary>
    /// <exception cref="OperationCanceledException">Its position did not become known in time; it is not held.</exception>
    public async ValueTask<FollowedTopic> HoldAsync(TopicKey key, CancellationToken cancellationToken)
    {
        var name = key.ToString();
        while (true)
        {
            var topic = _topics.GetValueOrDefault(name) ?? Open(name, key);
            if (!topic.TryHold())
            {
                _topics.TryRemove(new KeyValuePair<string, FollowedTopic>(name, topic));
                continue;
            }

            try
            {
                await topic.Ready.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
                return topic;
            }
            catch
            {
                Release(topic);
                throw;
            }
        }
    }

    public void Release(FollowedTopic topic) => topic.Release(time.GetTimestamp());

    /// <summary>Reads a topic at its grain without following it.</summary>
    public async Task<TopicAnswer> ReadAsync(TopicKey topic, Position? after, int maxBytes, CancellationToken cancellationToken)
    {
        for (var isFirst = true; ; isFirst = false)
        {
            var answer = await kinds.ReaderOf(topic).ReadAsync(after, maxBytes, cancellationToken)
                .WaitAsync(_options.PullWait + _options.CallDeadline, time, cancellationToken).ConfigureAwait(false);
            if (!answer.NotHome) return answer;
            if (!isFirst) throw new TimeoutException("the kind's home is being moved");
            await kinds.ReloadAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Homes' clocks as the silos followed now tell them.</summary>
    public List<HomeClock> Clocks()
    {
        var clocks = new List<HomeClock>();
        lock (_readers)
        {
            foreach (var (_, reader) in _readers) reader.AddClocks(clocks);
        }

        return clocks;
    }

    /// <summary>Lets a reader go that no topic has used for a while.</summary>
    public bool TryRetire(FeedReader reader)
    {
        lock (_readers)
        {
            if (time.GetElapsedTime(reader.AskedFor) < TimeSpan.FromSeconds(10) || CountAt(reader) > 0) return false;
            _readers.Remove(reader.Silo);
            return true;
        }
    }

    public int CountAt(FeedReader reader)
    {
        var count = 0;
        foreach (var (_, topic) in _topics)
        {
            if (topic.Reader == reader) count++;
        }

        return count;
    }

    /// <summary>Follows all topics of a reader anew.</summary>
    public void FollowAnew(FeedReader reader)
    {
        foreach (var (_, topic) in _topics)
        {
            if (topic.Reader == reader) FollowAnew(topic);
        }
    }

    /// <summary>Follows anew what was followed before the reader's feed began: an earlier feed held it, whose lease ended before it was ever pulled.</summary>
    public void FollowAnewBefore(FeedReader reader, long instance)
    {
        foreach (var (_, topic) in _topics)
        {
            if (topic.Reader == reader && topic.Follow < instance) FollowAnew(topic);
        }
    }

    /// <summary>Follows the topic of that follow anew: it left the silo.</summary>
    public void FollowAnew(FeedReader reader, long follow)
    {
        foreach (var (_, topic) in _topics)
        {
            if (topic.Reader == reader && topic.Follow == follow) FollowAnew(topic);
        }
    }

    /// <summary>Follows all topics of a kind anew: its home moved, another grain has them.</summary>
    public void FollowAnew(string kind)
    {
        foreach (var (_, topic) in _topics)
        {
            if (topic.Channel.Topic.Kind == kind) FollowAnew(topic);
        }
    }

    /// <summary>Has topics keep the freshness they have, which the silo's watermarks will not vouch for from now on.</summary>
    public void HoldFreshness(FeedReader reader, HashSet<long> lagging)
    {
        foreach (var (_, topic) in _topics)
        {
            if (topic.Reader == reader && lagging.Contains(topic.Follow) && !reader.IsLagging(topic.Follow)) topic.HoldFreshness();
        }
    }

    public void FollowAnew(FollowedTopic topic)
    {
        if (topic.TryBeginFollowing()) _ = FollowAsync(topic, _stopping.Token);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(0.5), time);
        kinds.Moved += FollowAnew;
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false)) Sweep();
        }
        catch (OperationCanceledException)
        {
            await _stopping.CancelAsync().ConfigureAwait(false);
        }
    }

    public override void Dispose()
    {
        base.Dispose();
        _stopping.Dispose();
        _follows.Dispose();
    }

    private FollowedTopic Open(string name, TopicKey key)
    {
        var fanout = fanoutOptions.Value;
        var channel = new TopicChannel(key, kinds.DeliveryOf(key.Kind), workers, fanout.TailUpdates, fanout.TailBytes, fanout.MaxFieldChoices)
        {
            Interval = Rate.IntervalOf(kinds.Find(key.Kind)?.MaxRate ?? 0),
        };
        var topic = new FollowedTopic(channel, time);
        var winner = _topics.GetOrAdd(name, topic);
        if (winner != topic) return winner;
        metrics.ChannelOpened();
        _ = FollowAsync(topic, _stopping.Token);
        return topic;
    }

    private async Task FollowAsync(FollowedTopic topic, CancellationToken cancellationToken)
    {
        await Task.Yield(); // never inside the caller's loop over the topics
        var backoff = new Backoff(_options.FirstRetry, _options.LongestRetry, time, Random.Shared.NextDouble);
        var tries = 0;
        while (!cancellationToken.IsCancellationRequested && !topic.IsRetired)
        {
            try
            {
                var answer = await AskAsync(topic, cancellationToken).ConfigureAwait(false);
                if (answer.NotHome)
                {
                    await kinds.ReloadAsync(cancellationToken).ConfigureAwait(false);
                    throw new TimeoutException("the kind's home is being moved");
                }

                var reader = ReaderOf(answer.Silo);
                var isWhole = topic.Followed(reader, kinds.HomeOf(topic.Channel.Topic.Kind), answer);
                if (topic.IsRetired) reader.Drop(answer.Follow);
                metrics.Follow("answered");
                // The feed goes on from the answer's position; an answer too small for all up to there is asked for the rest.
                if ((isWhole && !reader.HasEnded(answer.Follow)) || !topic.TryBeginFollowing()) return;
                backoff.Reset();
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) // survived: silos that are gone, starting or overloaded
            {
                metrics.Follow("failed");
                var delay = backoff.Next();
                if (++tries >= 3) Log.FollowFailed(logger, topic.Channel.Name, e.Message, delay); // the first tries after a silo's death fail by nature
                await Task.Delay(delay, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task<TopicAnswer> AskAsync(FollowedTopic topic, CancellationToken cancellationToken)
    {
        await _follows.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var have = topic.Channel.Position;
            return await kinds.ReaderOf(topic.Channel.Topic).FollowAsync(identity.Name, have.Epoch == 0 ? null : have, _options.MaxPullBytes, cancellationToken)
                .WaitAsync(_options.PullWait + _options.CallDeadline, time, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _follows.Release();
        }
    }

    private FeedReader ReaderOf(string silo)
    {
        lock (_readers)
        {
            if (!_readers.TryGetValue(silo, out var reader))
            {
                reader = new FeedReader(silo, identity.Name, this, workers, grains, _options, time, metrics, logger);
                _readers.Add(silo, reader);
                _ = Task.Run(() => reader.RunAsync(_stopping.Token), CancellationToken.None);
            }

            reader.AskedFor = time.GetTimestamp();
            return reader;
        }
    }

    private void Sweep()
    {
        var now = time.GetTimestamp();
        var idleBefore = now - (long)(_options.Linger.TotalSeconds * time.TimestampFrequency);
        int wentStale = 0, becameFresh = 0;
        foreach (var (name, topic) in _topics)
        {
            if (topic.TryRetire(idleBefore))
            {
                _topics.TryRemove(new KeyValuePair<string, FollowedTopic>(name, topic));
                LetGo(topic);
                if (topic.Channel.IsStale) metrics.Stale(-1);
                metrics.ChannelClosed();
                continue;
            }

            var stale = topic.IsLost || (topic.Ready.Task.IsCompleted && topic.HomeNow - topic.FreshAt > _staleAfter);
            if (stale == topic.Channel.IsStale) continue;
            topic.Channel.SetStale(stale);
            if (stale) wentStale++;
            else becameFresh++;
        }

        metrics.Stale(wentStale - becameFresh);
        if (wentStale > 0) Log.WentStale(logger, wentStale, regions.Value.StaleAfter);
        if (becameFresh > 0) Log.BecameFresh(logger, becameFresh);
    }

    private static void LetGo(FollowedTopic topic) => topic.Reader?.Drop(topic.Follow);
}
