using System.Diagnostics.Metrics;
using E2EEvents.Grains.Feeds;
using E2EEvents.Grains.Interfaces.Regions;
using E2EEvents.Grains.Region;
using E2EEvents.Grains.Tests.Topics;
using E2EEvents.Grains.Topics;
using E2EEvents.Testing.Logs;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace E2EEvents.Grains.Tests.Feeds;

/// <summary>A silo's feeds with logs of the test's own and a clock that stands still.</summary>
internal sealed class TestFeeds : IDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly SiloMetrics _metrics;

    public TestFeeds(TimeSpan? lease = null)
    {
        _metrics = new SiloMetrics(_services.GetRequiredService<IMeterFactory>());
        Freshness = new SiloFreshness(new HomeMap(Options.Create(new RegionsOptions())), Time);
        Registry = new FeedRegistry(Options.Create(new FeedOptions { Lease = lease ?? TimeSpan.FromSeconds(10) }), Time, Freshness, _metrics, Logs.For<FeedRegistry>());
    }

    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));

    public LogCapture Logs { get; } = new();

    public FeedRegistry Registry { get; }

    public SiloFreshness Freshness { get; }

    public static TopicLog Log(string topic, Delivery delivery = Delivery.Every, HistoryOptions? history = null) => new(topic, delivery, epoch: 7, [], history ?? new HistoryOptions());

    /// <summary>Commits one change at the clock's time.</summary>
    public void Commit(TopicLog log)
    {
        log.Stage(TopicLogTests.State((int)log.StagedTop + 1), 0, null);
        log.Seal(Time.UnixMicroseconds());
        log.Commit(log.StagedTop);
    }

    public long Follow(TopicLog log, string gateway = "gw") => Registry.Follow(gateway, log, null, int.MaxValue, []).Number;

    /// <summary>Pulls without waiting.</summary>
    public Task<FeedAnswer> PullAsync(long instance = 0, long ack = 0, TimeSpan wait = default, int maxBytes = 1 << 20, string gateway = "gw", params long[] drop) =>
        Registry.PullAsync(gateway, new FeedPull(instance, ack, drop, maxBytes, wait), CancellationToken.None);

    /// <summary>The instance that a gateway learns with its first pull.</summary>
    public async Task<long> InstanceAsync() => (await PullAsync()).Instance;

    public static List<(long Follow, long Offset)> Frames(FeedAnswer answer)
    {
        var frames = new List<(long, long)>();
        var reader = new FrameReader(answer.Frames);
        while (reader.TryRead(out var entry)) frames.Add((entry.Follow, entry.Frame.Position.Offset));
        return frames;
    }

    public void Dispose()
    {
        Registry.Dispose();
        _metrics.Dispose();
        _services.Dispose();
        Logs.Dispose();
    }
}
