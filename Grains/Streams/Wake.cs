namespace E2EEvents.Streams;

/// <summary>A signal that wakes one waiter, now or when it next waits; set several times, it wakes once.</summary>
internal sealed class Wake : IDisposable
{
    private readonly SemaphoreSlim _signal = new(0, 1);
    private readonly Lock _lock = new();

    public void Set()
    {
        lock (_lock)
        {
            if (_signal.CurrentCount == 0) _signal.Release();
        }
    }

    /// <returns>False after <paramref name="longest"/> without a signal, or when cancelled.</returns>
    public async Task<bool> WaitAsync(TimeSpan longest, CancellationToken cancellationToken)
    {
        try
        {
            return await _signal.WaitAsync(longest, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    public void Dispose() => _signal.Dispose();
}
