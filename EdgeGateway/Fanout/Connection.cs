using System.Net;

namespace E2EEvents.EdgeGateway.Fanout;

/// <summary>Where a connection's bytes go. One write at a time; what is given is not kept beyond the returned task. Called by the worker only.</summary>
internal interface IConnectionSink
{
    /// <summary>The worker has the connection from now on. Before any write.</summary>
    void Begin(Connection connection)
    {
    }

    /// <summary>Hands bytes to the transport; completes when it can take more.</summary>
    ValueTask WriteAsync(ReadOnlyMemory<byte> bytes);

    /// <summary>Cuts the connection at once.</summary>
    void Abort();

    /// <summary>The connection is over: the last call, once, by whichever thread ends it.</summary>
    void End()
    {
    }
}

/// <summary>Who is told that a connection is over, and gives back what was taken for it. Called once, on the worker's thread as a rule: must not block.</summary>
internal interface IConnectionEnding
{
    void Ended(Connection connection);
}

/// <summary>
/// One client's stream, in one view, over one or several topics. It belongs to its worker; only <see cref="Ended"/>, <see cref="Ponged"/> and
/// <see cref="OwePong"/> may be used by others once the worker has it.
/// </summary>
internal sealed class Connection
{
    private TaskCompletionSource<CloseReason?>? _awaitingEnd;
    private int _isEnded;
    private CloseReason? _endReason;
    private byte[]? _owedPong;
    private bool _awaitsPong;

    public Connection(IConnectionSink sink, View view, string transport)
    {
        Sink = sink;
        View = view;
        Transport = transport;
    }

    public IConnectionSink Sink { get; }

    /// <summary>What the client sees, and how it is written.</summary>
    public View View { get; }

    public WireFormat Format => View.Format;

    /// <summary>For metrics: sse or websocket.</summary>
    public string Transport { get; }

    /// <summary>Told of the end without a task.</summary>
    public IConnectionEnding? Ending { get; init; }

    /// <summary>The worker is done with the connection.</summary>
    public bool IsEnded => Volatile.Read(ref _isEnded) != 0;

    /// <summary>Completes when it is: with the reason it was closed for, or null when it was lost. Made when first asked for: most connections have nobody waiting.</summary>
    public Task<CloseReason?> Ended
    {
        get
        {
            var waiting = Volatile.Read(ref _awaitingEnd);
            if (waiting is null)
            {
                var made = new TaskCompletionSource<CloseReason?>(TaskCreationOptions.RunContinuationsAsynchronously);
                waiting = Interlocked.CompareExchange(ref _awaitingEnd, made, null) ?? made;
            }

            if (IsEnded) waiting.TrySetResult(_endReason);
            return waiting.Task;
        }
    }

    public FanoutWorker? Worker { get; set; }

    /// <summary>Place in the worker's table.</summary>
    public int Index { get; set; } = -1;

    public List<Subscriber> Subscribers { get; } = new(1);

    /// <summary>Where the client stands in topics that are not joined yet, if in any. Filled before the worker takes the connection over.</summary>
    public List<(string Topic, Position Position)>? Unjoined { get; set; }

    /// <summary>Bytes to leave with the next flush.</summary>
    public Batch Pending; // a field, because it is a struct that changes in place

    /// <summary>Which update the client's decompressor was given last, so that the next one may refer to it; 0 = none that could be. See <see cref="UpdateEncodings"/>.</summary>
    public long WindowEnd { get; set; }

    /// <summary>In the list of connections to flush at the end of the round.</summary>
    public bool IsDirty { get; set; }

    /// <summary>A write is under way: nothing is added until it completes.</summary>
    public bool IsBlocked { get; set; }

    /// <summary>A subscriber may have missed its turn: look at all of them when the write completes.</summary>
    public bool IsBehind { get; set; }

    public ValueTask Writing { get; set; }

    /// <summary>Buffer that <see cref="Writing"/> reads from, to be given back.</summary>
    public byte[]? Gathered { get; set; }

    /// <summary>Called by the transport when <see cref="Writing"/> completes; one delegate for the connection's life, made for its first write that is not taken at once.</summary>
    public Action? OnWritten { get; set; }

    /// <summary>Milliseconds of the worker's clock.</summary>
    public long BlockedSince { get; set; }

    /// <summary>Bytes of the write under way.</summary>
    public int HeldBytes { get; set; }

    /// <summary>The client's address, for an operator.</summary>
    public IPAddress? Client { get; init; }

    public long LastWrite { get; set; }

    public long ConnectedAt { get; set; }

    public long EndsAt { get; set; }

