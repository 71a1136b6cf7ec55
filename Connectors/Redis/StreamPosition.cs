namespace E2EEvents.Connectors.Redis;

/// <summary>How far a stream was read.</summary>
/// <param name="Incarnation">0, then the Unix second in which a reset was found.</param>
/// <param name="Id">Last entry that was read.</param>
/// <param name="Count">How many entries had ever been added to the stream up to that one; -1 = not known.</param>
internal readonly record struct StreamPosition(long Incarnation, RedisStreamId Id, long Count)
{
    /// <summary>After reading the next entry.</summary>
    public StreamPosition Next(RedisStreamId id) => new(Incarnation, id, Count < 0 ? -1 : Count + 1);
}

/// <summary>What the server says about a stream.</summary>
/// <param name="Length">Entries in it.</param>
/// <param name="First">Oldest entry; null = it is empty.</param>
/// <param name="Last">Newest id it ever had.</param>
/// <param name="Added">Entries ever added; -1 = the server does not count them (before Redis 7).</param>
internal readonly record struct StreamFacts(long Length, RedisStreamId? First, RedisStreamId Last, long Added);

/// <summary>What follows from a comparison.</summary>
/// <param name="Reset">The stream is no longer the one that was read, and holds entries that reading on would miss.</param>
/// <param name="Lost">Entries that vanished (trimmed, deleted) before they were read, at most.</param>
/// <param name="Count">Corrected <see cref="StreamPosition.Count"/>.</param>
internal readonly record struct StreamVerdict(bool Reset, long Lost, long Count);

/// <summary>Tells from the server's facts whether a stream is still the one that was read.</summary>
internal static class StreamWatch
{
    /// <summary>Compares.</summary>
    /// <param name="have">How far it was read.</param>
    /// <param name="checkedId">How far it had been read at the last comparison.</param>
    /// <param name="now">What the server says.</param>
    public static StreamVerdict Judge(StreamPosition have, RedisStreamId checkedId, StreamFacts now)
    {
        // Ids only rise: a stream whose newest id lies before ours was made anew, restored, or lost entries in a failover.
        if (now.Last < have.Id) return new StreamVerdict(true, 0, -1);
        if (now.Added < 0) return new StreamVerdict(false, 0, -1);

        var caughtUp = have.Id == now.Last;
        var removed = now.Added - now.Length; // never more than what lies before the oldest entry, plus what was deleted further on
        var nothingOfOursLeft = now.First is null || now.First > have.Id;
        var exact = caughtUp ? now.Added : nothingOfOursLeft ? removed : -1;
        if (have.Count < 0) return new StreamVerdict(false, 0, exact);

        // Fewer entries were ever added than we have read: another stream under the same key. It is harmless if all of it lies behind what
        // had been read when it was last seen to be the old one, because then none of it was passed over.
        if (now.Added < have.Count) return new StreamVerdict(now.First <= checkedId, 0, exact);
        return exact < 0 ? new StreamVerdict(false, 0, have.Count) : new StreamVerdict(false, Math.Max(0, exact - have.Count), exact);
    }
}
