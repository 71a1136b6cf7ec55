using E2EEvents.Grains.Region;
using E2EEvents.Grains.Topics;

namespace E2EEvents.Grains.Replication;

/// <summary>
/// This region's copy of one topic: takes frames over from a link into a <see cref="TopicLog"/>, which feeds read as they read a home topic's. A new
/// epoch upstream is a new log; the old one ends, and who follows it follows anew. Written by one link at a time, read by everybody.
/// </summary>
internal sealed class Replica
{
    private readonly Lock _lock = new();
    private readonly HistoryOptions _history;
    private readonly SiloFreshness _silo;
    private readonly Action _unfollowed;
    private TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private HomeFreshness? _home;
    private volatile TopicLog? _log;
    private Position _awaited;
    private long _awaitedFreshAt;
    private long _freshAt;
    private bool _isVouched;
    private bool _isEnded;

    /// <param name="topic">Which topic.</param>
    /// <param name="delivery">Of its kind.</param>
    /// <param name="history">How much of it is kept.</param>
    /// <param name="silo">Counts what no watermark speaks for.</param>
    /// <param name="unfollowed">Called on any thread when a log's last follower left.</param>
    public Replica(TopicKey topic, Delivery delivery, HistoryOptions history, SiloFreshness silo, Action unfollowed) =>
        (Topic, Delivery, _history, _silo, _unfollowed) = (topic, delivery, history, silo, unfollowed);

    public TopicKey Topic { get; }

    public Delivery Delivery { get; }

    /// <summary>Number of its subscription on the link that it is registered with.</summary>
    public long Sub { get; set; }

    /// <summary>Its frames; null before anything is known.</summary>
    public TopicLog? Log => _log;

    /// <summary>Completes when it has what the topic had as it was asked for. Never undone: afterwards the copy may be old, and says so.</summary>
    public Task Ready => _ready.Task;

    /// <summary>This silo gave it up.</summary>
    public bool IsEnded => Volatile.Read(ref _isEnded);

    /// <summary>Where to go on; null = nothing is known.</summary>
    public Position? Position => _log?.Position is { Epoch: not 0 } position ? position : null;

    /// <summary>On home's clock: everything committed there before is in the log. Unix µs.</summary>
    public long FreshAt
    {
        get
        {
            lock (_lock) return FreshAtLocked;
        }
    }

    /// <summary>Estimate of home's clock now, Unix µs.</summary>
    public long HomeNow => _home?.HomeNow ?? _silo.Now;

    private long FreshAtLocked => _isVouched && _home is not null ? Math.Max(_freshAt, _home.FreshAt) : _freshAt;

    /// <summary>It is registered with a link that leads to this home: until the other side says otherwise, no watermark speaks for it.</summary>
    public void BeginLink(HomeFreshness home)
    {
        lock (_lock)
        {
            if (_home == home) _freshAt = FreshAtLocked;
            else _freshAt = 0; // another clock
            _home = home;
            SetVouched(false);
        }
    }

    /// <summary>The other side has begun to send it.</summary>
    public void Taken(LinkTaken taken)
    {
        lock (_lock)
        {
            if (_isEnded) return;
            _awaited = taken.Position;
            if (_log is null || (taken.Position.Offset == 0 && taken.Position.Epoch != _log.Epoch)) Begin(taken.Position.Epoch, []);
            _awaitedFreshAt = taken.FreshAt;
            ReadyIfThere();
        }
    }

    /// <summary>Takes a frame over; its state must be an array of its own.</summary>
    public Fit Apply(Frame frame)
    {
        lock (_lock)
        {
            if (_isEnded) return Fit.Duplicate;
            var fit = _log is { } log ? Interfaces.Topics.Position.Classify(log.Position, frame.Position) : Fit.NewEpoch;
            if (fit == Fit.NewEpoch) Begin(frame.Position.Epoch, [frame]);
            else if (fit != Fit.Duplicate && _log!.Adopt(frame)) fit = Fit.Gap;
            else if (fit == Fit.Gap) fit = Fit.Next; // of a latest kind, or the first of an empty log: nothing is lost
            ReadyIfThere();
            return fit;
        }
    }

    /// <summary>Watermarks speak for it from now on, or no longer.</summary>
    public void Vouch(bool isVouched)
    {
        lock (_lock)
        {
            if (!isVouched) _freshAt = FreshAtLocked;
            SetVouched(isVouched);
        }
    }

    /// <summary>This silo gives the topic up.</summary>
    public void End()
    {
        lock (_lock)
        {
            _isEnded = true;
            if (_log?.SetLagging(false) == true) _silo.CountLagging(-1);
            _log?.End();
            _ready.TrySetException(new OperationCanceledException($"The replica of {Topic} was let go."));
            _ = _ready.Task.Exception;
        }
    }

    private void Begin(ulong epoch, IReadOnlyList<Frame> frames)
    {
        var before = _log;
        var log = new TopicLog(Topic.ToString(), Delivery, epoch, frames, _history);
        log.OnUnfollowed(_unfollowed);
        if (before?.SetLagging(false) == true) _silo.CountLagging(-1);
        if (!_isVouched && log.SetLagging(true)) _silo.CountLagging(1);
        _log = log;
        before?.End();
    }

    private void SetVouched(bool isVouched)
    {
        _isVouched = isVouched;
        if (!_isEnded && _log?.SetLagging(!isVouched) == true) _silo.CountLagging(isVouched ? -1 : 1);
    }

    private void ReadyIfThere()
    {
        if (_awaited.Epoch == 0) return;
        var have = _log!.Position;
        if (have.Epoch == _awaited.Epoch && have.Offset < _awaited.Offset) return;
        if (have.Epoch == _awaited.Epoch) _freshAt = Math.Max(_freshAt, _awaitedFreshAt);
        _awaited = default;
        _ready.TrySetResult();
    }
}
