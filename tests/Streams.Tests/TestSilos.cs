using E2EEvents.Testing.Logs;
using E2EEvents.Testing.Processes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Streams;
using Orleans.TestingHost;

namespace E2EEvents.Streams.Tests;

/// <summary>Silos in this process with the streams, and a client that appends.</summary>
internal sealed class TestSilos : IAsyncDisposable
{
    public const string Provider = "numbers";
    public const string Service = "streams-tests";
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
        var logs = Logs(expected);
        var builder = new InProcessTestClusterBuilder(silos);
        builder.Options.ConfigureFileLogging = false;
        builder.Options.ServiceId = builder.Options.ClusterId = Service;
        builder.ConfigureSilo((_, silo) =>
        {
            silo.Services.AddSingleton(ledger);
            silo.AddRedisStreams(Provider, Configure(redis, options));
            services?.Invoke(silo.Services);
            silo.Services.AddLogging(Logging(logs));
        });
        builder.ConfigureClient(client =>
        {
            client.AddRedisStreams(Provider, Configure(redis, options));
            client.Services.AddLogging(Logging(logs));
        });
        var cluster = builder.Build();
        await cluster.DeployAsync().WaitAsync(Deadline);
        return new TestSilos(cluster, ledger, logs);
    }

    /// <summary>
    /// Starts a silo that must refuse to, and tells why. It is a host of its own, and what did start in it is stopped: a test cluster only disposes of
    /// a silo that could not start, and in Orleans 10.4.2 the directory of such a silo then waits without a pause and for ever: a core is gone for all tests that follow.
    /// It is not disposed of: that would wait for the end of a silo that never ran.
    /// </summary>
    /// <param name="redis">Where Redis is.</param>
    /// <param name="options">More settings of the streams.</param>
    /// <param name="expected">Ids of warnings that belong to the test.</param>
    public static async Task<Exception> RefusedAsync(string redis, Action<RedisStreamsOptions>? options = null, params int[] expected)
    {
        using var logs = Logs(expected);
        var host = Host.CreateDefaultBuilder().ConfigureLogging(logging => logging.ClearProviders())
            .UseOrleans(silo =>
            {
                silo.UseLocalhostClustering(FreePort.Next(), FreePort.Next(), serviceId: Service, clusterId: Service);
                silo.AddRedisStreams(Provider, Configure(redis, options));
                silo.Services.AddLogging(Logging(logs));
            }).Build();
        var refused = await Assert.ThrowsAnyAsync<Exception>(() => host.StartAsync().WaitAsync(Deadline));
        await host.Services.GetRequiredService<ISiloLifecycleSubject>().OnStop(CancellationToken.None).WaitAsync(Deadline);
        return refused;
    }

    public IAsyncStream<Number> Stream(string key, string space = Taker.Space) => Cluster.Client.GetStreamProvider(Provider).GetStream<Number>(StreamId.Create(space, key));

    /// <summary>Appends the numbers from <paramref name="first"/> on, each in a container of its own, one after the other: that is what gives them an order.</summary>
    public async Task AppendAsync(string stream, long first, int count)
    {
        for (var value = first; value < first + count; value++) await Stream(stream).OnNextAsync(new Number(value));
    }

    /// <summary>Appends 0, 1, 2 … one after the other; what fails is appended again.</summary>
    public Task ProduceAsync(string stream, int count) => ProduceAsync(stream, 0, count, 0, CancellationToken.None);

    /// <summary>The same from a number on, until there are enough or it is told to end.</summary>
    /// <returns>The number after the last that was acknowledged.</returns>
    public async Task<int> ProduceAsync(string stream, int next, int end, int padding, CancellationToken ending)
    {
        while (next < end && !ending.IsCancellationRequested)
        {
            try
            {
                await Stream(stream).OnNextAsync(padding == 0 ? new Number(next) : new Number(next, new byte[padding]));
                next++;
            }
            catch (StreamAppendException)
            {
                await PauseAsync(); // not acknowledged: again
            }
        }

        return next;
    }

    /// <summary>A producer's wait before it tries again: without one, a few of them would take the whole machine from what they wait for.</summary>
    private static Task PauseAsync() => Task.Delay(TimeSpan.FromMilliseconds(Random.Shared.Next(20, 60)), TimeProvider.System, CancellationToken.None);

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

    private static LogCapture Logs(int[] expected)
    {
        var logs = new LogCapture { Lowest = LogLevel.Information }.Expect(line => line.Category.StartsWith("Orleans", StringComparison.Ordinal));
        foreach (var id in expected) logs.Expect(id);
        return logs;
    }

    private static Action<ILoggingBuilder> Logging(LogCapture logs) =>
        logging => logging.AddProvider(logs).AddFilter("Orleans", LogLevel.Error).AddFilter("Microsoft", LogLevel.None).AddFilter("Polly", LogLevel.None);

    private static Action<RedisStreamsOptions> Configure(string redis, Action<RedisStreamsOptions>? options) => streams =>
    {
        streams.CallTimeout = Deadline; // a disk that stands still for seconds is no fault here
        options?.Invoke(streams);
        streams.UseRedis(redis);
    };
}
