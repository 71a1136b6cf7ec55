namespace E2EEvents.Grains.Region;

/// <summary>
/// How fresh what this silo holds is, for each home region: its own clock for topics at home here, what links brought for replicas. Homes are only
/// ever added, so an index stays what it is. Free-threaded.
/// </summary>
internal sealed class SiloFreshness(HomeMap homes, TimeProvider time)
{
    private readonly Lock _lock = new();
    private volatile HomeFreshness[] _upstreams = [];
    private int _lagging;

    /// <summary>This region, as home.</summary>
    public string Here => homes.Region;

    /// <summary>This region's clock, Unix µs.</summary>
    public long Now => time.UnixMicroseconds();

    /// <summary>Other homes, in the order in which they became known.</summary>
    public HomeFreshness[] Upstreams => _upstreams;

    /// <summary>Replicas that no watermark vouches for at present.</summary>
    public int Lagging => Volatile.Read(ref _lagging);

    /// <summary>Raised, on any thread, when a watermark from upstream has risen.</summary>
    public event Action? Risen;

    public HomeFreshness Of(string home)
    {
        lock (_lock)
        {
            foreach (var known in _upstreams)
            {
                if (known.Home == home) return known;
            }

            var added = new HomeFreshness(home, time);
            _upstreams = [.. _upstreams, added];
            return added;
        }
    }

    public void CountLagging(int change) => Interlocked.Add(ref _lagging, change);

    public void Rise() => Risen?.Invoke();
}

/// <summary>One other home's watermark and clock.</summary>
internal sealed class HomeFreshness(string home, TimeProvider time)
{
    private long _freshAt;
    private long _clockOffset;

    public string Home { get; } = home;

    /// <summary>On home's clock, Unix µs: everything committed there before is in this silo's replicas. 0 = not known. Never falls.</summary>
    public long FreshAt => Volatile.Read(ref _freshAt);

    /// <summary>Estimate of home's clock now, Unix µs.</summary>
    public long HomeNow => time.UnixMicroseconds() + Volatile.Read(ref _clockOffset);

    /// <summary>What to add to this silo's clock to get home's, µs.</summary>
    public long ClockOffset
    {
        get => Volatile.Read(ref _clockOffset);
        set => Volatile.Write(ref _clockOffset, value);
    }

    /// <summary>Raises the watermark; a lower one changes nothing.</summary>
    public bool Raise(long freshAt)
    {
        if (freshAt <= FreshAt) return false;
        Volatile.Write(ref _freshAt, freshAt);
        return true;
    }
}
