namespace E2EEvents.Hosting;

/// <summary>When to say the same thing again: the first time, and then at most once in <paramref name="every"/>, however many have it to say. Bounded, free-threaded.</summary>
internal sealed class Seldom(TimeSpan every, TimeProvider time)
{
    private const int MaxKept = 1000;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, long> _saidAt = [];

    public bool IsTime(string what)
    {
        lock (_lock)
        {
            if (_saidAt.TryGetValue(what, out var at) && time.GetElapsedTime(at) < every) return false;
            if (_saidAt.Count >= MaxKept) _saidAt.Clear();
            _saidAt[what] = time.GetTimestamp();
            return true;
        }
    }
}
