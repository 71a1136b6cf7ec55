using System.Threading.Tasks.Sources;

namespace E2EEvents.EdgeGateway.Sockets;

/// <summary>The rest of a write that the kernel did not take at once, and who waits for it. Made for a connection's first such write and used for all later ones.</summary>
internal sealed class UnsentBytes : IValueTaskSource
{
    private ReadOnlyMemory<byte> _rest;
    private Action<object?>? _continuation;
    private object? _continuationState;
    private short _version;
    private bool _isUnderWay;

    public bool IsEmpty => !_isUnderWay;

    public ReadOnlySpan<byte> Rest => _rest.Span;

    public ValueTask Begin(ReadOnlyMemory<byte> rest)
    {
        _rest = rest;
        _isUnderWay = true;
        return new ValueTask(this, ++_version);
    }

    /// <summary>True once nothing is left.</summary>
    public bool Advance(int sent)
    {
        _rest = _rest[sent..];
        if (!_rest.IsEmpty) return false;
        _isUnderWay = false;
        return true;
    }

    /// <summary>The write is over, whether everything left or the connection is lost. Who waits is told once.</summary>
    public void Complete()
    {
        (_rest, _isUnderWay) = (default, false);
        var (continuation, state) = (_continuation, _continuationState);
        (_continuation, _continuationState) = (null, null);
        continuation?.Invoke(state);
    }

    void IValueTaskSource.GetResult(short token)
    {
        // A loss is told to the worker by itself.
    }

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) =>
        token == _version && _isUnderWay ? ValueTaskSourceStatus.Pending : ValueTaskSourceStatus.Succeeded;

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        (_continuation, _continuationState) = (continuation, state);
}
