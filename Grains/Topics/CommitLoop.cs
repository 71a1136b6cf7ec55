namespace E2EEvents.Grains.Topics;

/// <summary>
/// One write in flight; whatever is asked for meanwhile shares the next one. After a failure nothing is written any more, and everybody who asks
/// is told: memory and storage may differ by then. For one grain's scheduler, not thread-safe.
/// </summary>
internal sealed class CommitLoop(Func<Task> write)
{
    private Task? _running;
    private Task? _next;

    /// <summary>Completes when a write that began after this call has ended; fails when it, or one before it, failed.</summary>
    public Task WrittenAsync()
    {
        if (_next is not null) return _next;
        if (_running is null or { IsCompletedSuccessfully: true }) return _running = write();
        return _running.IsCompleted ? _running : _next = AfterAsync(_running);
    }

    private async Task AfterAsync(Task current)
    {
        await current;
        _next = null;
        await (_running = write());
    }
}
