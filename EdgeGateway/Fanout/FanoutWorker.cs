using Microsoft.Extensions.Logging;

namespace E2EEvents.EdgeGateway.Fanout;

/// <summary>
/// Delivers updates to its share of the connections. One loop owns them, so nothing here locks. Everything that is ready for a connection
/// leaves in one write at the end of a round; when nothing waits a round is one update.
/// </summary>
internal sealed partial class FanoutWorker
{
    private const int RoundLimit = 256;

    private readonly WorkQueue _work = new();
    private readonly FanoutOptions _options;
    private readonly SlowBudget _budget;
    private readonly TimeProvider _time;
    private readonly GatewayMetrics _metrics;
    private readonly ILogger _logger;
    private readonly List<Connection> _connections = [];
    private readonly List<Connection> _dirty = [];
    private readonly BatchArrays _arrays = new();
    private long _now;
    private long _filteredBytes; // in this round, see HasFilteredEnough
    private long _framesSent;
    private long _bytesSent;
    private int _backlog;
    private Task? _running;

    public FanoutWorker(int index, FanoutOptions options, SlowBudget budget, TimeProvider time, GatewayMetrics metrics, ILogger logger)
    {
        _budget = budget;
        Index = index;
        _options = options;
        _time = time;
        _metrics = metrics;
        _logger = logger;
    }

    public int Index { get; }

    public int Backlog => Volatile.Read(ref _backlog);

    public void Post(Work work)
    {
        PostQuietly(work);
        Wake();
    }

