namespace E2EEvents.Grains.Interfaces.Regions;

/// <summary>
/// What to add to this machine's clock to get another's, from samples that arrive late by an unknown time: a late sample is too low, so the highest
/// of the last ten seconds is the best. Follows a clock that drifts or is set. Free-threaded for readers, one writer at a time.
/// </summary>
public sealed class ClockOffset(TimeProvider time)
{
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private long _offset;
    private long _best = long.MinValue;
    private long _began;
    private bool _isKnown;

    /// <summary>Microseconds; 0 before the first sample.</summary>
    public long Microseconds => Volatile.Read(ref _offset);

    /// <summary>Takes a sample: the other clock as it was sent, Unix µs, plus what is known of the way (half a round trip).</summary>
    public void Sample(long otherNow)
    {
        var sample = otherNow - Topics.UnixTime.UnixMicroseconds(time);
        lock (_lock)
        {
            var now = time.GetTimestamp();
            _best = Math.Max(_best, sample);
            if (!_isKnown || sample > _offset) Volatile.Write(ref _offset, sample);
            if (!_isKnown) _began = now;
            _isKnown = true;
            if (time.GetElapsedTime(_began, now) < Window) return;
            Volatile.Write(ref _offset, _best);
            (_best, _began) = (long.MinValue, now);
        }
    }
}
