using E2EEvents.Testing.Logs;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Streams;
using Orleans.TestingHost;

namespace E2EEvents.Streams.Tests;

/// <summary>Silos in this process with the streams, and a client that appends.</summary>
internal sealed class TestSilos : IAsyncDisposable
{
    public const string Provider = "numbers";
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private readonly LogCapture _logs;

    private TestSilos(InProcessTestCluster cluster, Ledger ledger, LogCapture logs) => (Cluster, Ledger, _logs) = (cluster, ledger, logs);

    public InProcessTestCluster Cluster { get; }

    public Ledger Ledger { get; }

    public IReadOnlyCollection<LogLine> Logged => _logs.Lines;

    /// <param name="redis">Where Redis is.</param>
    /// <param name="silos">How many.</param>
    /// <param name="options">More settings of the streams, in silos and client.</param>
    /// <param name="ledger">Of a test that starts silos twice.</param>
    /// <param name="services">More services of the silos.</param>
    /// <param name="expected">Ids of warnings that belong to the test.</param>
    public static async Task<TestSilos> StartAsync(
        string redis, short silos = 1, Action<RedisStreamsOptions>? options = null, Ledger? ledger = null, Action<IServiceCollection>? services = null, params int[] expected)
    {
        ledger ??= new Ledger();
        var logs = new LogCapture { Lowest = LogLevel.Information }.Expect(line => line.Category.StartsWith("Orleans", StringComparison.Ordinal));
        foreach (var id in expected) logs.Expect(id);
        var builder = new InProcessTestClusterBuilder(silos);
        builder.Options.ConfigureFileLogging = false;
        builder.Options.ServiceId = builder.Options.ClusterId = "streams-tests";
        builder.ConfigureSilo((_, silo) =>
        {
            silo.Services.AddSingleton(ledger);
            silo.AddRedisStreams(Provider, Configure);
            services?.Invoke(silo.Services);
            silo.Services.AddLogging(logging => logging.AddProvider(logs).AddFilter("Orleans", LogLevel.Error).AddFilter("Microsoft", LogLevel.None).AddFilter("Polly", LogLevel.None));
        });
        builder.ConfigureClient(client =>
        {
            client.AddRedisStreams(Provider, Configure);
            client.Services.AddLogging(logging => logging.AddProvider(logs).AddFilter("Orleans", LogLevel.Error).AddFilter("Microsoft", LogLevel.None).AddFilter("Polly", LogLevel.None));
        });
        var cluster = builder.Build();
        await cluster.DeployAsync().WaitAsync(Deadline);
        return new TestSilos(cluster, ledger, logs);

        void Configure(RedisStreamsOptions streams)
        {
            streams.CallTimeout = Deadline; // a disk that stands still for seconds is no fault here
            options?.Invoke(streams);
            streams.UseRedis(redis);
        }
    }

    public IAsyncStream<Number> Stream(string key, string space = Taker.Space) => Cluster.Client.GetStreamProvider(Provider).GetStream<Number>(StreamId.Create(space, key));

    /// <summary>Appends the numbers from <paramref name="first"/> on, each in a container of its own, one after the other: that is what gives them an order.</summary>
    public async Task AppendAsync(string stream, long first, int count)
    {
        for (var value = first; value < first + count; value++) await Stream(stream).OnNextAsync(new Number(value));
    }

    /// <summary>Appends 0, 1, 2 … one after the other; what fails is appended again.</summary>
    public async Task ProduceAsync(string stream, int count)
    {
        for (var next = 0; next < count;)
        {
            try
            {
                await AppendAsync(stream, next, 1);
                next++;
            }
            catch (StreamAppendException)
            {
                await PauseAsync(); // not acknowledged: again
            }
        }
    }

    /// <summary>A producer's wait before it tries again: without one, a few of them would take the whole machine from what they wait for.</summary>
    public static Task PauseAsync() => Task.Delay(TimeSpan.FromMilliseconds(Random.Shared.Next(20, 60)), TimeProvider.System, CancellationToken.None);

    /// <summary>Waits until the first <paramref name="count"/> numbers of a stream were taken, in order.</summary>
    public async Task TakenAsync(string stream, int count, TimeSpan? deadline = null)
    {
        await Eventually.TrueAsync(() => Ledger.DistinctOf(stream).Count >= count, deadline ?? Deadline, () => $"{stream}: {Ledger.DistinctOf(stream).Count} of {count}");
        Assert.Equal(Numbers(count), Ledger.DistinctOf(stream));
    }

    public static IEnumerable<long> Numbers(int count)
    {
        for (long value = 0; value < count; value++) yield return value;
    }

    public async ValueTask DisposeAsync()
    {
        await Cluster.DisposeAsync();
        _logs.Dispose();
    }
}
