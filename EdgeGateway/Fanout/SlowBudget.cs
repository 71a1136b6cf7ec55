namespace E2EEvents.EdgeGateway.Fanout;

/// <summary>Bytes handed to transports whose clients have yet to take them, over all workers, against one bound.</summary>
internal sealed class SlowBudget(long maxBytes)
{
    private long _held;

    public long Held => Volatile.Read(ref _held);

    public bool IsOver => Held > maxBytes;

    public void Add(int bytes) => Interlocked.Add(ref _held, bytes);
}
