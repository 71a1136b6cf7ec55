using E2EEvents.Grains.Feeds;
using E2EEvents.Grains.Interfaces.Regions;
using E2EEvents.Grains.Region;
using E2EEvents.Grains.Replication;
using E2EEvents.Grains.Storage;
using E2EEvents.Grains.Topics;
using E2EEvents.Streams;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Orleans.Runtime.Providers;
using Orleans.Storage;
using Orleans.Streams;

namespace E2EEvents.Grains;

/// <summary>Puts topics into a silo.</summary>
public static class TopicsExtensions
{
    /// <summary>
    /// Adds all that topics need except what the process chooses: the ingest streams and the grain storages of <see cref="TopicStorage"/>. Settings come
    /// from the sections <c>Topics</c>, <c>Feeds</c>, <c>Regions</c> and <c>DeadLetters</c>.
    /// </summary>
    public static ISiloBuilder AddTopics(this ISiloBuilder silo)
    {
        var services = silo.Services;
        services.AddMetrics();
        services.TryAddSingleton(TimeProvider.System);
        services.AddOptionsWithValidateOnStart<HistoryOptions, HistoryOptionsValidator>().BindConfiguration("Topics");
        services.AddOptionsWithValidateOnStart<TopicOptions, TopicOptionsValidator>().BindConfiguration("Topics");
        services.AddOptionsWithValidateOnStart<FeedOptions, FeedOptionsValidator>().BindConfiguration("Feeds");
        services.AddOptionsWithValidateOnStart<RegionsOptions, RegionsOptionsValidator>().BindConfiguration("Regions");
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<RegionsOptions>, RegionsValidator>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<RegionsOptions>, SiloRegionsValidator>());
        services.AddOptionsWithValidateOnStart<DeadLetterOptions, DeadLetterOptionsValidator>().BindConfiguration("DeadLetters");
        services.AddSingleton<SiloMetrics>();
        services.AddSingleton<FeedRegistry>();
        services.AddSingleton<TopicServices>();
        services.AddSingleton<KindRegistry>();
        services.AddSingleton<HomeMap>();
        services.AddHostedService<HomesLoader>();
        services.AddSingleton<SiloFreshness>();
        services.AddSingleton<RegionLinks>();
        services.AddSingleton<IRegionCalls>(provider => provider.GetRequiredService<RegionLinks>());
        services.AddHostedService(provider => provider.GetRequiredService<RegionLinks>());
        services.AddHostedService<StandbyKeeper>();
        services.AddHostedService<DeadLetterWatch>();
        services.AddSingleton<ILinkDialler, LinkDialler>();
        services.TryAddSingleton(provider => new LinkCertificates(provider.GetRequiredService<IOptions<RegionsOptions>>().Value, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<IConfigurationValidator, KindRegistryValidator>();
        services.AddKeyedSingleton<IGrainStorageSerializer, JsonStorageSerializer>(TopicStorage.Provider);
        services.AddKeyedSingleton<IGrainStorageSerializer, JsonStorageSerializer>(TopicStorage.Ordinary);
        services.AddPlacementDirector<FeedPlacement, FeedPlacementDirector>();
        return silo;
    }

    /// <summary>Ingest through memory streams: an event waits in a grain until its topic has taken it. A connector therefore waits for <c>SettledAsync</c>, and publishes again what did not arrive.</summary>
    public static ISiloBuilder AddMemoryIngest(this ISiloBuilder silo) => silo.AddMemoryStreams(IngestStream.Provider, streams =>
    {
        streams.ConfigureStreamPubSub(StreamPubSubType.ImplicitOnly);
        streams.ConfigurePullingAgent(options => options.Configure(agent =>
        {
            agent.GetQueueMsgsTimerPeriod = TimeSpan.FromMilliseconds(5); // default 100 ms: the mean wait of an event would be 50
            agent.MaxEventDeliveryTime = Timeout.InfiniteTimeSpan; // a storage outage stops a topic, it never skips an event
            agent.BatchContainerBatchSize = 100; // what waits for a busy topic goes into one call and one commit
        }));

        // Events stay cached for a while after they were read, however fast they were taken; half an hour by default, which is gigabytes when busy.
        streams.ConfigureCacheEviction(options => options.Configure(cache =>
        {
            cache.DataMinTimeInCache = TimeSpan.FromSeconds(10);
            cache.DataMaxAgeInCache = TimeSpan.FromSeconds(60);
        }));
        streams.ConfigureComponent<IMessageDeliveryBackoffProvider>((_, _) => new StreamBackoff(TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(5)));
        streams.ConfigureComponent<IQueueReaderBackoffProvider>((_, _) => new StreamBackoff(TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(2)));
    });
}
