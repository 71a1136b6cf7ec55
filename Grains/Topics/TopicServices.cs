using E2EEvents.Grains.Feeds;
using E2EEvents.Grains.Region;
using E2EEvents.Grains.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Storage;

namespace E2EEvents.Grains.Topics;

/// <summary>What a topic's shell needs from its silo, so that a kind's class needs no constructor.</summary>
internal sealed class TopicServices(
    [FromKeyedServices(TopicStorage.Provider)] IGrainStorage topicStorage,
    [FromKeyedServices(TopicStorage.Ordinary)] IGrainStorage storage,
    IOptions<TopicOptions> options,
    IOptions<HistoryOptions> history,
    FeedRegistry feeds,
    HomeMap homes,
    ILocalSiloDetails silo,
    TimeProvider time,
    SiloMetrics metrics,
    ILoggerFactory loggers)
{
    public TopicOptions Options { get; } = options.Value;

    public HistoryOptions History { get; } = history.Value;

    public FeedRegistry Feeds { get; } = feeds;

    public HomeMap Homes { get; } = homes;

    /// <summary>Topics active on this silo.</summary>
    public ActiveTopics Active { get; } = new(homes);

    /// <summary>This silo's address, parsable.</summary>
    public string Silo { get; } = silo.SiloAddress.ToParsableString();

    public TimeProvider Time { get; } = time;

    public SiloMetrics Metrics { get; } = metrics;

    public ILogger Logger { get; } = loggers.CreateLogger("E2EEvents.Grains.Topics");

    /// <summary>The record of a topic.</summary>
    public StoredRecord<TopicRecord> TopicRecordOf(GrainId topic) => new(topicStorage, TopicRecord.Name, topic, Options.WriteTimeout, Time);

    /// <summary>A record of any other grain.</summary>
    public StoredRecord<T> RecordOf<T>(string name, GrainId grain)
        where T : class, new() => new(storage, name, grain, Options.WriteTimeout, Time);
}
