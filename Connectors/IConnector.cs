namespace E2EEvents.Connectors;

/// <summary>
/// Turns one origin into ordered records. The host around it owns mapping, publishing, the checkpoint, retries and metrics, so a connector
/// only reads. One instance lives as long as its process; <see cref="ReadAsync"/> is called again after each failure, never twice at once.
/// </summary>
public interface IConnector
{
    /// <summary>Name in the configuration (<c>Connectors:&lt;name&gt;</c>) and first part of every source: 1 to 64 letters, digits, <c>-</c>, <c>_</c> and <c>.</c></summary>
    string Name { get; }

    /// <summary>
    /// Reads records, oldest first within each partition, for ever (an end is treated as a failure: the host reads again). The host pulls the
    /// next record only when it has room, so the connector needs no bound of its own beyond the batch it holds.
    /// </summary>
    /// <param name="after">Token of the last record the host has; null = there is none, start as configured.</param>
    /// <param name="cancellationToken">Ends the reading; throwing <see cref="OperationCanceledException"/> is the normal answer.</param>
    /// <exception cref="Exception">Any: the origin failed. The host logs it, waits (exponential backoff with full jitter) and reads on from the last token.</exception>
    IAsyncEnumerable<SourceRecord> ReadAsync(ResumeToken? after, CancellationToken cancellationToken);

    /// <summary>
    /// Everything up to <paramref name="upTo"/> is safe (see <see cref="SafeAfter"/>) and the checkpoint is stored. Acknowledge to the origin here.
    /// Called in rising order, never in parallel with itself, but in parallel with <see cref="ReadAsync"/>. A failure is logged and the next call covers it.
    /// </summary>
    ValueTask SettledAsync(ResumeToken upTo, CancellationToken cancellationToken) => default;
}

/// <summary>Where a connector goes on reading: opaque to the host, stored as the checkpoint, understood by the connector alone. At most 256 KiB of text.</summary>
/// <param name="Value">Whatever the connector needs; must stay readable by later versions of the connector.</param>
public readonly record struct ResumeToken(string Value);

/// <summary>
/// What a connector read: one row, entry or message of the origin. Exactly one of <paramref name="Ordinal"/> and <paramref name="EventId"/> is set,
/// except in a mark (<see cref="Mark"/>), which has neither.
/// </summary>
/// <param name="Partition">One order of records in the origin (a stream, a table, a shard); <c>connector/partition</c> is the source, at most 200 characters.</param>
/// <param name="Incarnation">Rising number of the partition's life: after an origin reset or for a re-snapshot give a higher one. Topics refuse events of a lower one.</param>
/// <param name="Ordinal">The origin's own position, rising within partition and incarnation, order-preserving as bytes (see <see cref="Sequence"/>), 1 to 32 bytes. Never a count of what was read.</param>
/// <param name="EventId">Identity of a record of an origin without order, 1 to 190 characters. Its events are delivered at most once when a silo dies.</param>
/// <param name="Data">The record as one UTF-8 JSON object; empty in a mark. Not changed after construction.</param>
/// <param name="OriginTime">When it happened at the origin, in Unix µs; 0 = not known. Mapping may find a better one in the data.</param>
/// <param name="Transaction">The origin's transaction, so that clients can group changes over topics; null = none.</param>
/// <param name="Token">Resuming after this token gives what follows this record, and nothing before it is lost.</param>
public sealed record SourceRecord(string Partition, long Incarnation, byte[]? Ordinal, string? EventId, byte[] Data, long OriginTime, string? Transaction, ResumeToken Token)
{
    /// <summary>True if the record holds nothing to publish: it only moves the checkpoint.</summary>
    public bool IsMark => Data.Length == 0;

    /// <summary>
    /// A record without data: stores where reading began (so that a restart does not begin elsewhere) or moves the checkpoint of a quiet
    /// partition on. Settled as soon as everything before it is.
    /// </summary>
    public static SourceRecord Mark(ResumeToken token) => new("", 0, null, null, [], 0, null, token);
}
