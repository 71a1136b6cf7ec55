using System.Collections.Concurrent;
using E2EEvents.Grains.Region;
using E2EEvents.Grains.Topics;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace E2EEvents.Grains.Feeds;

/// <summary>The feeds of this silo, by gateway. A feed begins with the first follow or pull and ends with its lease.</summary>
internal sealed class FeedRegistry : IDisposable
{
    private readonly ConcurrentDictionary<string, Feed> _feeds = new();
    private readonly TimeSpan _lease;
    private readonly ITimer _sweep;
    private long _number;

    public FeedRegistry(IOptions<FeedOptions> options, TimeProvider time, SiloFreshness freshness, SiloMetrics metrics, ILogger<FeedRegistry> logger)
    {
        (_lease, Time, Freshness, Metrics, Logger) = (options.Value.Lease, time, freshness, metrics, logger);
        var period = _lease / 10;
        freshness.Risen += OnRisen;
        _sweep = time.CreateTimer(static registry => ((FeedRegistry)registry!).Sweep(), this, period, period);
    }

    public TimeProvider Time { get; }

    public SiloFreshness Freshness { get; }

    public SiloMetrics Metrics { get; }

    public ILogger Logger { get; }

    /// <summary>Numbers of feeds and follows: one rising row for the whole silo.</summary>
    public long NextNumber() => Interlocked.Increment(ref _number);

    /// <summary>Reads a topic, and sends every later change to the gateway's feed. The answer's position is where the feed begins, even when the frames stop before it.</summary>
    public (LogRead Read, long Number) Follow(string gateway, TopicLog log, Position? after, int maxBytes, List<Frame> into)
    {
        while (true)
        {
            if (FeedOf(gateway).Follow(log, after, maxBytes, into) is { } followed) return followed;
        }
    }

    /// <summary>Waits for something to send to the gateway.</summary>
    public async Task<FeedAnswer> PullAsync(string gateway, FeedPull pull, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (await FeedOf(gateway).PullAsync(pull, cancellationToken) is { } answer) return answer;
        }
    }

    /// <summary>The feed is over.</summary>
    public void Forget(Feed feed) => _feeds.TryRemove(new KeyValuePair<string, Feed>(feed.Gateway, feed));

    public void Dispose() => _sweep.Dispose();

    private Feed FeedOf(string gateway)
    {
        while (true)
        {
            if (_feeds.TryGetValue(gateway, out var known)) return known;
            var feed = new Feed(gateway, this);
            if (_feeds.TryAdd(gateway, feed)) return feed;
            Metrics.FeedClosed();
        }
    }

    private void OnRisen()
    {
        foreach (var (_, feed) in _feeds) feed.OnRisen();
    }

    private void Sweep()
    {
        foreach (var (_, feed) in _feeds) feed.TryExpire(_lease);
    }
}
