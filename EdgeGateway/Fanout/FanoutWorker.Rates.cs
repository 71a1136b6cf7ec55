namespace E2EEvents.EdgeGateway.Fanout;

/// <summary>
/// Subscribers that take updates at a rate. One that had an update less than its interval ago waits, as a reference in a queue and without a timer of
/// its own; when its time comes it gets what is newest then. After a pause an update leaves at once.
/// </summary>
internal sealed partial class FanoutWorker
{
    private const int RateTickMilliseconds = 5;

    private readonly PriorityQueue<Subscriber, long> _waiting = new();
    private ITimer? _rateTimer;
    private long _dueAt = long.MaxValue;

    private void Wait(Subscriber subscriber)
    {
        if (subscriber.IsWaiting) return;
        subscriber.IsWaiting = true;
        _waiting.Enqueue(subscriber, subscriber.NextAt);
        WakeAt(subscriber.NextAt);
    }

    private void SendDue()
    {
        _dueAt = long.MaxValue;
        while (_waiting.TryPeek(out var subscriber, out var at))
        {
            if (subscriber.Index >= 0 && _now < at)
            {
                WakeAt(at);
                return;
            }

            _waiting.Dequeue();
            subscriber.IsWaiting = false;
            if (subscriber.Index >= 0) TrySendDue(subscriber);
        }
    }

    private void TrySendDue(Subscriber subscriber)
    {
        var connection = subscriber.Connection;
        try
        {
            if (IsFull(connection) && !connection.IsBlocked) Flush(connection);
            if (connection.IsBlocked) connection.IsBehind = true; // it gets what is newest when it takes bytes again
            else if (subscriber.Index >= 0) CatchUp(subscriber);
        }
        catch (Exception e) when (e is not OutOfMemoryException) // survived: the others that wait
        {
            Log.WorkFailed(_logger, WorkKind.Due, e);
            Cut(connection);
        }
    }

    /// <summary>Rounded up, so that many that are due one after the other are served together.</summary>
    private void WakeAt(long time)
    {
        time = (Math.Max(time, _now + 1) + RateTickMilliseconds - 1) / RateTickMilliseconds * RateTickMilliseconds;
        if (time >= _dueAt) return;
        _dueAt = time;
        _rateTimer ??= _time.CreateTimer(static worker => ((FanoutWorker)worker!).Post(new Work(WorkKind.Due, worker, null)), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _rateTimer.Change(TimeSpan.FromMilliseconds(time - _now), Timeout.InfiniteTimeSpan);
    }
}
