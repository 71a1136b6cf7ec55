using E2EEvents.Load.Clients;

namespace E2EEvents.Load.Sources;

/// <summary>The feed of the only gateway: changed topics and a cursor for each, as a silo's feed has.</summary>
internal sealed class FakeFeed(Clock clock) : IFeedGrain
{
    private readonly Lock _lock = new();
    private readonly Dictionary<FakeTopic, Cursor> _cursors = [];
    private readonly Queue<Cursor> _changed = new();
    private TaskCompletionSource _signal = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private FeedAnswer? _unacknowledged;
    private long _follows;
    private long _answers;

    public TopicAnswer Follow(FakeTopic topic, Position? after)
    {
        lock (_lock)
        {
            var follow = ++_follows;
            var answer = topic.Answer(after, follow, clock.Now);
            if (_cursors.Remove(topic, out var old)) old.IsDropped = true;
            _cursors[topic] = new Cursor(topic, follow) { Offset = answer.Position.Offset };
            return answer;
        }
    }

    public void Changed(FakeTopic topic)
    {
        lock (_lock)
        {
            if (!_cursors.TryGetValue(topic, out var cursor) || cursor.IsChanged) return;
            cursor.IsChanged = true;
            _changed.Enqueue(cursor);
            _signal.TrySetResult();
        }
    }

    public async Task<FeedAnswer> PullAsync(FeedPull pull, CancellationToken cancellationToken)
    {
        if (_unacknowledged is { } again && pull.Ack < again.Number) return again;
        Task changed;
        lock (_lock)
        {
            Drop(pull.Drop);
            if (_signal.Task.IsCompleted && _changed.Count == 0) _signal = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            changed = _signal.Task;
        }

        await changed.WaitAsync(pull.Wait, clock.Time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        var now = clock.Now;
        _unacknowledged = new FeedAnswer(1, ++_answers, Collect(pull.MaxBytes), [], [new Watermark(FakeRegion.Name, now, now)], []);
        return _unacknowledged;
    }

    private byte[] Collect(int maxBytes)
    {
        var writer = new FrameWriter();
        lock (_lock)
        {
            while (writer.Length < maxBytes && _changed.TryDequeue(out var cursor))
            {
                cursor.IsChanged = false;
                if (cursor.IsDropped) continue;
                cursor.Offset = cursor.Topic.WriteAfter(cursor.Offset, cursor.Follow, writer, maxBytes);
                if (cursor.Offset == cursor.Topic.Offset) continue;
                cursor.IsChanged = true;
                _changed.Enqueue(cursor);
            }
        }

        return writer.ToArray();
    }

    private void Drop(long[] follows)
    {
        foreach (var follow in follows)
        {
            foreach (var (topic, cursor) in _cursors)
            {
                if (cursor.Follow != follow) continue;
                cursor.IsDropped = true;
                _cursors.Remove(topic);
                break;
            }
        }
    }

    private sealed class Cursor(FakeTopic topic, long follow)
    {
        public FakeTopic Topic { get; } = topic;

        public long Follow { get; } = follow;

        public long Offset { get; set; }

        public bool IsChanged { get; set; }

        public bool IsDropped { get; set; }
    }
}