    public long PingSentAt { get; set; }

    /// <summary>A ping is on its way and nothing has come back.</summary>
    public bool AwaitsPong
    {
        get => Volatile.Read(ref _awaitsPong);
        set => Volatile.Write(ref _awaitsPong, value);
    }

    public CloseReason? Closing { get; set; }

    /// <summary>Last bytes instead of the reason: the answer to the client's own close.</summary>
    public byte[]? Farewell { get; set; }

    public bool CloseWritten { get; set; }

    public long AbortAt { get; set; }

    /// <summary>Several topics on one SSE stream: positions moved since the last id block.</summary>
    public bool OwesId { get; set; }

    /// <summary>Who waits for bytes in <see cref="Pending"/> to be taken (<see cref="FanoutWorker.WriteAsync"/>).</summary>
    public List<TaskCompletionSource>? AwaitingPending { get; set; }

    /// <summary>Who waits for bytes of the write under way.</summary>
    public List<TaskCompletionSource>? AwaitingWrite { get; set; }

    /// <summary>A pong came: somebody reads.</summary>
    public void Ponged() => AwaitsPong = false;

    /// <summary>Notes the answer to the client's newest ping; true if the worker has to be told.</summary>
    public bool OwePong(byte[] pong) => Interlocked.Exchange(ref _owedPong, pong) is null;

    public byte[] TakeOwedPong() => Interlocked.Exchange(ref _owedPong, null)!;

    /// <summary>Completes <see cref="Ended"/>: from here on the transport belongs to others. Never while a write is under way.</summary>
    public void End(CloseReason? reason)
    {
        if (IsEnded) return;
        _endReason = reason;
        if (Interlocked.Exchange(ref _isEnded, 1) != 0) return;
        Volatile.Read(ref _awaitingEnd)?.TrySetResult(reason);
        Sink.End();
        Ending?.Ended(this);
    }
}

/// <summary>One connection's interest in one topic: a place in the topic's updates, never a queue.</summary>
/// <param name="connection">Whose.</param>
/// <param name="channel">In which topic.</param>
/// <param name="selection">The fields of the connection's view, as the topic counts them.</param>
internal sealed class Subscriber(Connection connection, TopicChannel channel, Selection selection)
{
    public Connection Connection { get; } = connection;

    public TopicChannel Channel { get; } = channel;

    public Selection Selection { get; } = selection;

    /// <summary>Milliseconds between two updates at least; 0 = none. An <see cref="Delivery.Every"/> topic is never thinned.</summary>
    public int Interval { get; } = channel.Delivery == Delivery.Latest ? Math.Max(channel.Interval, connection.View.Interval) : 0;

    /// <summary>When the next update may leave, in milliseconds of the worker's clock.</summary>
    public long NextAt { get; set; }

    /// <summary>In the worker's list of those that get the newest update when they may.</summary>
    public bool IsWaiting { get; set; }

    /// <summary>Updates that change none of the chosen fields are left out: what the client has is the newest value already.</summary>
    public bool SkipsUnchanged { get; } = channel.Delivery == Delivery.Latest && selection.Fields is not null;

    /// <summary>Place in the channel's list.</summary>
    public int Index { get; set; } = -1;

    public ulong Epoch { get; set; }

    /// <summary>Newest offset that the client has or is being sent.</summary>
    public long Offset { get; set; }

    /// <summary>True once this connection was sent the frame at <see cref="Offset"/>, so that a patch may build on it.</summary>
    public bool HasBase { get; set; }

    /// <summary>What the client was told last about the topic's freshness; a stream begins fresh.</summary>
    public bool ToldStale { get; set; }
}

/// <summary>Subscribers of one topic at one worker. Changed by that worker only.</summary>
internal sealed class SubscriberList
{
    private Subscriber[] _items = [];
    private int _count;

    public int Count => Volatile.Read(ref _count);

    public ReadOnlySpan<Subscriber> Items => _items.AsSpan(0, _count);

    public void Add(Subscriber subscriber)
    {
        if (_count == _items.Length) Array.Resize(ref _items, Math.Max(4, _count * 2));
        subscriber.Index = _count;
        _items[_count] = subscriber;
        Interlocked.Increment(ref _count); // a full fence: the channel's newest update is read after it
    }

    public void Remove(Subscriber subscriber)
    {
        if (subscriber.Index < 0) return;
        var last = _items[_count - 1];
        _items[subscriber.Index] = last;
        last.Index = subscriber.Index;
        _items[_count - 1] = null!;
        _count--;
        subscriber.Index = -1;
        if (_count == 0) _items = [];
    }
}
