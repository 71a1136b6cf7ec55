namespace E2EEvents.Grains.Interfaces.Topics;

/// <summary>
/// A fact from a source about one topic, not yet numbered by us; travels in the kind's Orleans stream. Exactly one of
/// <paramref name="Sequence"/> (source with an order) and <paramref name="EventId"/> (source without) is set: it is what duplicates are known by.
/// </summary>
/// <param name="Topic">The topic it is about.</param>
/// <param name="Data">The event as UTF-8 JSON: an object of the kind's event type. Checked by the topic, not by the stream.</param>
/// <param name="Source"><c>connector/partition</c>, 1 to 200 characters.</param>
/// <param name="Sequence">Its place in the source.</param>
/// <param name="EventId">Its identity when the source has no order; 1 to 200 characters.</param>
/// <param name="OriginTime">When the fact happened at the origin, in Unix µs; 0 = not known.</param>
/// <param name="Transaction">The origin's transaction, so that clients can group changes over topics; null = none.</param>
[GenerateSerializer, Immutable, Alias("e2e.sourced-event")]
public sealed record SourcedEvent(
    [property: Id(0)] TopicKey Topic,
    [property: Id(1)] byte[] Data,
    [property: Id(2)] string Source,
    [property: Id(3)] Sequence? Sequence,
    [property: Id(4)] string? EventId,
    [property: Id(5)] long OriginTime,
    [property: Id(6)] string? Transaction = null);
