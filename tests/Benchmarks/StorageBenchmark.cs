using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;
using E2EEvents.Grains;
using E2EEvents.Grains.Storage;
using E2EEvents.Grains.Storage.Sql;
using E2EEvents.Grains.Topics;
using E2EEvents.Testing.Servers;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Serialization;
using Orleans.Serialization.Serializers;
using Orleans.Storage;

namespace E2EEvents.Benchmarks;

/// <summary>
/// What does it cost to have events stored, topics sharing transactions, against each by itself and against Orleans' own provider? Not a BenchmarkDotNet
/// one: real servers with commits on disk, events at a rate, so that what counts is what waits. <c>dotnet … storage [seconds]</c>.
/// </summary>
internal static class StorageBenchmark
{
    public static async Task<int> RunAsync(int seconds)
    {
        Console.WriteLine("| database | storage | topics | offered/s | events/s | commits/s | topics/commit | p50 ms | p99 ms | CPU µs/event | topics that gave up |");
        Console.WriteLine("| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
        foreach (var server in new DatabaseServer[] { new PostgresServer { Durable = true }, new MariaDbServer { Durable = true } })
        {
            await server.StartAsync(CancellationToken.None);
            var kind = server is PostgresServer ? SqlDatabase.PostgreSql : SqlDatabase.MySql;
            await EnsureAsync(Dialect.Of(kind, server.ConnectionString));
            foreach (var (topics, rate) in new[] { (1, 20), (1, 1000), (1000, 20) })
            {
                foreach (var mode in new[] { "shared", "single", "Orleans" }) await MeasureAsync(server, kind, mode, topics, rate, seconds);
            }

            await server.DisposeAsync();
        }

        return 0;
    }

    private static async Task EnsureAsync(Dialect dialect)
    {
        await using var source = dialect.NewSource();
        await using var connection = await source.OpenConnectionAsync();
        await SqlSchema.EnsureAsync(dialect, connection, mayCreate: true, CancellationToken.None);
    }

    private static async Task MeasureAsync(DatabaseServer server, SqlDatabase kind, string mode, int topics, int rate, int seconds)
    {
        var counted = new Counted();
        using var metrics = new SiloMetrics(new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<IMeterFactory>());
        var storage = mode == "Orleans" ? await OrleansAsync(kind, server.ConnectionString) : new SqlTopicStorage(
            Dialect.Of(kind, server.ConnectionString), "bench", Options.Create(mode == "shared" ? new SqlOptions() : new SqlOptions { BatchRows = 1 }),
            new JsonStorageSerializer(), new StorageHealth(TimeProvider.System, NullLogger<StorageHealth>.Instance), metrics, TimeProvider.System);
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(seconds));
        var cpu = Process.GetCurrentProcess().TotalProcessorTime;
        var all = new List<Task>();
        var run = Guid.NewGuid().ToString("N")[..6];
        for (var i = 0; i < topics; i++) all.Add(new LoadedTopic(storage, $"{mode}-{run}-{i}", rate, counted, (double)i / topics).RunAsync(stop.Token));
        await Task.WhenAll(all);
        var used = Process.GetCurrentProcess().TotalProcessorTime - cpu;
        if (storage is IAsyncDisposable disposable) await disposable.DisposeAsync();

        counted.Waits.Sort();
        double At(double share) => counted.Waits.Count == 0 ? 0 : counted.Waits[(int)(share * (counted.Waits.Count - 1))];
        var commits = mode == "shared" ? counted.Transactions : counted.Writes;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"| {kind} | {mode} | {topics} | {topics * rate} | {counted.Waits.Count / (double)seconds:0} | {commits / (double)seconds:0} | {counted.Writes / (double)Math.Max(1, commits):0.0} | {At(0.5):0.0} | {At(0.99):0.0} | {used.TotalMicroseconds / Math.Max(1, counted.Waits.Count):0} | {counted.Failures} |"));
        counted.Dispose();
    }

    private static async Task<IGrainStorage> OrleansAsync(SqlDatabase kind, string connectionString)
    {
        var (invariant, connection) = SqlStorageExtensions.ForOrleans(kind, connectionString);
        var options = new AdoNetGrainStorageOptions { Invariant = invariant, ConnectionString = connection, GrainStorageSerializer = new JsonStorageSerializer(), HashPicker = SqlStorageExtensions.NewHasher() };
        var storage = new AdoNetGrainStorage(
            new ServiceCollection().AddSerializer().BuildServiceProvider().GetRequiredService<IActivatorProvider>(), NullLogger<AdoNetGrainStorage>.Instance,
            Options.Create(options), Options.Create(new ClusterOptions { ServiceId = "bench", ClusterId = "bench" }), "bench");
        var lifecycle = new Started();
        ((ILifecycleParticipant<ISiloLifecycle>)storage).Participate(lifecycle);
        foreach (var observer in lifecycle.Observers) await observer.OnStart(CancellationToken.None);
        return storage;
    }

    /// <summary>A topic as its shell drives it: one write under way, what comes meanwhile shares the next.</summary>
    private sealed class LoadedTopic(IGrainStorage storage, string key, int rate, Counted counted, double phase)
    {
        private readonly GrainId _grain = GrainId.Create("topic.news", key);
        private readonly GrainState<TopicRecord> _state = new(new TopicRecord());

        public async Task RunAsync(CancellationToken stop)
        {
            var started = Stopwatch.GetTimestamp();
            long events = 0;
            while (!stop.IsCancellationRequested)
            {
                var due = (long)((Stopwatch.GetElapsedTime(started).TotalSeconds * rate) - phase) + 1;
                if (due <= events)
                {
                    await Task.Delay(TimeSpan.FromSeconds(Math.Max(0.001, ((events + phase) / rate) - Stopwatch.GetElapsedTime(started).TotalSeconds)), TimeProvider.System, CancellationToken.None);
                    continue;
                }

                var json = Encoding.UTF8.GetBytes($$"""{"price":{{due}},"note":"{{new string('x', 200)}}"}""");
                _state.State = new TopicRecord { Epoch = 1, Offset = due, Frames = [new StoredFrame(due, json, false, 0, 0, null)] };
                try
                {
                    await storage.WriteStateAsync(TopicRecord.Name, _grain, _state);
                }
                catch (Exception e) when (e is IOException or TimeoutException)
                {
                    counted.Failed(); // it waited too long for its turn
                    return;
                }

                var now = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
                counted.Stored(events, due, e => now - ((e + phase) * 1000 / rate));
                events = due;
            }
        }
    }

    /// <summary>What was stored, and how long after it came.</summary>
    private sealed class Counted : IDisposable
    {
        private readonly Lock _lock = new();
        private readonly MeterListener _listener = new();
        private long _transactions;

        public Counted()
        {
            _listener.InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Name == "e2e.silo.storage.transactions") listener.EnableMeasurementEvents(instrument);
            };
            _listener.SetMeasurementEventCallback<long>((_, value, _, _) => Interlocked.Add(ref _transactions, value));
            _listener.Start();
        }

        public List<double> Waits { get; } = [];

        public int Writes { get; private set; }

        public long Transactions => Interlocked.Read(ref _transactions);

        public int Failures { get; private set; }

        public void Failed()
        {
            lock (_lock) Failures++;
        }

        public void Stored(long from, long to, Func<long, double> wait)
        {
            lock (_lock)
            {
                Writes++;
                for (var e = from; e < to; e++) Waits.Add(wait(e));
            }
        }

        public void Dispose() => _listener.Dispose();
    }

    private sealed class Started : ISiloLifecycle
    {
        public List<ILifecycleObserver> Observers { get; } = [];

        public int HighestCompletedStage => 0;

        public int LowestStoppedStage => 0;

        public IDisposable Subscribe(string observerName, int stage, ILifecycleObserver observer)
        {
            Observers.Add(observer);
            return new MemoryStream();
        }
    }
}
