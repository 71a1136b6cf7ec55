namespace E2EEvents.EdgeGateway.Fanout;

/// <summary>
/// The choices of fields in which one topic is read, bounded: each costs an encoding of every update. One that nobody takes any more is given up,
/// and its place is free for another. Taken and given back by streams as they come and go; who delivers only reads.
/// </summary>
/// <param name="most">Choices beside "all fields", which is always there.</param>
internal sealed class Selections(int most)
{
    private readonly Lock _lock = new();
    private volatile Selection?[] _byIndex = [new Selection(0, null)];

    /// <summary>All fields.</summary>
    public Selection All => _byIndex[0]!;

    /// <summary>Those in use, with empty places between them.</summary>
    public ReadOnlySpan<Selection?> InUse => _byIndex;

    /// <summary>False if a stream with these fields would be refused now.</summary>
    public bool HasRoomFor(FieldSet? fields)
    {
        lock (_lock) return Find(fields) is not null || FreeIndex() > 0;
    }

    /// <summary>Notes one more stream with this view.</summary>
    /// <returns>Its choice, to be given back with <see cref="GiveBack"/>; null if too many others are in use.</returns>
    public Selection? Take(View view)
    {
        lock (_lock)
        {
            var selection = Find(view.Fields) ?? Add(view.Fields);
            selection?.Count(view, 1);
            return selection;
        }
    }

    /// <summary>The stream is over: nothing is delivered to it any more.</summary>
    public void GiveBack(Selection selection, View view)
    {
        lock (_lock)
        {
            selection.Count(view, -1);
            if (selection.Index == 0 || selection.Streams > 0) return;
            var next = _byIndex.AsSpan().ToArray();
            next[selection.Index] = null;
            _byIndex = next;
        }
    }

    private Selection? Find(FieldSet? fields)
    {
        foreach (var selection in _byIndex)
        {
            if (selection is not null && Equals(selection.Fields, fields)) return selection;
        }

        return null;
    }

    private Selection? Add(FieldSet? fields)
    {
        var index = FreeIndex();
        if (index < 0) return null;
        var next = new Selection?[Math.Max(_byIndex.Length, index + 1)];
        _byIndex.CopyTo(next, 0);
        next[index] = new Selection(index, fields);
        _byIndex = next;
        return next[index];
    }

    private int FreeIndex()
    {
        for (var i = 1; i <= most; i++)
        {
            if (i >= _byIndex.Length || _byIndex[i] is null) return i;
        }

        return -1;
    }
}

/// <summary>One choice of fields of one topic, and how many streams take it in which view.</summary>
/// <param name="index">Place in the topic's table; 0 = all fields. Places are used again, so an update's encodings of a place may be another choice's.</param>
/// <param name="fields">Null = all.</param>
internal sealed class Selection(int index, FieldSet? fields)
{
    private readonly int[] _streams = new int[View.Places];
    private readonly View?[] _views = new View?[View.Places];

    public int Index { get; } = index;

    public FieldSet? Fields { get; } = fields;

    /// <summary>Streams that take it.</summary>
    public int Streams { get; private set; }

    /// <summary>Makes the encodings that somebody takes.</summary>
    public void EncodeWhatIsInUse(Update update)
    {
        var least = Fields is null ? 1 : 2; // a choice that one stream alone has made is encoded by its worker: choices are free to make up, and this thread serves all topics
        for (var i = 0; i < _streams.Length; i++)
        {
            if (Volatile.Read(ref _streams[i]) >= least) update.Prepare(_views[i]!, this);
        }
    }

    /// <summary>One stream more or less. One caller at a time.</summary>
    public void Count(View view, int change)
    {
        _views[view.Place] ??= view;
        Volatile.Write(ref _streams[view.Place], _streams[view.Place] + change);
        Streams += change;
    }
}
