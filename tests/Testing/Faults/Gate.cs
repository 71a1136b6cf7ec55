namespace E2EEvents.Testing.Faults;

/// <summary>Lets callers through while it is open.</summary>
internal sealed class Gate
{
    private volatile TaskCompletionSource? _closed;

    public void Close() => _closed ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Open()
    {
        var closed = _closed;
        _closed = null;
        closed?.TrySetResult();
    }

    /// <summary>Waits until it is open.</summary>
    public async ValueTask PassAsync(CancellationToken cancellationToken)
    {
        while (_closed is { } closed) await closed.Task.WaitAsync(cancellationToken);
    }
}
