namespace E2EEvents.Grains.Topics;

/// <summary>Where an event stands in what a topic has consumed.</summary>
internal enum Novelty
{
    /// <summary>Not seen yet.</summary>
    New,

    /// <summary>Consumed already: drop it.</summary>
    Duplicate,

    /// <summary>Of a life of its source that is over: refuse it.</summary>
    Over,
}

/// <summary>
/// What a topic has consumed: the newest sequence of each ordered source, and a window of recent event ids of sources without an order.
/// Two views: <i>seen</i> (staged) and <i>settled</i> (in a finished write). Both bounds evict what was unused for longest. Not thread-safe.
/// </summary>
internal sealed class SourceLedger
{
    private readonly int _maxSources;
    private readonly int _maxEventIds;
    private readonly Dictionary<string, Use> _sources = [];
    private readonly Queue<SourceEventId> _idOrder = new();
    private readonly HashSet<SourceEventId> _ids = [];
    private LedgerSnapshot _settled;
    private LedgerSnapshot? _sealed;
    private long _clock;

    public SourceLedger(LedgerSnapshot stored, int maxSources, int maxEventIds)
    {
        (_maxSources, _maxEventIds, _settled) = (maxSources, maxEventIds, stored);
        foreach (var (source, sequence) in stored.Sources) Remember(source, sequence);
        foreach (var id in stored.EventIds) Remember(id);
        HasUnsettled = false;
    }

    /// <summary>True while something seen is in no finished write.</summary>
    public bool HasUnsettled { get; private set; }

    public LedgerSnapshot Settled => _settled;

    /// <summary>Classifies an event that has exactly one of sequence and event id.</summary>
    public Novelty Classify(SourcedEvent e)
    {
        if (e.Sequence is not { } sequence) return _ids.Contains(new SourceEventId(e.Source, e.EventId!)) ? Novelty.Duplicate : Novelty.New;
        if (!_sources.TryGetValue(e.Source, out var known)) return Novelty.New;
        if (sequence.Incarnation < known.Newest.Incarnation) return Novelty.Over;
        return sequence > known.Newest ? Novelty.New : Novelty.Duplicate;
    }

    /// <summary>Marks an event as seen; it is settled with the next write.</summary>
    public void Advance(SourcedEvent e)
    {
        if (e.Sequence is { } sequence) Remember(e.Source, sequence);
        else Remember(new SourceEventId(e.Source, e.EventId!));
        HasUnsettled = true;
    }

    /// <summary>What the next write has to hold.</summary>
    public LedgerSnapshot Seal()
    {
        var sources = new KeyValuePair<string, Use>[_sources.Count];
        var at = 0;
        foreach (var source in _sources) sources[at++] = source;
        Array.Sort(sources, static (a, b) => a.Value.LastUse.CompareTo(b.Value.LastUse));
        var newest = new SourceSequence[sources.Length];
        for (var i = 0; i < sources.Length; i++) newest[i] = new SourceSequence(sources[i].Key, sources[i].Value.Newest);
        HasUnsettled = false;
        return _sealed = new LedgerSnapshot(newest, [.. _idOrder]);
    }

    /// <summary>That write is finished.</summary>
    public void Settle()
    {
        if (_sealed is { } written) _settled = written;
        _sealed = null;
    }

    /// <summary>True once a finished write holds <paramref name="upTo"/> of the source or something newer.</summary>
    public bool IsSettled(string source, Sequence upTo)
    {
        foreach (var (known, newest) in _settled.Sources)
        {
            if (known == source) return newest >= upTo;
        }

        return false;
    }

    /// <summary>True once a finished write holds the event.</summary>
    public bool IsSettled(SourceEventId id)
    {
        foreach (var settled in _settled.EventIds)
        {
            if (settled == id) return true;
        }

        return false;
    }

    /// <summary>True once <paramref name="upTo"/> of the source or something newer has been seen.</summary>
    public bool IsSeen(string source, Sequence upTo) => _sources.TryGetValue(source, out var known) && known.Newest >= upTo;

    private void Remember(string source, Sequence sequence)
    {
        _sources[source] = new Use(sequence, ++_clock);
        if (_sources.Count <= _maxSources) return;
        string? oldest = null;
        var use = long.MaxValue;
        foreach (var (name, known) in _sources)
        {
            if (known.LastUse < use) (oldest, use) = (name, known.LastUse);
        }

        _sources.Remove(oldest!);
    }

    private void Remember(SourceEventId id)
    {
        if (!_ids.Add(id)) return;
        _idOrder.Enqueue(id);
        if (_idOrder.Count > _maxEventIds) _ids.Remove(_idOrder.Dequeue());
    }

    private readonly record struct Use(Sequence Newest, long LastUse);
}

/// <summary>The newest sequence consumed of an ordered source.</summary>
internal readonly record struct SourceSequence(string Source, Sequence Newest);

/// <summary>A consumed event of a source without an order.</summary>
internal readonly record struct SourceEventId(string Source, string EventId);

/// <summary>A ledger as one write holds it; immutable.</summary>
/// <param name="Sources">In order of use, oldest first.</param>
/// <param name="EventIds">In order of arrival, oldest first.</param>
internal sealed record LedgerSnapshot(IReadOnlyList<SourceSequence> Sources, IReadOnlyList<SourceEventId> EventIds)
{
    public static LedgerSnapshot Empty { get; } = new([], []);
}
