namespace E2EEvents.EdgeGateway.Feeds;

/// <summary>Waits between tries: drawn between nothing and a limit that doubles ("full jitter"), so that many who failed together do not return together.</summary>
internal sealed class Backoff
{
    private readonly TimeSpan _first;
    private readonly TimeSpan _longest;
    private TimeSpan _limit;

    public Backoff(TimeSpan first, TimeSpan longest) => (_first, _longest, _limit) = (first, longest, first);

    /// <summary>The next wait.</summary>
    public TimeSpan Next()
    {
        var wait = _limit * Random.Shared.NextDouble();
        _limit = _limit * 2 < _longest ? _limit * 2 : _longest;
        return wait;
    }

    /// <summary>After a success: start again from the shortest.</summary>
    public void Reset() => _limit = _first;
}
