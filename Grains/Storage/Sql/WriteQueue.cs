namespace E2EEvents.Grains.Storage.Sql;

/// <summary>Which record.</summary>
internal readonly record struct RecordKey(string Grain, string Record) : IComparable<RecordKey>
{
    public int CompareTo(RecordKey other)
    {
        var byGrain = string.CompareOrdinal(Grain, other.Grain);
        return byGrain != 0 ? byGrain : string.CompareOrdinal(Record, other.Record);
    }
}

/// <summary>A write that waits for its transaction.</summary>
/// <param name="Key">Of the record.</param>
/// <param name="Version">That it replaces; null = there must be none.</param>
/// <param name="Payload">What to store.</param>
/// <param name="Since">When it began to wait, as <see cref="TimeProvider.GetTimestamp"/>.</param>
internal sealed record PendingWrite(RecordKey Key, long? Version, byte[] Payload, long Since)
{
    /// <summary>Its outcome: true = stored, false = someone else wrote before.</summary>
    public TaskCompletionSource<bool> Stored { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}

/// <summary>
/// Writes that wait, first come first served but for two rules: a transaction holds a record at most once, and no record that another transaction
/// under way holds. Its rows are sorted by key, so that transactions of several silos meet in one order and cannot deadlock. Bounded, free-threaded.
/// </summary>
internal sealed class WriteQueue(int maxQueued, int maxRows, int maxBytes, int maxTransactions)
{
    private readonly Lock _lock = new();
    private readonly HashSet<RecordKey> _underWay = [];
    private List<PendingWrite> _waiting = [];
    private int _transactions;

    /// <returns>False: it is full.</returns>
    /// <param name="write">The write.</param>
    /// <param name="starts">True: the caller begins a run of <see cref="Take"/> until that gives nothing.</param>
    public bool TryAdd(PendingWrite write, out bool starts)
    {
        lock (_lock)
        {
            starts = false;
            if (_waiting.Count >= maxQueued) return false;
            _waiting.Add(write);
            starts = _transactions < maxTransactions;
            if (starts) _transactions++;
            return true;
        }
    }

    /// <summary>The rows of the next transaction; empty: the run ends.</summary>
    /// <param name="done">Those of the run's last one.</param>
    public List<PendingWrite> Take(IReadOnlyList<PendingWrite> done)
    {
        lock (_lock)
        {
            foreach (var write in done) _underWay.Remove(write.Key);
            var taken = new List<PendingWrite>();
            var left = new List<PendingWrite>();
            var skipped = new HashSet<RecordKey>();
            long bytes = 0;
            foreach (var write in _waiting)
            {
                var fits = taken.Count == 0 || (taken.Count < maxRows && bytes + write.Payload.Length <= maxBytes);
                if (fits && !skipped.Contains(write.Key) && _underWay.Add(write.Key))
                {
                    taken.Add(write);
                    bytes += write.Payload.Length;
                }
                else
                {
                    left.Add(write);
                    skipped.Add(write.Key); // of one record in their order
                }
            }

            _waiting = left;
            if (taken.Count == 0) _transactions--;
            taken.Sort(static (a, b) => a.Key.CompareTo(b.Key));
            return taken;
        }
    }
}
