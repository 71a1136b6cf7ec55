namespace E2EEvents.Grains.Topics;

/// <summary>Wakes everybody who waits; each waits for the next pulse. For one grain's scheduler, not thread-safe.</summary>
internal sealed class Signal
{
    private TaskCompletionSource? _pulse;

    /// <summary>Completes with the next pulse.</summary>
    public Task Next => (_pulse ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    public void Pulse()
    {
        var pulse = _pulse;
        _pulse = null;
        pulse?.SetResult();
    }
}