    /// <summary>As <see cref="Post"/>; the caller calls <see cref="Wake"/> in the end.</summary>
    public void PostQuietly(in Work work)
    {
        Interlocked.Increment(ref _backlog);
        if (!_work.TryPost(work)) Refuse(work);
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        Post(new Work(WorkKind.Stop, this, null));
        if (_running is not null) await _running.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Takes a connection over with its first bytes; from here on it beats, and can be closed. Before anything else.</summary>
    public void Open(Connection connection, byte[] hello) => Post(new Work(WorkKind.Open, connection, hello));

    /// <summary>As <see cref="Open"/>, for a caller that has more to post at once: its first bytes then leave with what follows. The caller calls <see cref="Wake"/> in the end.</summary>
    public void OpenQuietly(Connection connection, byte[] hello) => PostQuietly(new Work(WorkKind.Open, connection, hello));

    /// <summary>Adds a subscriber that has nothing yet (epoch 0): it takes what is newest, so there is nothing to wait for.</summary>
    public void Attach(Subscriber subscriber) => Post(new Work(WorkKind.Attach, subscriber.Connection, new Attachment(subscriber, StartsOver: false, Done: null)));

    /// <summary>Adds a subscriber at its place; false when that place is no longer among the channel's recent updates: read further and try again.</summary>
    /// <param name="subscriber">With the client's place; epoch 0 = it has none.</param>
    /// <param name="startsOver">History does not reach back to the place: begin with the newest state, and tell so. Never false then.</param>
    public Task<bool> AttachAsync(Subscriber subscriber, bool startsOver)
    {
        var done = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        Post(new Work(WorkKind.Attach, subscriber.Connection, new Attachment(subscriber, startsOver, done)));
        return done.Task;
    }

    /// <summary>Writes bytes of this connection alone; completes when they were taken, or the connection is over.</summary>
    public Task WriteAsync(Connection connection, byte[] bytes)
    {
        var written = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Post(new Work(WorkKind.Write, connection, new Writing(bytes, written)));
        return written.Task;
    }

    /// <summary>The client says goodbye: what is under way leaves, then <paramref name="reply"/>, then the connection ends as one that its client left.</summary>
    public void Leave(Connection connection, byte[] reply) => Post(new Work(WorkKind.Leave, connection, reply));

    /// <summary>Answers a ping. However many a client sends, one answer is queued at most, to the newest (RFC 6455 §5.5.3).</summary>
    public void AnswerPing(Connection connection, byte[] pong)
    {
        if (connection.OwePong(pong)) Post(new Work(WorkKind.Pong, connection, null));
    }

    /// <summary>Its connections that do not take their bytes now; none once it has stopped.</summary>
    public Task<List<SlowConnection>> SlowAsync()
    {
        var slow = new TaskCompletionSource<List<SlowConnection>>(TaskCreationOptions.RunContinuationsAsynchronously);
        Post(new Work(WorkKind.Slow, this, slow));
        return slow.Task;
    }

    /// <summary>Handles what is queued, up to a limit, and flushes; false once it was told to stop. For the worker's own loop, or a test that did not start it.</summary>
    internal bool Round()
    {
        _now = Milliseconds();
        _filteredBytes = 0;
        var handled = 0;
        while (handled < RoundLimit && _work.TryTake(out var work))
        {
            handled++;
            if (work.Kind == WorkKind.Stop)
            {
                FlushDirty(); // last words that were just found
                EndAll();
                _work.Close();
                while (_work.TryTake(out work)) Refuse(work);
                return false;
            }

            TryHandle(work);
        }

        FlushDirty();
        Shed();
        Interlocked.Add(ref _backlog, -handled);
        Count();
        return true;
    }

    private long Milliseconds() => _time.GetTimestamp() / (_time.TimestampFrequency / 1000);

    private void TryHandle(in Work work)
    {
        try
        {
            Handle(work);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // Survived: the other connections of this worker. Whoever was being served gets a fresh start instead of a hole.
            Log.WorkFailed(_logger, work.Kind, e);
            if (work.Target is Connection connection) Cut(connection);
            else if (work.Target is TopicChannel channel) CutAll(channel);
        }
    }

    /// <summary>Work that came too late, the worker has stopped: nobody may wait for it for ever.</summary>
    private static void Refuse(in Work work)
    {
        if (work.Argument is Attachment attachment) attachment.Done?.TrySetResult(true);
        if (work.Argument is Writing writing) writing.Done.TrySetResult();
        if (work.Argument is TaskCompletionSource<List<SlowConnection>> slow) slow.TrySetResult([]);
        if (work.Target is Connection connection) connection.End(CloseReason.GoingAway);
    }

    private void Handle(in Work work)
    {
        switch (work.Kind)
        {
            case WorkKind.Publish:
                Publish((TopicChannel)work.Target, (Update)work.Argument!);
                break;
            case WorkKind.Open:
                Begin((Connection)work.Target, (byte[])work.Argument!);
                break;
            case WorkKind.Attach:
                Attach((Attachment)work.Argument!);
                break;
            case WorkKind.Write:
                Write((Connection)work.Target, (Writing)work.Argument!);
                break;
            case WorkKind.Written:
                EndWrite((Connection)work.Target);
                break;
            case WorkKind.CatchUp:
                CatchUpAll((Connection)work.Target);
                break;
            case WorkKind.Detach:
                Drop((Connection)work.Target);
                break;
            case WorkKind.Leave:
                Part((Connection)work.Target, (byte[])work.Argument!);
                break;
            case WorkKind.Pong:
                Pong((Connection)work.Target);
                break;
            case WorkKind.Freshness:
                TellFreshness((TopicChannel)work.Target);
                break;
            case WorkKind.Close:
                BeginClose((Connection)work.Target, (CloseReason)work.Argument!);
                break;
            case WorkKind.CloseShare:
                CloseShare((CloseReason)work.Target, (int)work.Argument!);
                break;
            case WorkKind.Slow:
                ((TaskCompletionSource<List<SlowConnection>>)work.Argument!).TrySetResult(Slow());
                break;
            case WorkKind.Tick:
                Tick();
                break;
            case WorkKind.Due:
                SendDue();
                break;
        }
    }

    private void Append(Connection connection, byte[] bytes)
    {
        if (connection.Pending.IsEmpty) MarkDirty(connection);
        connection.Pending.Add(bytes, _arrays);
        connection.WindowEnd = 0; // whoever appends an update says otherwise
    }

    private void MarkDirty(Connection connection)
    {
        if (connection.IsDirty) return;
        connection.IsDirty = true;
        _dirty.Add(connection);
    }

    private void Count()
    {
        if (_framesSent == 0 && _bytesSent == 0) return;
        _metrics.Sent(_framesSent, _bytesSent);
        (_framesSent, _bytesSent) = (0, 0);
    }

    private sealed record Attachment(Subscriber Subscriber, bool StartsOver, TaskCompletionSource<bool>? Done);

    private sealed record Writing(byte[] Bytes, TaskCompletionSource Done);
}
