using Orleans.Streams;

namespace E2EEvents.Streams;

/// <summary>
/// One consumer's place in a stream. Gives containers with some <see cref="RedisStreamsOptions.DeliveryEvents"/> events at a time, as one: were the agent to collect
/// them itself (BatchContainerBatchSize), asking for the next would not mean that the one before is delivered.
/// </summary>
internal sealed class QueueCursor(QueueCache cache, StreamId stream, long first) : IQueueCacheCursor
{
    private IBatchContainer? _current;
    private long _taken = first;
    private bool _failed;

    /// <summary>Number of the first container that is not delivered.</summary>
    public long Completed { get; private set; } = first;

    public IBatchContainer? GetCurrent(out Exception? exception)
    {
        exception = null;
        return _current;
    }

    /// <summary>What was current is delivered, unless its failure was recorded: then it comes again. No failure makes the agent pass anything over.</summary>
    public bool MoveNext()
    {
        if (_failed) _failed = false;
        else Completed = _taken;
        var next = cache.Next(this, stream, Completed);
        _taken = Completed + next.Count;
        _current = next.Count switch { 0 => null, 1 => next[0], _ => new BatchContainerBatch(next) };
        return _current is not null;
    }

    /// <summary>A cursor finds what is new by itself.</summary>
    public void Refresh(StreamSequenceToken token)
    {
    }

    public void RecordDeliveryFailure() => _failed = true;

    /// <summary>What is current counts as not delivered.</summary>
    public void Dispose() => cache.Remove(this, stream);
}
