namespace E2EEvents.Grains.Topics;

/// <summary>
/// Numbers the changes of one topic and keeps the recent ones. A change is staged, sealed into the next write, and visible to readers only once
/// that write has been committed. Staging, sealing and committing belong to the topic's grain (one caller at a time); reading and following are
/// free-threaded, under one lock, over immutable frames.
/// </summary>
internal sealed class TopicLog
{
    /// <summary>How many times the history's bounds are kept for followers that have not been sent it.</summary>
    public const int BurstFactor = 8;

    private readonly Lock _lock = new();
    private readonly HistoryOptions _bounds;
    private readonly FrameRing _history = new();
    private readonly List<Staged> _staged = [];
    private Frame[] _sealed = [];
    private ITopicFollower[] _followers = [];
    private Action? _unfollowed;
    private long _top;
    private long _homeTime;
    private bool _ended;
    private bool _lagging;

    /// <param name="topic">As in <see cref="TopicKey.ToString"/>.</param>
    /// <param name="delivery">Of the kind.</param>
    /// <param name="epoch">Of this run of offsets.</param>
    /// <param name="stored">Committed frames to start from, oldest first, of this epoch; none for a topic that never had an event.</param>
    /// <param name="bounds">How much history is kept.</param>
    public TopicLog(string topic, Delivery delivery, ulong epoch, IReadOnlyList<Frame> stored, HistoryOptions bounds)
    {
        (Topic, Delivery, Epoch, _bounds) = (topic, delivery, epoch, bounds);
        foreach (var frame in stored) Append(frame);
        Trim();
        StagedTop = _top;
    }

    public string Topic { get; }

    public Delivery Delivery { get; }

    public ulong Epoch { get; }

    /// <summary>Offset of the newest change, staged or committed. For the grain only.</summary>
    public long StagedTop { get; private set; }

    /// <summary>True while no watermark vouches for this copy of the topic; always false at home.</summary>
    public bool IsLagging => Volatile.Read(ref _lagging);

    /// <summary>Committed position.</summary>
    public Position Position
    {
        get
        {
            lock (_lock) return new Position(Epoch, _top);
        }
    }

    /// <summary>What is kept and who follows.</summary>
    public (int Frames, long Bytes, int Followers) Size
    {
        get
        {
            lock (_lock) return (_history.Count, _history.Bytes, _followers.Length);
        }
    }

    /// <summary>For operators: oldest and newest frame (null = none), and which gateways follow.</summary>
    public (Frame? Oldest, Frame? Newest, string[] Gateways) Inspect()
    {
        lock (_lock)
        {
            var (oldest, newest) = _history.Count == 0 ? (null, null) : (_history.Oldest, _history.Newest);
            return (oldest, newest, Array.ConvertAll(_followers, follower => follower.Gateway));
        }
    }

    /// <summary>Called, outside the lock and on any thread, when the last follower left.</summary>
    public void OnUnfollowed(Action unfollowed) => _unfollowed = unfollowed;

    /// <summary>Numbers a change; nobody sees it before it is committed.</summary>
    public void Stage(ReadOnlyMemory<byte> state, long originTime, string? transaction)
    {
        StagedTop++;
        if (Delivery == Delivery.Latest) _staged.Clear(); // its offsets may skip: only the newest state is worth a frame
        _staged.Add(new Staged(StagedTop, state, originTime, transaction));
    }

    /// <summary>Makes frames of what is staged: the content of the next write. Times never run backwards inside a topic.</summary>
    /// <exception cref="InvalidOperationException">The write before has not been committed.</exception>
    public IReadOnlyList<Frame> Seal(long homeTime)
    {
        if (_sealed.Length > 0) throw new InvalidOperationException($"Two writes of {Topic} at once.");
        if (_staged.Count == 0) return [];
        _homeTime = Math.Max(homeTime, _homeTime);
        _sealed = new Frame[_staged.Count];
        for (var i = 0; i < _sealed.Length; i++)
        {
            var staged = _staged[i];
            _sealed[i] = new Frame(new Position(Epoch, staged.Offset), staged.State, staged.OriginTime, _homeTime, staged.Transaction);
        }

        _staged.Clear();
        return _sealed;
    }

    /// <summary>Publishes what the write contained, up to <paramref name="upTo"/>, and tells the followers.</summary>
    /// <exception cref="InvalidOperationException">The write contained more than that.</exception>
    public void Commit(long upTo)
    {
        if (_sealed.Length == 0) return;
        if (_sealed[^1].Position.Offset != upTo) throw new InvalidOperationException($"A write of {Topic} up to {_sealed[^1].Position.Offset} cannot be committed up to {upTo}.");
        lock (_lock)
        {
            foreach (var frame in _sealed) Append(frame);
            Trim();

            // Inside the lock: whoever saw these frames missing sees the follower told, so that a watermark cannot overtake them.
            foreach (var follower in _followers) follower.OnCommitted();
        }

        _sealed = [];
    }

    /// <summary>
    /// Takes over frames that another region numbered, instead of staging: consecutive ones of this epoch, or of a latest kind with offsets skipped.
    /// Frames that the log has are dropped. Offsets missing before one of an every-kind topic are lost to this region: history starts over there.
    /// </summary>
    /// <returns>True if history started over.</returns>
    public bool Adopt(Frame frame)
    {
        lock (_lock)
        {
            var fit = Position.Classify(new Position(Epoch, _top), frame.Position);
            if (fit is Fit.Duplicate or Fit.NewEpoch) return false;
            var isHole = fit == Fit.Gap && Delivery == Delivery.Every && _history.Count > 0;
            if (isHole) _history.Clear();
            Append(frame);
            StagedTop = _top;
            Trim();
            foreach (var follower in _followers) follower.OnCommitted();
            return isHole;
        }
    }

