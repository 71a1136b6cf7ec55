namespace E2EEvents.EdgeGateway.Fanout;

/// <summary>Work for one worker, in order. Anybody posts under a short lock; the worker takes what has gathered all at once and then goes through it without one.</summary>
internal sealed class WorkQueue
{
    private const int FirstLength = 64;
    private const int LongestKept = 4096;

    private readonly Lock _lock = new();
    private List<Work> _posted = new(FirstLength);
    private List<Work> _taken = new(FirstLength);
    private int _next;
    private bool _isClosed;

    /// <summary>For the worker: nothing waits.</summary>
    public bool IsEmpty
    {
        get
        {
            if (_next < _taken.Count) return false;
            lock (_lock) return _posted.Count == 0;
        }
    }

    /// <summary>False once it is closed.</summary>
    public bool TryPost(in Work work)
    {
        lock (_lock)
        {
            if (_isClosed) return false;
            _posted.Add(work);
            return true;
        }
    }

    /// <summary>For the worker: the next piece, if there is one.</summary>
    public bool TryTake(out Work work)
    {
        if (_next == _taken.Count && !Swap())
        {
            work = default;
            return false;
        }

        work = _taken[_next];
        _taken[_next++] = default; // what it leads to must not live longer than it
        return true;
    }

    /// <summary>Takes no more.</summary>
    public void Close()
    {
        lock (_lock) _isClosed = true;
    }

    private bool Swap()
    {
        if (_taken.Capacity > LongestKept) _taken = new List<Work>(FirstLength); // after a spike
        else _taken.Clear();
        _next = 0;
        lock (_lock) (_posted, _taken) = (_taken, _posted);
        return _taken.Count > 0;
    }
}
