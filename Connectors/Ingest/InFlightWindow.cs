namespace E2EEvents.Connectors.Ingest;

/// <summary>
/// The records that were read and are not yet behind the checkpoint, in reading order. Parts of a record (its events, its dead letter) settle in
/// any order; <see cref="Settled"/> never passes a record with an unsettled part. Not thread-safe.
/// </summary>
/// <param name="maxEvents">Events at which there is no more room. A record counts as one at least, until everything before it is settled too.</param>
/// <param name="maxBytes">Bytes at which there is no more room.</param>
internal sealed class InFlightWindow(int maxEvents, long maxBytes)
{
    private readonly Queue<Slot> _slots = new();

    /// <summary>True if another record may be read. One always fits into an empty window, whatever its size.</summary>
    public bool HasRoom => Events < maxEvents && Bytes < maxBytes;

    /// <summary>Events in the window.</summary>
    public int Events { get; private set; }

    /// <summary>Bytes in the window.</summary>
    public long Bytes { get; private set; }

    /// <summary>Token of the newest record behind which everything is settled; null = none yet.</summary>
    public ResumeToken? Settled { get; private set; }

    /// <summary>When the oldest record that holds <see cref="Settled"/> back was read, Unix µs; null = the window is empty.</summary>
    public long? OldestReadAt => _slots.TryPeek(out var oldest) ? oldest.ReadAt : null;

    /// <summary>Puts in the next record.</summary>
    /// <param name="token">Of the record.</param>
    /// <param name="parts">How many times <see cref="Settle"/> will be called for it; 0 = it is settled already.</param>
    /// <param name="bytes">Its size.</param>
    /// <param name="readAt">Unix µs.</param>
    public Slot Add(ResumeToken token, int parts, long bytes, long readAt)
    {
        var slot = new Slot(token, parts, bytes, readAt);
        _slots.Enqueue(slot);
        Events += slot.Weight;
        Bytes += bytes;
        Advance();
        return slot;
    }

    /// <summary>One part of a record is settled.</summary>
    /// <returns>True if <see cref="Settled"/> moved on.</returns>
    /// <exception cref="InvalidOperationException">All parts were settled before: a bug of the caller.</exception>
    public bool Settle(Slot slot)
    {
        if (slot.Unsettled == 0) throw new InvalidOperationException("All parts of the record are settled already.");
        slot.Unsettled--;
        return slot.Unsettled == 0 && Advance();
    }

    private bool Advance()
    {
        var moved = false;
        while (_slots.TryPeek(out var oldest) && oldest.Unsettled == 0)
        {
            _slots.Dequeue();
            Events -= oldest.Weight;
            Bytes -= oldest.Bytes;
            Settled = oldest.Token;
            moved = true;
        }

        return moved;
    }

    /// <summary>A record in the window.</summary>
    internal sealed class Slot(ResumeToken token, int parts, long bytes, long readAt)
    {
        public ResumeToken Token { get; } = token;

        public int Weight { get; } = Math.Max(1, parts);

        public long Bytes { get; } = bytes;

        public long ReadAt { get; } = readAt;

        public int Unsettled { get; set; } = parts;
    }
}
