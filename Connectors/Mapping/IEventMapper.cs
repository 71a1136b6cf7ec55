namespace E2EEvents.Connectors.Mapping;

/// <summary>
/// Says which events of which topics a record means. Most need no code: see the mapping rules in the configuration. Write one for what rules
/// can't say, and name it in <c>Connectors:&lt;name&gt;:Mapper</c>. Constructor arguments come from the service provider.
/// </summary>
public interface IEventMapper
{
    /// <summary>
    /// Maps one record. Pure: the same record gives the same events in the same order, because a record that is read again after a crash is
    /// told from a new one by the number of the event within it. Called by one thread at a time per connector; never with a mark.
    /// </summary>
    /// <exception cref="Exception">A bug; the record is put to the dead letters with the message.</exception>
    MappedRecord Map(SourceRecord record);
}

/// <summary>What a record means.</summary>
/// <param name="Events">Zero or more events, published in this order; several may be of one topic.</param>
/// <param name="Problem">Why (part of) the record could not be mapped; the whole record then goes to the dead letters as well. Null = all is well.</param>
/// <param name="Kind">With a problem: the topic kind it was meant for, whose dead letters it joins; null = not known.</param>
public sealed record MappedRecord(IReadOnlyList<MappedEvent> Events, string? Problem = null, string? Kind = null)
{
    /// <summary>The record is of no interest: nothing is published, nothing is wrong.</summary>
    public static MappedRecord Nothing { get; } = new([]);

    /// <summary>One event.</summary>
    public static MappedRecord Of(TopicKey topic, byte[] data, long originTime) => new([new MappedEvent(topic, data, originTime)]);

    /// <summary>The record cannot be mapped.</summary>
    /// <param name="problem">What is wrong with it, for an operator.</param>
    /// <param name="kind">The topic kind it was meant for; null = not known.</param>
    public static MappedRecord Failed(string problem, string? kind = null) => new([], problem, kind);
}

/// <summary>An event of a topic.</summary>
/// <param name="Topic">Made with <see cref="TopicKey.TryParse"/> or <see cref="TopicKey.TryCreate"/>, so that it is well formed.</param>
/// <param name="Data">UTF-8 JSON object of the kind's event type.</param>
/// <param name="OriginTime">Unix µs; 0 = not known.</param>
public readonly record struct MappedEvent(TopicKey Topic, byte[] Data, long OriginTime);
