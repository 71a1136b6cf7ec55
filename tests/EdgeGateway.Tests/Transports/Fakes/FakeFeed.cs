namespace E2EEvents.EdgeGateway.Tests.Transports.Fakes;

/// <summary>The feed of the only gateway at the only silo: changed topics and a cursor for each follow, long-polled.</summary>
internal sealed class FakeFeed : IFeedGrain
{
    private readonly Lock _lock = new();
    private readonly Dictionary<long, Cursor> _cursors = [];
    private TaskCompletionSource _changed = NewSignal();
    private readonly List<long> _ended = [];
    private FeedAnswer? _unacknowledged;
    private long _follows = 1; // the feed's own instance is number 1
    private long _answers;
    private long _acknowledged;

    /// <summary>Topics followed now: those whose drop has not arrived.</summary>
    public bool IsFollowed(FakeTopic topic)
    {
        lock (_lock)
        {
            foreach (var cursor in _cursors.Values)
            {
                if (cursor.Topic == topic) return true;
            }

            return false;
        }
    }

    public TopicAnswer Follow(FakeTopic topic, Position? after)
    {
        lock (_lock)
        {
            var answer = topic.Answer(after, ++_follows);
            _cursors[_follows] = new Cursor(topic, answer.Position);
            return answer;
        }
    }

    /// <summary>The topic of that follow leaves the silo. Ends once the gateway has acknowledged the answer that says so.</summary>
    public async Task EndAsync(long follow)
    {
        long told;
        lock (_lock)
        {
            _cursors.Remove(follow);
            _ended.Add(follow);
            told = _answers + 1;
            _changed.TrySetResult();
        }

        await Eventually.TrueAsync(() => Volatile.Read(ref _acknowledged) >= told, GatewayRig.Soon);
    }

    public void Changed(FakeTopic topic)
    {
        lock (_lock)
        {
            foreach (var cursor in _cursors.Values) cursor.IsChanged |= cursor.Topic == topic;
            _changed.TrySetResult();
        }
    }

    public async Task<FeedAnswer> PullAsync(FeedPull pull, CancellationToken cancellationToken)
    {
        Task changed;
        lock (_lock)
        {
            if (_unacknowledged is { } again && pull.Ack < again.Number) return again;
            foreach (var follow in pull.Drop) _cursors.Remove(follow);
            Volatile.Write(ref _acknowledged, pull.Ack);
            changed = _changed.Task;
        }

        await changed.WaitAsync(pull.Wait, TimeProvider.System, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        cancellationToken.ThrowIfCancellationRequested();
        lock (_lock)
        {
            _changed = NewSignal();
            var now = FakeRegion.Now; // before collecting: what is found is at least that fresh
            long[] ended = [.. _ended];
            _ended.Clear();
            return _unacknowledged = new FeedAnswer(1, ++_answers, Collect(), ended, [new Watermark("home", now, now)], []);
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private byte[] Collect()
    {
        var writer = new FrameWriter();
        foreach (var (follow, cursor) in _cursors)
        {
            if (!cursor.IsChanged) continue;
            cursor.IsChanged = false;
            cursor.Position = cursor.Topic.WriteAfter(cursor.Position, follow, writer);
        }

        return writer.ToArray();
    }

    private sealed class Cursor(FakeTopic topic, Position position)
    {
        public FakeTopic Topic { get; } = topic;

        public Position Position { get; set; } = position;

        public bool IsChanged { get; set; }
    }
}
