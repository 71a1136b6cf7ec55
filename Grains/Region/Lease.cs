namespace E2EEvents.Grains.Region;

/// <summary>
/// Who may run a connector: one holder at a time on this clock, under a number that rises with every holder. What was stored before this
/// activation counts as renewed when the activation began, since nobody knows how long ago it was. Not thread-safe.
/// </summary>
internal sealed class Lease
{
    private readonly TimeProvider _time;
    private long _renewedAt;

    /// <param name="time">Its monotonic clock counts.</param>
    /// <param name="number">As stored; 0 = nobody ever had it.</param>
    /// <param name="holder">As stored; null = given back.</param>
    /// <param name="duration">As stored.</param>
    public Lease(TimeProvider time, long number = 0, string? holder = null, TimeSpan duration = default)
    {
        _time = time;
        (Number, Holder, Duration) = (number, holder, duration);
        _renewedAt = time.GetTimestamp();
    }

    /// <summary>Number of the last holder.</summary>
    public long Number { get; private set; }

    /// <summary>The last holder; null = nobody, or given back.</summary>
    public string? Holder { get; private set; }

    /// <summary>How long it is valid after each renewal.</summary>
    public TimeSpan Duration { get; private set; }

    /// <summary>Time until it ends; zero = free.</summary>
    public TimeSpan Left
    {
        get
        {
            var left = Holder is null ? TimeSpan.Zero : Duration - _time.GetElapsedTime(_renewedAt);
            return left > TimeSpan.Zero ? left : TimeSpan.Zero;
        }
    }

    /// <summary>Gives it to <paramref name="holder"/> under the next number, unless another holder's has not ended.</summary>
    public bool TryTake(string holder, TimeSpan duration)
    {
        if (Left > TimeSpan.Zero && Holder != holder) return false;
        Number++;
        (Holder, Duration, _renewedAt) = (holder, duration, _time.GetTimestamp());
        return true;
    }

    /// <summary>Lets it last for another duration; false if it is no longer this number's. One that has ended goes on if nobody took it meanwhile.</summary>
    public bool TryRenew(long number)
    {
        if (!IsHeldBy(number)) return false;
        _renewedAt = _time.GetTimestamp();
        return true;
    }

    /// <summary>Makes it free at once; false if it was not this number's.</summary>
    public bool TryRelease(long number)
    {
        if (!IsHeldBy(number)) return false;
        Holder = null;
        return true;
    }

    /// <summary>True for the number of the last holder until it gives the lease back: only it may write.</summary>
    public bool IsHeldBy(long number) => Holder is not null && number == Number;
}
