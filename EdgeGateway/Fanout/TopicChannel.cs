namespace E2EEvents.EdgeGateway.Fanout;

/// <summary>How far a frame may jump.</summary>
internal enum Accept
{
    /// <summary>Not at all: the next offset, or a later one of a latest-kind topic.</summary>
    Next,

    /// <summary>Into another epoch: the frame comes from the topic's present follow.</summary>
    NewEpoch,

    /// <summary>Over missing offsets too: the topic itself no longer has them.</summary>
    Hole,
}

/// <summary>
/// One topic in this gateway: its recent updates and who takes them. One writer at a time (<see cref="Publish"/> locks); workers and
/// endpoints read without a lock, because updates never change and are linked before they are announced.
/// </summary>
internal sealed class TopicChannel
{
    private const int MaxSelectedUpdates = 256; // as many as may arrive at once
    private const int MaxSelectedBytes = 1 << 20;

    private readonly Lock _lock = new();
    private readonly FanoutWorkers _workers;
    private readonly SubscriberList[] _subscribers;
    private readonly int _maxUpdates;
    private readonly long _maxBytes;
    private Update? _oldest;
    private Update? _newest;
    private Update? _oldestSelected;
    private int _selectedUpdates;
    private long _selectedBytes;
    private int _updates;
    private long _bytes;
    private Position _position;
    private volatile Freshness _freshness;
    private TaskCompletionSource _changed = NewSignal();
    private volatile IChannelListener[] _listeners = [];

    /// <param name="topic">Which topic.</param>
    /// <param name="delivery">Of its kind.</param>
    /// <param name="workers">Who delivers.</param>
    /// <param name="maxUpdates">Updates kept for an <see cref="Delivery.Every"/> topic; one is kept otherwise.</param>
    /// <param name="maxBytes">Bytes of their states.</param>
    /// <param name="maxFieldChoices">Choices of fields in use at once.</param>
    public TopicChannel(TopicKey topic, Delivery delivery, FanoutWorkers workers, int maxUpdates, long maxBytes, int maxFieldChoices = 32)
    {
        Topic = topic;
        Name = topic.ToString();
        Delivery = delivery;
        _freshness = new Freshness(Name, isStale: false);
        _workers = workers;
        _maxUpdates = delivery == Delivery.Every ? maxUpdates : 1;
        _maxBytes = maxBytes;
        Selections = new Selections(maxFieldChoices);
        _subscribers = new SubscriberList[workers.Count];
        for (var i = 0; i < _subscribers.Length; i++) _subscribers[i] = new SubscriberList();
    }

    public TopicKey Topic { get; }

    public string Name { get; }

    public Delivery Delivery { get; }

    /// <summary>Where the topic stands as far as this gateway knows. Offset 0: no event yet; epoch 0: not known.</summary>
    public Position Position
    {
        get
        {
            lock (_lock) return _position; // two words: unlocked it could be read half old, half new
        }
    }

    public Update? Newest => Volatile.Read(ref _newest);

    public Update? Oldest => Volatile.Read(ref _oldest);

    /// <summary>True while the region may be behind; set through <see cref="SetStale"/>.</summary>
    public bool IsStale => _freshness.IsStale;

    public Freshness Freshness => _freshness;

    /// <summary>Milliseconds between two updates to one subscriber at least; 0 = none.</summary>
    public int Interval { get; init; }

    /// <summary>Choices of fields and who takes them; what is in use is encoded before the workers run.</summary>
    public Selections Selections { get; }

    public SubscriberList SubscribersOf(int worker) => _subscribers[worker];

    /// <summary>Where a topic without events stands, learnt when following it.</summary>
    public void Begin(Position position)
    {
        lock (_lock)
        {
            if (_newest is null) _position = position;
        }
    }

    /// <summary>Takes a frame over and hands it to the workers.</summary>
    /// <param name="frame">Its state must be an array of its own: what a batch shares would keep the whole batch alive.</param>
    /// <param name="gatewayTime">Now, Unix µs.</param>
    /// <param name="accept">How far the frame may jump; what jumps further is not taken.</param>
    /// <returns>How it fits; a <see cref="Fit.Gap"/> in an every-kind topic and a <see cref="Fit.NewEpoch"/> are taken only if accepted.</returns>
    public Fit Publish(Frame frame, long gatewayTime, Accept accept)
    {
        Update update;
        TaskCompletionSource changed;
        Fit fit;
        lock (_lock)
        {
            fit = _position.Epoch == 0 ? Fit.NewEpoch : Position.Classify(_position, frame.Position);
            if (fit == Fit.Duplicate) return fit;
            var isHole = fit == Fit.Gap && Delivery == Delivery.Every;
            if (isHole && accept < Accept.Hole) return fit;
            if (fit == Fit.NewEpoch && accept < Accept.NewEpoch) return fit;

            update = new Update(Name, frame, _newest?.Frame, gatewayTime, isHole, _newest);
            _newest?.ForgetPrevious();
            Append(update, startsAnew: isHole || fit == Fit.NewEpoch);
            KeepSelected(update, startsAnew: isHole || fit == Fit.NewEpoch);
            _position = frame.Position;
            (changed, _changed) = (_changed, NewSignal());
        }

        try
        {
            EncodeWhatIsInUse(update);
        }
        catch (Exception e) // survived: the workers make the bytes themselves; were the update not announced, it would be lost to all
        {
            _workers.PreparingFailed(Name, e);
        }

        changed.TrySetResult();
        _workers.Publish(this, update);
        foreach (var listener in _listeners) listener.OnChanged();
        return fit;
    }

