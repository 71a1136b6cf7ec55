namespace E2EEvents.Grains.Replication;

/// <summary>Lets one of many say something, at most once in a while: a thousand topics that suffer from one fault are one line in the log. Free-threaded.</summary>
internal sealed class Sometimes(TimeSpan every, TimeProvider time)
{
    private readonly Lock _lock = new();
    private long _at = long.MinValue / 2;

    public bool IsTime()
    {
        lock (_lock)
        {
            if (time.GetElapsedTime(_at) < every) return false;
            _at = time.GetTimestamp();
            return true;
        }
    }
}
