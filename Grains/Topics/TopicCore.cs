using System.Text.Json;

namespace E2EEvents.Grains.Topics;

/// <summary>What became of a staged event.</summary>
internal enum StageOutcome
{
    /// <summary>The state changed; readers see it once committed.</summary>
    Changed,

    /// <summary>Applied, and changed nothing.</summary>
    Unchanged,

    /// <summary>Seen before.</summary>
    Duplicate,

    /// <summary>Not applied; see <see cref="StageResult.Reason"/>.</summary>
    Refused,
}

/// <param name="Outcome">What became of it.</param>
/// <param name="Reason">Why it was refused.</param>
internal readonly record struct StageResult(StageOutcome Outcome, string? Reason = null);

/// <summary>
/// A topic without its shell: dedupes and reduces events, numbers changes, says what to store. Single-threaded but for <see cref="Log"/>'s readers.
/// An event that changed nothing or was refused still advances its source's sequence; that rides in the next write like any change.
/// </summary>
internal sealed class TopicCore<TState, TEvent>
    where TState : class
    where TEvent : class
{
    private const int MaxNameLength = 200;

    private readonly TopicKey _topic;
    private readonly EventReducer<TState, TEvent> _reducer;
    private readonly SourceLedger _ledger;
    private readonly StoredTail _tail;
    private TState _state;
    private long _sealedTop;

    /// <summary>Starts from what is stored.</summary>
    /// <param name="topic">The topic.</param>
    /// <param name="delivery">Of its kind.</param>
    /// <param name="rule">Of its kind.</param>
    /// <param name="record">What is stored; null = nothing.</param>
    /// <param name="newEpoch">Used when nothing is stored, or when the storage is not declared durable: offsets then go on from the stored one, and of the tail only the newest frame is kept, because nobody holds a position of the new epoch.</param>
    /// <param name="options">Of topics.</param>
    /// <param name="history">Bounds.</param>
    /// <exception cref="JsonException">The stored state no longer fits the kind's type.</exception>
    public TopicCore(TopicKey topic, Delivery delivery, IReducer<TState, TEvent> rule, TopicRecord? record, ulong newEpoch, TopicOptions options, HistoryOptions history)
    {
        _topic = topic;
        _reducer = new EventReducer<TState, TEvent>(rule, options.MaxStateBytes);
        _ledger = new SourceLedger(record?.Ledger ?? LedgerSnapshot.Empty, options.Sources, options.EventIds);
        _tail = new StoredTail(delivery, history);

        var epoch = record is not null && options.DurableStorage == true ? record.Epoch : newEpoch;
        var frames = record is null ? [] : StoredTail.Unfold(record, epoch);
        if (frames.Count > 1 && epoch != record!.Epoch)
        {
            frames.RemoveRange(0, frames.Count - 1);
            _tail.Append(frames);
        }
        else if (frames.Count > 0)
        {
            _tail.Refill(frames, record!.Frames);
        }

        Log = new TopicLog(topic.ToString(), delivery, epoch, frames, history);
        _sealedTop = Log.StagedTop;
        _state = frames.Count == 0
            ? _reducer.Initial
            : JsonSerializer.Deserialize<TState>(frames[^1].State.Span, StateEncoder.StateOptions) ?? throw new JsonException("The stored state is null.");
    }

    public TopicLog Log { get; }

    /// <summary>True while something is staged that no write has begun to store.</summary>
    public bool HasUnwritten => Log.StagedTop > _sealedTop || _ledger.HasUnsettled;

    /// <summary>Source to newest settled sequence.</summary>
    public IReadOnlyList<SourceSequence> SettledSources => _ledger.Settled.Sources;

    /// <summary>Event ids that are remembered and settled.</summary>
    public int SettledEventIds => _ledger.Settled.EventIds.Count;

    /// <summary>Takes one event.</summary>
    /// <param name="e">The event.</param>
    /// <param name="consumeRefused">False for a publisher who is there to hear the refusal: the same event may then come again, and be applied once the state allows it.</param>
    public StageResult Stage(SourcedEvent e, bool consumeRefused = true)
    {
        if (FlawOf(e) is { } flaw) return new StageResult(StageOutcome.Refused, flaw);
        switch (_ledger.Classify(e))
        {
            case Novelty.Duplicate:
                return new StageResult(StageOutcome.Duplicate);
            case Novelty.Over:
                return new StageResult(StageOutcome.Refused, $"Incarnation {e.Sequence!.Incarnation} of the source is over; a later one has begun.");
        }

        var reduction = _reducer.Reduce(_state, e.Data);
        if (reduction.Refusal is null || consumeRefused) _ledger.Advance(e);
        if (reduction.Refusal is { } reason) return new StageResult(StageOutcome.Refused, reason);
        if (ReferenceEquals(reduction.Next, _state)) return new StageResult(StageOutcome.Unchanged);
        _state = reduction.Next!;
        Log.Stage(reduction.Encoded, Math.Max(0, e.OriginTime), e.Transaction);
        return new StageResult(StageOutcome.Changed);
    }

    /// <summary>All that is staged by now, to be stored; <see cref="EndWrite"/> follows once it is. After a failed or unknown write the core is to be thrown away.</summary>
    public TopicRecord BeginWrite(long homeTime)
    {
        _tail.Append(Log.Seal(homeTime));
        _sealedTop = Log.StagedTop;
        return new TopicRecord { Epoch = Log.Epoch, Offset = _sealedTop, Ledger = _ledger.Seal(), Frames = _tail.ToStored() };
    }

    /// <summary>The record as it is stored. Only while no write is under way.</summary>
    public TopicRecord Stored()
    {
        var position = Log.Position;
        return new TopicRecord { Epoch = position.Epoch, Offset = position.Offset, Ledger = _ledger.Settled, Frames = _tail.ToStored() };
    }

    /// <summary>The record is stored: readers see its frames, its sequences are settled.</summary>
    public void EndWrite()
    {
        Log.Commit(_sealedTop);
        _ledger.Settle();
    }

    public bool IsSettled(string source, Sequence upTo) => _ledger.IsSettled(source, upTo);

    /// <summary>True once an event without a sequence is in a finished write.</summary>
    public bool IsSettled(SourceEventId id) => _ledger.IsSettled(id);

    public bool IsSeen(string source, Sequence upTo) => _ledger.IsSeen(source, upTo);

    /// <summary>What makes an event impossible to dedupe or to place: told without touching the ledger.</summary>
    private string? FlawOf(SourcedEvent e)
    {
        if (e.Topic != _topic) return $"The event is about {e.Topic} and came to {_topic}.";
        if (e.Data is null) return "The event has no data.";
        if (e.Source is not { Length: > 0 and <= MaxNameLength }) return $"The source has 1 to {MaxNameLength} characters.";
        if ((e.Sequence is null) == (e.EventId is null)) return "The event must have a sequence or an event id, not both.";
        if (e.Sequence is { } sequence && sequence.Ordinal is not { Length: > 0 and <= Sequence.MaxOrdinalBytes }) return $"The sequence's ordinal has 1 to {Sequence.MaxOrdinalBytes} bytes.";
        if (e.EventId is { Length: 0 or > MaxNameLength }) return $"The event id has 1 to {MaxNameLength} characters.";
        if (e.Transaction is { Length: > MaxNameLength }) return $"The transaction has at most {MaxNameLength} characters.";
        return null;
    }
}
