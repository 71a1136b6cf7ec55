using E2EEvents.Connectors.Mapping;
using Microsoft.Extensions.Logging;

namespace E2EEvents.Connectors.Ingest;

/// <summary>A dead letter on its way, and the record it came from.</summary>
internal readonly record struct PendingLetter(DeadLetter Letter, InFlightWindow.Slot Slot);

/// <summary>What a record became: events to publish, and a dead letter if something was wrong with it.</summary>
internal readonly record struct Taken(IReadOnlyList<SourcedEvent> Events, DeadLetter? Letter, string? LetterKind);

/// <summary>Turns a record into numbered events and dead letters.</summary>
internal sealed class RecordIntake(
    string connector, ConnectorOptions options, IEventMapper mapper, KnownKinds kinds, RegionCalls calls, ConnectorsMetrics metrics, ILogger logger, TimeProvider time)
{
    private const int MaxSourceLength = 200;
    private const int MaxTokenLength = 256 * 1024;

    private readonly Dictionary<string, string> _sources = new(StringComparer.Ordinal);

    /// <summary>Maps a record.</summary>
    /// <exception cref="InvalidOperationException">The connector breaks its contract.</exception>
    public async ValueTask<Taken> TakeAsync(SourceRecord record, CancellationToken cancellationToken)
    {
        if (record.Token.Value.Length > MaxTokenLength) throw new InvalidOperationException($"A resume token has at most {MaxTokenLength} characters.");
        if (record.IsMark) return new Taken([], null, null);
        if ((record.Ordinal is null) == (record.EventId is null)) throw new InvalidOperationException("A record has exactly one of ordinal and event id.");

        var source = SourceOf(record.Partition);
        if (record.Data.Length > options.MaxRecordBytes) return await RefuseAsync(record, source, [], Oversize(record), null, cancellationToken);

        var mapping = Map(record);
        var events = new List<SourcedEvent>(mapping.Events.Count);
        var problem = mapping.Problem;
        for (var index = 0; index < mapping.Events.Count; index++)
        {
            var mapped = mapping.Events[index];
            var wrong = await WrongWithAsync(mapped, cancellationToken);
            if (wrong is null) events.Add(Number(record, source, mapped, index));
            problem ??= wrong;
        }

        metrics.EventsMapped(connector, events.Count);
        return problem is null ? new Taken(events, null, null) : await RefuseAsync(record, source, events, problem, mapping.Kind, cancellationToken);
    }

    private MappedRecord Map(SourceRecord record)
    {
        try
        {
            return mapper.Map(record);
        }
        catch (Exception failure)
        {
            return MappedRecord.Failed($"The mapper failed: {failure.Message}");
        }
    }

    private async ValueTask<string?> WrongWithAsync(MappedEvent mapped, CancellationToken cancellationToken)
    {
        if (!TopicKey.TryCreate(mapped.Topic.Kind ?? "", mapped.Topic.Key ?? "", out _, out var error)) return error;
        return await kinds.ContainsAsync(mapped.Topic.Kind!, calls, cancellationToken) ? null : $"The region has no topic kind '{mapped.Topic.Kind}'.";
    }

    private async ValueTask<Taken> RefuseAsync(
        SourceRecord record, string source, List<SourcedEvent> events, string problem, string? kind, CancellationToken cancellationToken)
    {
        if (kind is null || !TopicKey.IsKind(kind) || !await kinds.ContainsAsync(kind, calls, cancellationToken)) kind = LetterKinds.Unmapped;
        metrics.RecordUnmapped(connector);
        Log.Unmapped(logger, connector, source, kind, problem);
        var original = new MappedEvent(new TopicKey(kind, connector), record.Data.Length > options.MaxRecordBytes ? Cut(record.Data) : record.Data, record.OriginTime);
        return new Taken(events, new DeadLetter(Number(record, source, original, 0), problem, time.UnixMicroseconds(), Content: LetterContent.Record), kind);
    }

    private static SourcedEvent Number(SourceRecord record, string source, MappedEvent mapped, int index) => new(
        mapped.Topic,
        mapped.Data,
        source,
        record.Ordinal is null ? null : new Sequence(record.Incarnation, record.Ordinal, index),
        record.EventId is null || index == 0 ? record.EventId : $"{record.EventId}/{index}",
        mapped.OriginTime,
        record.Transaction);

    private string SourceOf(string partition)
    {
        if (_sources.TryGetValue(partition, out var source)) return source;
        source = $"{connector}/{partition}";
        if (source.Length > MaxSourceLength) throw new InvalidOperationException($"The source '{source}' has more than {MaxSourceLength} characters.");
        _sources.Add(partition, source);
        return source;
    }

    private string Oversize(SourceRecord record) => $"The record has {record.Data.Length} bytes; MaxRecordBytes is {options.MaxRecordBytes}. Only its beginning is kept here.";

    // A cut record is no JSON any more: it is kept as text inside an object.
    private static byte[] Cut(byte[] data) =>
        System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, string> { ["cut"] = System.Text.Encoding.UTF8.GetString(data, 0, Math.Min(data.Length, 1024)) });
}
