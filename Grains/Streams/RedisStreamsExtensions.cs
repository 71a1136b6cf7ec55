using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Runtime.Providers;
using Orleans.Streams;

namespace E2EEvents.Streams;

/// <summary>Adds durable streams over Redis Streams to silos and clients.</summary>
public static class RedisStreamsExtensions
{
    /// <summary>Adds streams that the silo's grains take: an event is safe once appended, and each container comes until its consumers have taken it.</summary>
    /// <param name="silo">The silo.</param>
    /// <param name="name">The provider's name; part of its keys in Redis, so keep it for ever.</param>
    /// <param name="configure">Says at least where Redis is.</param>
    public static ISiloBuilder AddRedisStreams(this ISiloBuilder silo, string name, Action<RedisStreamsOptions> configure)
    {
        AddParts(silo.Services, name, configure, isSilo: true);
        return silo.AddPersistentStreams(name, Adapter, streams =>
        {
            streams.ConfigureStreamPubSub(StreamPubSubType.ImplicitOnly);
            streams.ConfigurePullingAgent(options => options.Configure(agent =>
            {
                agent.GetQueueMsgsTimerPeriod = TimeSpan.FromMilliseconds(10); // pause between two reads of which the first gave nothing; the read itself waits
                agent.MaxEventDeliveryTime = Timeout.InfiniteTimeSpan; // a failing consumer stops its queue, it never loses an event
                agent.StreamInactivityPeriod = TimeSpan.FromDays(365); // an agent that forgets a stream whose consumer cannot be reached leaves a cursor behind, and nothing of it would be done again
                agent.BatchContainerBatchSize = 1; // the cursor collects, see QueueCursor
            }));
            streams.ConfigureComponent<IMessageDeliveryBackoffProvider>((_, _) => new StreamBackoff(TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(5)));
            streams.ConfigureComponent<IQueueReaderBackoffProvider>((_, _) => new StreamBackoff(TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(2)));
        });
    }

    /// <summary>Adds the producing side to a client; the same name, queues and Redis as in the silos.</summary>
    public static IClientBuilder AddRedisStreams(this IClientBuilder client, string name, Action<RedisStreamsOptions> configure)
    {
        AddParts(client.Services, name, configure, isSilo: false);
        return client.AddPersistentStreams(name, Adapter, streams => streams.ConfigureStreamPubSub(StreamPubSubType.ImplicitOnly));
    }

    private static IQueueAdapterFactory Adapter(IServiceProvider services, string name) => services.GetRequiredKeyedService<StreamsAdapter>(name);

    private static void AddParts(IServiceCollection services, string name, Action<RedisStreamsOptions> configure, bool isSilo)
    {
        services.AddMetrics();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<StreamsMetrics>();
        services.TryAddSingleton<EntryCodec>();
        if (isSilo) services.TryAddSingleton<Consumers>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<RedisStreamsOptions>, RedisStreamsOptionsValidator>());
        services.AddOptions<RedisStreamsOptions>(name).Configure(configure)
            .Validate(options => options.Redis is not null, $"The streams '{name}' do not say where Redis is (UseRedis).").ValidateOnStart();
        services.AddKeyedSingleton(name, (provider, _) => Create(provider, name, isSilo));
        services.AddHealthChecks().Add(new HealthCheckRegistration("streams-" + name, provider => new StreamsHealthCheck(provider.GetRequiredKeyedService<StreamsAdapter>(name)), null, ["ready"]));
    }

    private static StreamsAdapter Create(IServiceProvider services, string name, bool isSilo)
    {
        var options = services.GetRequiredService<IOptionsMonitor<RedisStreamsOptions>>().Get(name);
        var service = services.GetRequiredService<IOptions<ClusterOptions>>().Value.ServiceId;
        var logger = services.GetRequiredService<ILoggerFactory>().CreateLogger("E2EEvents.Streams");
        var time = services.GetRequiredService<TimeProvider>();
        var check = new StreamsCheck(name, StreamsAdapter.QueuesKeyOf(service, name), options.Queues, isSilo, logger);
        var redis = new StreamsRedis(name, options, check, time, logger);
        var parts = new StreamsParts(
            name, options, redis, services.GetRequiredService<EntryCodec>(), services.GetService<Consumers>(), services.GetKeyedService<IUndeliverableKeeper>(name),
            services.GetRequiredService<StreamsMetrics>(), time, logger);
        var appends = new StreamsRedis[options.AppendConnections];
        for (var i = 0; i < appends.Length; i++) appends[i] = new StreamsRedis(name, options, check: null, time, logger);
        var replicated = options.AckReplicas == 0 ? null : new ReplicatedAppends(new StreamsRedis(name, options, check: null, time, logger), options, time);
        return new StreamsAdapter(parts, appends, replicated, service);
    }
}
