using System.Collections.Concurrent;
using E2EEvents.Grains.Topics;

namespace E2EEvents.Grains.Feeds;

/// <summary>
/// All that one gateway follows at this silo: a queue of the follows that have something new, how far each has been sent, and the one answer whose
/// receipt is not confirmed yet. It holds no frames of its own; what a slow gateway has not read is in the topics' histories or gone from them.
/// A commit costs a flag and a queue entry, without the feed's lock; answers are made under it.
/// </summary>
/// <remarks>
/// Watermark: follows are sent in rounds. A round begins at a time T with all that is dirty then; once all of these have been sent, everything
/// committed before T has, whatever has become dirty meanwhile. So the watermark moves on even while there is always more than an answer holds.
/// </remarks>
internal sealed class Feed
{
    /// <summary>Bytes one topic may take at a time while others wait.</summary>
    private const int TurnBytes = 32 << 10;
    private const int MinBytes = 1 << 10;
    private const int MaxBytes = 4 << 20;
    private static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private readonly ConcurrentQueue<Follow> _dirty = new();
    private readonly Queue<Follow> _round = new();
    private readonly Dictionary<string, Follow> _follows = [];
    private readonly Dictionary<long, Follow> _byNumber = [];
    private readonly List<long> _ended = [];
    private readonly List<Frame> _frames = [];
    private readonly FeedRegistry _registry;
    private TaskCompletionSource? _wake;
    private FeedAnswer? _unconfirmed;
    private long _number;
    private long _confirmed;
    private readonly FeedFreshness _fresh;
    private long _turn;
    private long _lastSign;
    private int _pulls;
    private bool _over;

    public Feed(string gateway, FeedRegistry registry)
    {
        (Gateway, _registry) = (gateway, registry);
        Instance = registry.NextNumber();
        _lastSign = registry.Time.GetTimestamp();
        _fresh = new FeedFreshness(registry.Freshness);
        _registry.Metrics.FeedOpened();
    }

    public string Gateway { get; }

    /// <summary>Number of this feed; from the same counter as follows, so that a follow belongs to it only if its number is higher.</summary>
    public long Instance { get; }

    /// <summary>Adds a topic, or starts it over from what this answers; null when the feed is over.</summary>
    public (LogRead Read, long Number)? Follow(TopicLog log, Position? after, int maxBytes, List<Frame> into)
    {
        lock (_lock)
        {
            if (_over) return null;
            _lastSign = _registry.Time.GetTimestamp();
            if (_follows.TryGetValue(log.Topic, out var before))
            {
                Remove(before);
                _ended.Add(before.Number); // the gateway may know this one alone: a follow that it gave up waiting for may arrive late, behind another
                Wake();
            }

            var follow = new Follow(this, _registry.NextNumber(), log);
            _follows.Add(log.Topic, follow);
            _byNumber.Add(follow.Number, follow);
            _registry.Metrics.FollowsChanged(1);
            var read = log.Follow(follow, after, maxBytes, into);
            follow.SentUpTo = read.Top.Offset;
            return (read, follow.Number);
        }
    }

    /// <summary>A follow has something new.</summary>
    public void Enqueue(Follow follow)
    {
        _dirty.Enqueue(follow);
        Wake();
    }

    /// <summary>Waits for something to send; null when the feed is over.</summary>
    public async Task<FeedAnswer?> PullAsync(FeedPull pull, CancellationToken cancellationToken)
    {
        var started = _registry.Time.GetTimestamp();
        long turn;
        lock (_lock)
        {
            turn = ++_turn;
            _pulls++;
        }

        Wake(); // an older pull ends
        try
        {
            if (Begin(pull) is { } early) return early;
            var longest = pull.Wait < MaxWait ? pull.Wait : MaxWait;
            while (true)
            {
                var left = longest - _registry.Time.GetElapsedTime(started);
                var wake = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                if (TryAnswer(turn, pull.MaxBytes, wake, mustAnswer: left <= TimeSpan.Zero, out var answer)) return answer;
                await wake.Task.WaitAsync(left, _registry.Time, cancellationToken)
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
                cancellationToken.ThrowIfCancellationRequested();
            }
        }
        finally
        {
            lock (_lock)
            {
                _pulls--;
                _lastSign = _registry.Time.GetTimestamp();
            }
        }
    }

    /// <summary>A watermark from upstream has risen: a waiting pull may pass it on.</summary>
    public void OnRisen() => Wake();

    /// <summary>Ends the feed if its gateway has given no sign for longer than <paramref name="lease"/>.</summary>
    public bool TryExpire(TimeSpan lease)
    {
        TimeSpan silence;
        int follows;
        lock (_lock)
        {
            silence = _registry.Time.GetElapsedTime(_lastSign);
            if (_over || _pulls > 0 || silence <= lease) return false;
            follows = _follows.Count;
            End();
        }

        Log.FeedEnded(_registry.Logger, Gateway, silence, follows);
        return true;
    }