    /// <summary>Says whether a watermark vouches for this copy; false if that was known.</summary>
    public bool SetLagging(bool lagging)
    {
        if (IsLagging == lagging) return false;
        Volatile.Write(ref _lagging, lagging);
        return true;
    }

    /// <summary>Reads what lies after <paramref name="after"/>, oldest first; the newest frame when that cannot be told, or for null.</summary>
    /// <param name="after">The reader's position.</param>
    /// <param name="maxBytes">Stops once the frames hold so many bytes; at least one frame is given.</param>
    /// <param name="into">Gets the frames.</param>
    public LogRead Read(Position? after, int maxBytes, List<Frame> into)
    {
        lock (_lock) return ReadLocked(after, maxBytes, into);
    }

    /// <summary>Reads, and from the answer's position on tells <paramref name="follower"/> of every commit.</summary>
    public LogRead Follow(ITopicFollower follower, Position? after, int maxBytes, List<Frame> into)
    {
        lock (_lock)
        {
            var read = ReadLocked(after, maxBytes, into);
            _followers = [.. _followers, follower];
            if (_ended) follower.OnEnded();
            return read;
        }
    }

    /// <summary>Tells <paramref name="follower"/> no more.</summary>
    public void Unfollow(ITopicFollower follower)
    {
        lock (_lock)
        {
            var at = Array.IndexOf(_followers, follower);
            if (at < 0) return;
            ITopicFollower[] left = [.. _followers.AsSpan(0, at), .. _followers.AsSpan(at + 1)];
            _followers = left;
            if (left.Length > 0 || _ended) return;
        }

        _unfollowed?.Invoke();
    }

    /// <summary>The topic leaves this silo: nothing comes after what is committed by now.</summary>
    public void End()
    {
        lock (_lock)
        {
            _ended = true;
            foreach (var follower in _followers) follower.OnEnded();
        }
    }

    private LogRead ReadLocked(Position? after, int maxBytes, List<Frame> into)
    {
        var top = new Position(Epoch, _top);
        if (after is not { } from) return Newest(top, Gap.None, into);
        if (from.Epoch != Epoch || from.Offset > _top) return Newest(top, Gap.Epoch, into);
        if (from.Offset == _top) return new LogRead(top, Gap.None, false);
        if (Delivery == Delivery.Latest) return Newest(top, Gap.None, into);
        var skip = from.Offset + 1 - _history.Oldest.Position.Offset;
        if (skip < 0) return Newest(top, Gap.History, into);

        var bytes = 0L;
        var i = (int)skip;
        while (i < _history.Count && bytes < maxBytes)
        {
            var frame = _history[i++];
            into.Add(frame);
            bytes += frame.State.Length;
        }

        return new LogRead(top, Gap.None, i < _history.Count);
    }

    private LogRead Newest(Position top, Gap gap, List<Frame> into)
    {
        if (_history.Count > 0) into.Add(_history.Newest);
        return new LogRead(top, gap, false);
    }

    private void Append(Frame frame)
    {
        if (Delivery == Delivery.Latest && _history.Count > 0) _history.RemoveOldest();
        _history.Add(frame);
        _top = frame.Position.Offset;
        _homeTime = Math.Max(_homeTime, frame.HomeTime);
    }

    /// <summary>
    /// Lets go what is beyond the bounds. What a follower has not been sent yet stays up to <see cref="BurstFactor"/> times as much: a burst longer
    /// than the history must not make a hole for followers that are only milliseconds behind.
    /// </summary>
    private void Trim()
    {
        if (_history.Count < 2) return;
        var oldest = _homeTime - (long)_bounds.HistoryAge.TotalMicroseconds;
        var sentToAll = long.MaxValue;
        foreach (var follower in _followers) sentToAll = Math.Min(sentToAll, follower.SentUpTo);
        while (_history.Count > 1)
        {
            var isBeyond = _history.Count > _bounds.HistoryFrames || _history.Bytes > _bounds.HistoryBytes || _history.Oldest.HomeTime < oldest;
            if (!isBeyond) return;
            var isFarBeyond = _history.Count > BurstFactor * (long)_bounds.HistoryFrames || _history.Bytes > BurstFactor * (long)_bounds.HistoryBytes;
            if (_history.Oldest.Position.Offset > sentToAll && !isFarBeyond) return;
            _history.RemoveOldest();
        }
    }

    private readonly record struct Staged(long Offset, ReadOnlyMemory<byte> State, long OriginTime, string? Transaction);
}

/// <summary>What a read found.</summary>
/// <param name="Top">Committed position at that moment.</param>
/// <param name="Gap">Why the frames do not continue the reader's position.</param>
/// <param name="More">True if frames follow that did not fit.</param>
internal readonly record struct LogRead(Position Top, Gap Gap, bool More);

/// <summary>Hears of a topic's commits. Called under the log's lock, on any thread: must neither block nor call back.</summary>
internal interface ITopicFollower
{
    /// <summary>Offset up to which it has what was committed; read under the log's lock.</summary>
    long SentUpTo { get; }

    /// <summary>The gateway it follows for, for operators.</summary>
    string Gateway => "";

    /// <summary>Frames were committed.</summary>
    void OnCommitted();

    /// <summary>The topic leaves this silo.</summary>
    void OnEnded();
}
