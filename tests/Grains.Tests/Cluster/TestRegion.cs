using E2EEvents.Grains.Storage;
using E2EEvents.Testing.Logs;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Storage;
using Orleans.TestingHost;

namespace E2EEvents.Grains.Tests.Cluster;

/// <summary>Silos in this process with the product's topics, a storage of the test's own, and a client that publishes and reads like connectors and gateways do.</summary>
internal sealed class TestRegion : IAsyncDisposable
{
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    private TestRegion(InProcessTestCluster cluster, TestStorage storage, LogCapture logs) => (Cluster, Storage, Logs) = (cluster, storage, logs);

    public InProcessTestCluster Cluster { get; }

    public TestStorage Storage { get; }

    public LogCapture Logs { get; }

    public static Task<TestRegion> StartAsync(short silos = 1, params (string Key, string Value)[] settings) => StartAsync(silos, null, settings);

    /// <summary>As above, with further services, which replace the product's.</summary>
    public static Task<TestRegion> StartAsync(short silos, Action<IServiceCollection>? services, params (string Key, string Value)[] settings) =>
        StartAsync(silos, services, new TestStorage(), settings);

    /// <summary>As above, on storage that may hold something.</summary>
    public static async Task<TestRegion> StartAsync(short silos, Action<IServiceCollection>? services, TestStorage storage, params (string Key, string Value)[] settings)
    {
        // Orleans reports each call that a stopping or dying silo cut off as an error; what the product says must be expected by the test.
        var logs = new LogCapture { Lowest = LogLevel.Information }.Expect(line => line.Category.StartsWith("Orleans", StringComparison.Ordinal));
        var builder = new InProcessTestClusterBuilder(silos);
        builder.Options.ConfigureFileLogging = false;
#pragma warning disable ORLEANSEXP003 // as the Silo does
        builder.Options.UseDistributedGrainDirectory = true;
#pragma warning restore ORLEANSEXP003
        builder.ConfigureSilo((_, silo) =>
        {
            var values = new Dictionary<string, string?>();
            foreach (var (key, value) in settings) values[key] = value;
            ((IConfigurationBuilder)silo.Configuration).AddInMemoryCollection(values);
            silo.AddTopics().AddMemoryIngest();
            services?.Invoke(silo.Services);
            silo.Services.AddKeyedSingleton<IGrainStorage>(TopicStorage.Provider, storage);
            silo.Services.AddKeyedSingleton<IGrainStorage>(TopicStorage.Ordinary, storage);
            silo.Services.AddLogging(logging => logging.AddProvider(logs.AsProvider())
                .AddFilter("Orleans", LogLevel.Error).AddFilter("Microsoft", LogLevel.Warning).AddFilter("Polly", LogLevel.None));
        });
        builder.ConfigureClient(client => client.AddMemoryStreams(IngestStream.Provider));
        var cluster = builder.Build();
        await cluster.DeployAsync().WaitAsync(Deadline);
        return new TestRegion(cluster, storage, logs);
    }

    public ITopicGrain Topic(TopicKey topic) => Cluster.Client.GetGrain<ITopicGrain>(TopicKindAttribute.GrainIdOf(topic));

    /// <summary>Publishes into the topic's stream, as one container.</summary>
    public Task PublishAsync(params SourcedEvent[] events)
    {
        var topic = events[0].Topic;
        return Cluster.Client.GetStreamProvider(IngestStream.Provider)
            .GetStream<SourcedEvent>(StreamId.Create(topic.Kind, topic.Key)).OnNextBatchAsync(events).WaitAsync(Deadline);
    }

    /// <summary>Waits until the topic says that this is settled.</summary>
    public async Task SettleAsync(TopicKey topic, ulong sequence, string source = An.Source)
    {
        var settled = false;
        await Eventually.TrueAsync(
            async token => settled = await Topic(topic).SettledAsync(source, An.Seq(sequence), TimeSpan.FromSeconds(1), token),
            Deadline,
            what: $"{topic} settled up to {sequence}");
        Assert.True(settled);
    }

    /// <summary>All frames after a position, and the whole answer.</summary>
    public async Task<(List<Frame> Frames, TopicAnswer Answer)> ReadAsync(TopicKey topic, Position? after = null)
    {
        var answer = await Topic(topic).ReadAsync(after, 4 << 20, CancellationToken.None).WaitAsync(Deadline);
        return (FrameCodec.Decode(answer.Frames), answer);
    }

    /// <summary>The service of the silo with that address, or of the only one.</summary>
    public T Service<T>(SiloAddress? silo = null)
        where T : notnull => Cluster.GetSiloServiceProvider(silo).GetRequiredService<T>();

    public async ValueTask DisposeAsync()
    {
        await Cluster.DisposeAsync();
        Logs.AssertQuiet();
    }
}