    /// <summary>Tells <paramref name="listener"/> of every update from now on. It looks at the channel after this call, so that it misses none.</summary>
    public void Listen(IChannelListener listener)
    {
        lock (_lock) _listeners = [.. _listeners, listener];
    }

    /// <summary>Tells it no more.</summary>
    public void Unlisten(IChannelListener listener)
    {
        lock (_lock) _listeners = Array.FindAll(_listeners, other => other != listener);
    }

    /// <summary>Turns staleness on or off and has the streams told. One caller at a time.</summary>
    public void SetStale(bool stale)
    {
        if (IsStale == stale) return;
        _freshness = new Freshness(Name, stale);
        _workers.TellFreshness(this);
    }

    /// <summary>Completes with the next change after this call; take it before looking at <see cref="Position"/>.</summary>
    public Task NextChange
    {
        get
        {
            lock (_lock) return _changed.Task;
        }
    }

    /// <summary>True if a subscriber at <paramref name="have"/> can go on from what is kept here, or is told in here that it cannot.</summary>
    public bool Reaches(Position have) => Delivery == Delivery.Latest || Oldest is not { } oldest || oldest.Epoch != have.Epoch || oldest.Offset <= have.Offset + 1;

    /// <summary>
    /// Puts history in front of what is kept, so that all who resume in there share one read and one encoding. It leaves by the same bounds as the rest.
    /// </summary>
    /// <param name="frames">In order and without holes, from where somebody resumes; states of their own. What is here already is passed over.</param>
    /// <param name="gatewayTime">Now, Unix µs.</param>
    /// <returns>False if they do not reach what is kept, or do not fit beside it.</returns>
    public bool Prepend(IReadOnlyList<Frame> frames, long gatewayTime)
    {
        lock (_lock)
        {
            if (_oldest is not { IsAfterHole: false } oldest) return false;
            var (count, bytes) = (0, 0L);
            while (count < frames.Count && frames[count].Position.Epoch == oldest.Epoch && frames[count].Position.Offset < oldest.Offset) bytes += frames[count++].State.Length;
            if (count == 0 || frames[count - 1].Position.Offset != oldest.Offset - 1 || _updates + count > _maxUpdates || _bytes + bytes > _maxBytes) return false;
            var first = oldest;
            for (var i = count - 1; i >= 0; i--)
            {
                var update = new Update(Name, frames[i], i > 0 ? frames[i - 1] : null, gatewayTime);
                update.ForgetSelected();
                update.LinkTo(first);
                first = update;
            }

            (_updates, _bytes) = (_updates + count, _bytes + bytes);
            Volatile.Write(ref _oldest, first);
            return true;
        }
    }

    /// <summary>True if <see cref="Prepend"/> may have room for what lies between <paramref name="have"/> and what is kept, of which <paramref name="bytes"/> are known.</summary>
    public bool MayReach(Position have, long bytes = 0)
    {
        lock (_lock)
        {
            return _oldest is { IsAfterHole: false } oldest && oldest.Epoch == have.Epoch && oldest.Offset - have.Offset - 1 <= _maxUpdates - _updates && bytes <= _maxBytes - _bytes;
        }
    }

    /// <summary>
    /// Encodings of chosen fields stay with the newest updates alone: each choice costs as much as the state again, and clients make them up. A client that
    /// comes back to older updates with a choice has its bytes made for it.
    /// </summary>
    private void KeepSelected(Update update, bool startsAnew)
    {
        if (startsAnew || _oldestSelected is null || Delivery == Delivery.Latest)
        {
            (_oldestSelected, _selectedUpdates, _selectedBytes) = (update, 1, update.Frame.State.Length);
            return;
        }

        _selectedUpdates++;
        _selectedBytes += update.Frame.State.Length;
        while (_selectedUpdates > 1 && (_selectedUpdates > MaxSelectedUpdates || _selectedBytes > MaxSelectedBytes))
        {
            _selectedUpdates--;
            _selectedBytes -= _oldestSelected!.Frame.State.Length;
            _oldestSelected.ForgetSelected();
            _oldestSelected = _oldestSelected.Next;
        }
    }

    private void Append(Update update, bool startsAnew)
    {
        if (startsAnew || _newest is null || Delivery == Delivery.Latest)
        {
            (_updates, _bytes) = (1, update.Frame.State.Length);
            Volatile.Write(ref _oldest, update);
            Interlocked.Exchange(ref _newest, update);
            return;
        }

        _newest.LinkTo(update);
        Interlocked.Exchange(ref _newest, update); // a full fence: the workers' subscriber counts are read after it
        _updates++;
        _bytes += update.Frame.State.Length;
        while (_updates > 1 && (_updates > _maxUpdates || _bytes > _maxBytes))
        {
            _bytes -= _oldest!.Frame.State.Length;
            _updates--;
            Volatile.Write(ref _oldest, _oldest.Next);
        }
    }

    private void EncodeWhatIsInUse(Update update)
    {
        foreach (var selection in Selections.InUse) selection?.EncodeWhatIsInUse(update);
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
