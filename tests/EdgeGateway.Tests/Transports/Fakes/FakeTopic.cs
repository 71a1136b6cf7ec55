namespace E2EEvents.EdgeGateway.Tests.Transports.Fakes;

/// <summary>A topic without a silo. It answers reads as a real one does: history within a bound, gaps told, one epoch at a time.</summary>
internal sealed class FakeTopic(TopicKey key, Delivery delivery, FakeRegion region) : ITopicReader
{
    private readonly Lock _lock = new();
    private readonly List<Frame> _history = [];
    private Position _position = A.At(0);

    public string Name { get; } = key.ToString();

    public Position Position
    {
        get
        {
            lock (_lock) return _position;
        }
    }

    /// <summary>Frames kept; the newest alone for latest-kind topics.</summary>
    public int HistoryBound { get; init; } = 1000;

    /// <summary>Frames given by one read at most, whatever fits.</summary>
    public int FramesPerRead { get; init; } = int.MaxValue;

    /// <summary>What calls fail with; null = they are answered.</summary>
    public Exception? Fault { get; set; }

    /// <summary>Reads and follows answered so far.</summary>
    public int Calls { get; private set; }

    /// <summary>Appends frames and tells the feed after each.</summary>
    public FakeTopic Publish(int count = 1)
    {
        for (var i = 0; i < count; i++)
        {
            lock (_lock)
            {
                _position = _position with { Offset = _position.Offset + 1 };
                _history.Add(A.Frame(_position.Offset, _position.Epoch, homeTime: FakeRegion.Now));
                var bound = delivery == Delivery.Latest ? 1 : HistoryBound;
                if (_history.Count > bound) _history.RemoveAt(0);
            }

            region.Feed.Changed(this);
        }

        return this;
    }

    /// <summary>A new run of offsets; its first frame is yet to come.</summary>
    public void BeginEpoch(ulong epoch)
    {
        lock (_lock)
        {
            _position = A.At(0, epoch);
            _history.Clear();
        }
    }

    public Task<TopicAnswer> ReadAsync(Position? after, int maxBytes, CancellationToken cancellationToken)
    {
        if ((Fault ?? region.Fault) is { } fault) return Task.FromException<TopicAnswer>(fault);
        return Task.FromResult(Answer(after, 0));
    }

    /// <summary>Runs between a follow and its answer, once.</summary>
    public Func<TopicAnswer, Task>? Answering { get; set; }

    public async Task<TopicAnswer> FollowAsync(string gateway, Position? after, int maxBytes, CancellationToken cancellationToken)
    {
        if ((Fault ?? region.Fault) is { } fault) throw fault;
        var answer = region.Feed.Follow(this, after);
        var answering = Answering;
        Answering = null;
        if (answering is not null) await answering(answer);
        return answer;
    }

    public TopicAnswer Answer(Position? after, long follow)
    {
        lock (_lock)
        {
            Calls++;
            var gap = GapOf(after);
            var from = after is { } have && gap == Gap.None && delivery == Delivery.Every ? have.Offset + 1 : _position.Offset;
            if (after == _position) from = _position.Offset + 1;
            var frames = new List<Frame>();
            foreach (var frame in _history)
            {
                if (frame.Position.Offset >= from && frames.Count < FramesPerRead) frames.Add(frame);
            }

            return new TopicAnswer(_position, delivery, gap, FrameCodec.Encode(frames), FakeRegion.Silo, follow, FakeRegion.Now, FakeRegion.Now);
        }
    }

    /// <summary>Writes what lies after a cursor, or the newest frame of another epoch.</summary>
    /// <returns>Where the cursor stands then.</returns>
    public Position WriteAfter(Position cursor, long follow, FrameWriter writer)
    {
        lock (_lock)
        {
            foreach (var frame in _history)
            {
                if (cursor.Epoch == frame.Position.Epoch && frame.Position.Offset <= cursor.Offset) continue;
                writer.Write(follow, Name, frame);
            }

            return _position;
        }
    }

    private Gap GapOf(Position? after)
    {
        if (after is not { } have) return Gap.None;
        if (have.Epoch != _position.Epoch || have.Offset > _position.Offset) return Gap.Epoch;
        if (delivery == Delivery.Latest || have.Offset == _position.Offset) return Gap.None;
        return have.Offset + 1 < _history[0].Position.Offset ? Gap.History : Gap.None;
    }

    /// <summary>Events published, refused ones included.</summary>
    public List<SourcedEvent> Published { get; } = [];

    /// <summary>What publications are answered with; null = stored once for each event id.</summary>
    public Func<SourcedEvent, PublishAnswer?> OnPublish { get; set; } = _ => null;

    public Task<TopicInspection> InspectAsync(CancellationToken cancellationToken) => throw new NotSupportedException("Nobody inspects it here.");

    public Task<PublishAnswer> PublishAsync(SourcedEvent e, CancellationToken cancellationToken)
    {
        if ((Fault ?? region.Fault) is { } fault) return Task.FromException<PublishAnswer>(fault);
        var isKnown = Published.Exists(known => known.EventId == e.EventId);
        Published.Add(e);
        if (OnPublish(e) is { } answer) return Task.FromResult(answer);
        if (!isKnown) Publish();
        return Task.FromResult(new PublishAnswer(isKnown ? PublishOutcome.Duplicate : PublishOutcome.Accepted, Position));
    }
}
