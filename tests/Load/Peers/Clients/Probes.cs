namespace E2EEvents.Load.Peers.Clients;

/// <summary>
/// Closes the loop: some subscribers, spread over all, tell how far they are; the publisher may be a window of updates ahead of the slowest.
/// The subscribers belong to one thread, the publisher is another.
/// </summary>
internal sealed class Probes : IDisposable
{
    private readonly long[] _seen;
    private readonly SemaphoreSlim _free;
    private long _slowest;

    /// <param name="count">Subscribers that are asked.</param>
    /// <param name="window">Updates under way, at most.</param>
    public Probes(int count, int window) => (_seen, _free) = (new long[count], new SemaphoreSlim(window));

    public Probe this[int index] => new(this, index);

    /// <summary>Waits until another update may be sent; false = the time is over.</summary>
    public bool Wait(TimeSpan longest) => _free.Wait(longest);

    public void Dispose() => _free.Dispose();

    internal void Saw(int index, long number)
    {
        _seen[index] = number;
        var slowest = long.MaxValue;
        foreach (var seen in _seen) slowest = Math.Min(slowest, seen);
        if (slowest <= _slowest) return;
        _free.Release((int)(slowest - _slowest));
        _slowest = slowest;
    }
}

/// <summary>One of the subscribers.</summary>
internal sealed class Probe(Probes probes, int index)
{
    public void Saw(long number) => probes.Saw(index, number);
}
