using Microsoft.Extensions.Logging;

namespace E2EEvents.Streams;

/// <summary>What the parts of one provider share.</summary>
/// <param name="Provider">Its name.</param>
/// <param name="Options">Its settings.</param>
/// <param name="Redis">Its connection.</param>
/// <param name="Codec">Its entries.</param>
/// <param name="Consumers">Who subscribes; null = everything has a consumer (tests).</param>
/// <param name="Keeper">Takes what cannot be delivered; null = it stays in Redis.</param>
/// <param name="Metrics">What is counted.</param>
/// <param name="Time">Clock.</param>
/// <param name="Logger">Log.</param>
internal sealed record StreamsParts(
    string Provider, RedisStreamsOptions Options, StreamsRedis Redis, EntryCodec Codec, Consumers? Consumers, IUndeliverableKeeper? Keeper, StreamsMetrics Metrics,
    TimeProvider Time, ILogger Logger);