    /// <summary>What an acknowledgement and a pull's other news change; an answer when there is one already.</summary>
    private FeedAnswer? Begin(FeedPull pull)
    {
        lock (_lock)
        {
            if (_over) return null;
            foreach (var number in pull.Drop)
            {
                if (_byNumber.TryGetValue(number, out var follow)) Remove(follow);
            }

            if (pull.Instance != Instance) return Empty(_confirmed); // it has to know this feed first; confirms nothing
            if (pull.Ack > _number)
            {
                Log.FeedAckedUnknown(_registry.Logger, Gateway, pull.Ack, _number);
                End();
                return null;
            }

            _confirmed = Math.Max(_confirmed, pull.Ack);
            if (_unconfirmed is null || _unconfirmed.Number <= pull.Ack)
            {
                _unconfirmed = null;
                return null;
            }

            _registry.Metrics.AnswerRepeated();
            return _unconfirmed with { Watermarks = _fresh.Resent(_unconfirmed.Watermarks) };
        }
    }

    private bool TryAnswer(long turn, int maxBytes, TaskCompletionSource wake, bool mustAnswer, out FeedAnswer? answer)
    {
        lock (_lock)
        {
            answer = null;
            if (_over) return true;
            if (turn != _turn)
            {
                answer = Empty(_confirmed);
                return true;
            }

            Interlocked.Exchange(ref _wake, wake); // before looking: what becomes dirty after that completes it
            var writer = Collect(Math.Clamp(maxBytes, MinBytes, MaxBytes));
            if (writer is null && _ended.Count == 0 && !mustAnswer && !_fresh.HasNews) return false;
            answer = new FeedAnswer(Instance, ++_number, writer?.ToArray() ?? FrameCodec.Empty, [.. _ended], _fresh.Told(), _fresh.Lagging(_byNumber));
            _unconfirmed = answer.Frames.Length > 0 || answer.Ended.Length > 0 ? answer : null; // nothing is lost with an empty one
            _ended.Clear();
            return true;
        }
    }

    /// <summary>Writes what is new, topics in turn, until there is no more or the bytes are used up.</summary>
    private FrameWriter? Collect(int maxBytes)
    {
        FrameWriter? writer = null;
        var count = 0;
        while (true)
        {
            if (_round.Count == 0 && !BeginRound()) break;
            var left = maxBytes - (writer?.Length ?? 0);
            if (left <= 0) break;
            count += Send(_round.Dequeue(), Math.Min(left, TurnBytes), ref writer);
        }

        if (writer is not null) _registry.Metrics.Fed(count, writer.Length);
        return writer;
    }

    /// <summary>All of the round has been sent: the next one holds what is dirty now. False when that is nothing.</summary>
    private bool BeginRound()
    {
        _fresh.EndRound();
        _fresh.BeginRound(_byNumber);
        for (var i = _dirty.Count; i > 0 && _dirty.TryDequeue(out var follow); i--) _round.Enqueue(follow);
        if (_round.Count > 0) return true;
        _fresh.EndRound();
        return false;
    }

    private int Send(Follow follow, int maxBytes, ref FrameWriter? writer)
    {
        if (follow.IsDropped) return 0;
        follow.Clean();
        var ended = follow.IsEnded; // before reading: nothing is committed after the end
        _frames.Clear();
        var read = follow.Log.Read(new Position(follow.Log.Epoch, follow.SentUpTo), maxBytes, _frames);
        if (_frames.Count > 0)
        {
            writer ??= new FrameWriter();
            foreach (var frame in _frames) writer.Write(follow.Number, follow.Log.Topic, frame);
            follow.SentUpTo = _frames[^1].Position.Offset;
        }

        if (read.More)
        {
            _round.Enqueue(follow); // behind the others; the round is not over before it
        }
        else if (ended)
        {
            _ended.Add(follow.Number);
            Remove(follow);
        }

        return _frames.Count;
    }

    /// <summary>An answer that confirms nothing and says nothing about freshness: what was sent before it may have been lost.</summary>
    private FeedAnswer Empty(long number) => new(Instance, number, FrameCodec.Empty, [], [], []);

    private void Remove(Follow follow)
    {
        follow.IsDropped = true;
        _byNumber.Remove(follow.Number);
        if (_follows.GetValueOrDefault(follow.Log.Topic) == follow) _follows.Remove(follow.Log.Topic);
        follow.Log.Unfollow(follow);
        _registry.Metrics.FollowsChanged(-1);
    }

    private void End()
    {
        _over = true;
        foreach (var follow in new List<Follow>(_byNumber.Values)) Remove(follow);
        _unconfirmed = null;
        _registry.Metrics.FeedClosed();
        _registry.Forget(this);
        Wake();
    }

    private void Wake() => Interlocked.Exchange(ref _wake, null)?.TrySetResult();
}
