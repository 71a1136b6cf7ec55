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
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(10);

    private long _freshAt;
    private long _clockOffset;
    private long _bestRoundTrip = long.MaxValue;
    private long _began = time.GetTimestamp();

    public string Home { get; } = home;

    /// <summary>On home's clock, Unix µs: everything committed there before is in this silo's replicas. 0 = not known. Never falls.</summary>
    public long FreshAt => Volatile.Read(ref _freshAt);

    /// <summary>Estimate of home's clock now, Unix µs.</summary>
    public long HomeNow => time.UnixMicroseconds() + Volatile.Read(ref _clockOffset);

    /// <summary>What to add to this silo's clock to get home's, µs.</summary>
    public long ClockOffset => Volatile.Read(ref _clockOffset);

    /// <summary>
    /// Takes a ping's answer: home's clock as the other side estimated it, and how long the ping took there and back, µs. The quickest ping of ten
    /// seconds is believed, because what it may be wrong by is at most half its time. One writer at a time.
    /// </summary>
    public void TakePong(long homeNow, long roundTrip)
    {
        var now = time.GetTimestamp();
        if (time.GetElapsedTime(_began, now) > Window) (_bestRoundTrip, _began) = (long.MaxValue, now);
        if (roundTrip > _bestRoundTrip) return;
        _bestRoundTrip = roundTrip;
        Volatile.Write(ref _clockOffset, homeNow + (roundTrip / 2) - time.UnixMicroseconds());
    }

    /// <summary>Raises the watermark; a lower one changes nothing.</summary>
    public bool Raise(long freshAt)
    {
        if (freshAt <= FreshAt) return false;
        Volatile.Write(ref _freshAt, freshAt);
        return true;
    }
}
