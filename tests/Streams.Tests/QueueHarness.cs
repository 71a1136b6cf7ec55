using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Diagnostics.Metrics;
using System.Linq;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Serialization;
using Orleans.Streams;

namespace E2EEvents.Streams.Tests;

/// <summary>One queue in a real Redis without silos: producers, and agents that do what Orleans' agents do, but at the test's will.</summary>
internal sealed class QueueHarness : IAsyncDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().AddSerializer().BuildServiceProvider();
    private readonly StreamsRedis _redis;
    private readonly StreamsAdapter _adapter;
    private readonly QueueId _queue;
    private readonly ConcurrentDictionary<(string Stream, int Consumer), ConcurrentQueue<long>> _taken = new();
    private readonly ConcurrentDictionary<string, long> _appended = new();

    public QueueHarness(string redis, RedisStreamsOptions options, string service)
    {
        options.UseRedis(redis);
        options.Queues = 1;
        _redis = new StreamsRedis("q", options, null, TimeProvider.System, NullLogger.Instance);
        Parts = new StreamsParts("q", options, _redis, new EntryCodec(_services.GetRequiredService<Serializer>()), null, null, new StreamsMetrics(_services.GetRequiredService<IMeterFactory>()), TimeProvider.System, NullLogger.Instance);
        _adapter = new StreamsAdapter(Parts, [_redis], null, service);
        _queue = _adapter.GetStreamQueueMapper().GetAllQueues().Single();
    }

    public StreamsParts Parts { get; }

    public QueueLog Log => _adapter.Logs[0];

    /// <summary>Acknowledged numbers of each stream, from 0 on.</summary>
    public IReadOnlyDictionary<string, long> Appended => _appended;

    /// <summary>Appends the next number of the stream.</summary>
    public async Task AppendAsync(string stream)
    {
        var next = _appended.GetOrAdd(stream, 0);
        await _adapter.QueueMessageBatchAsync(StreamId.Create("s", stream), [next], null, null!);
        _appended[stream] = next + 1;
    }

    public Agent StartAgent(Func<bool>? fails = null)
    {
        var cache = (QueueCache)_adapter.CreateQueueCache(_queue);
        return new Agent(this, cache, _adapter.CreateReceiver(_queue), fails ?? (() => false));
    }

    /// <summary>What a consumer has taken of a stream, repeats left out.</summary>
    public List<long> TakenOf(string stream, int consumer) => [.. _taken.GetOrAdd((stream, consumer), _ => new()).Distinct()];

    /// <summary>Fails if anything acknowledged is neither in the log nor delivered to both consumers.</summary>
    public async Task AssertNothingLostAsync()
    {
        var appended = _appended.ToArray(); // first what is there, then the log, then what was taken: so nothing is between them
        var inLog = new HashSet<(string, long)>();
        foreach (var entry in await Log.ReadAsync(EntryId.None, int.MaxValue, CancellationToken.None))
        {
            var container = Parts.Codec.Read(EntryId.Parse(entry.Id!), entry.Values);
            inLog.Add((container.StreamId.GetKeyAsString(), container.GetEvents<long>().Single().Item1));
        }

        foreach (var (stream, count) in appended)
        {
            var taken = new[] { TakenOf(stream, 0).ToHashSet(), TakenOf(stream, 1).ToHashSet() };
            for (long number = 0; number < count; number++)
            {
                Assert.True(inLog.Contains((stream, number)) || (taken[0].Contains(number) && taken[1].Contains(number)), $"{stream}/{number} of {count} is lost");
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _adapter.DisposeAsync();
        await _services.DisposeAsync();
    }

    /// <summary>An owner of the queue with two consumers for each stream. <see cref="StopAsync"/> is a good end, <see cref="CrashAsync"/> a bad one.</summary>
    [SuppressMessage("Design", "CA1001", Justification = "A source without timer or links has nothing to dispose.")]
    internal sealed class Agent
    {
        private readonly QueueHarness _harness;
        private readonly QueueCache _cache;
        private readonly IQueueAdapterReceiver _receiver;
        private readonly Func<bool> _fails;
        private readonly CancellationTokenSource _ending = new();
        private readonly Dictionary<StreamId, IQueueCacheCursor[]> _cursors = [];
        private readonly Task _running;

        public Agent(QueueHarness harness, QueueCache cache, IQueueAdapterReceiver receiver, Func<bool> fails)
        {
            (_harness, _cache, _receiver, _fails) = (harness, cache, receiver, fails);
            _running = Task.Run(RunAsync);
        }

        public async Task StopAsync()
        {
            await CrashAsync();
            foreach (var cursor in _cursors.Values.SelectMany(cursors => cursors)) cursor.Dispose();
            await _receiver.Shutdown(TimeSpan.FromSeconds(5));
        }

        public async Task CrashAsync()
        {
            await _ending.CancelAsync();
            await _running;
        }

        private async Task RunAsync()
        {
            await _receiver.Initialize(TimeSpan.FromSeconds(5));
            while (!_ending.IsCancellationRequested)
            {
                var batch = await _receiver.GetQueueMessagesAsync(50, _ending.Token);
                _cache.AddToCache(batch);
                foreach (var stream in batch.Select(container => container.StreamId).Distinct())
                {
                    if (!_cursors.ContainsKey(stream)) _cursors[stream] = [_cache.GetCacheCursor(stream), _cache.GetCacheCursor(stream)];
                }

                foreach (var (stream, cursors) in _cursors)
                {
                    for (var consumer = 0; consumer < cursors.Length && !_ending.IsCancellationRequested; consumer++) Deliver(stream.GetKeyAsString(), consumer, cursors[consumer]);
                }
            }
        }

        private void Deliver(string stream, int consumer, IQueueCacheCursor cursor)
        {
            while (cursor.MoveNextWithResult().Kind == QueueCacheCursorMoveResultKind.Success)
            {
                if (_ending.IsCancellationRequested) return; // handed out, never taken: as when the silo dies
                if (_fails())
                {
                    cursor.RecordDeliveryFailure();
                    continue;
                }

                var taken = _harness._taken.GetOrAdd((stream, consumer), _ => new());
                foreach (var (number, _) in cursor.GetCurrent(out _)!.GetEvents<long>()) taken.Enqueue(number);
            }
        }
    }
}

internal static class CacheExtensions
{
    public static IQueueCacheCursor GetCacheCursor(this QueueCache cache, StreamId stream) => ((IQueueCache)cache).TryGetCacheCursor(stream, null).Cursor!;
}
