using E2EEvents.EdgeGateway.Fanout;
using E2EEvents.EdgeGateway.Transports.WebSocket;

namespace E2EEvents.EdgeGateway.Sockets;

/// <summary>
/// A client's socket without the framework in between: a write is one system call, what the kernel does not take waits for its word. Used on the
/// thread of the connection's worker only.
/// </summary>
/// <param name="handle">The connected descriptor, not blocking; owned from now on.</param>
/// <param name="maxFrameBytes">Longest frame taken from a WebSocket client.</param>
internal sealed class DirectConnection(int handle, int maxFrameBytes) : IConnectionSink
{
    /// <summary>Time for the client to close in its turn, before the descriptor is closed with whatever is left unread. Milliseconds.</summary>
    private const int LeaveMilliseconds = 2000;

    private Connection? _connection;
    private SocketSet? _set;
    private UnsentBytes? _unsent;
    private ClientFrames? _frames;
    private int _place;
    private State _state;
    private bool _isDeaf;
    private bool _isAtEnd;

    private enum State : byte
    {
        /// <summary>No worker has it yet.</summary>
        New,
        Open,

        /// <summary>The client is gone; the worker was told and drops it in its next round.</summary>
        Lost,

        /// <summary>All is said; waits for the client to close.</summary>
        Leaving,
        Closed,
    }

    public bool IsClosed => _state == State.Closed;

    public void Begin(Connection connection)
    {
        (_connection, _set) = (connection, connection.Worker!.Sockets!);
        _state = State.Open;
        _place = _set.Add(this, handle, Libc.EpollIn);
        if (_place < 0) Lose();
    }

    public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        if (_state != State.Open) return default; // dropped in the next round
        var sent = Libc.Send(handle, bytes.Span);
        if (sent == bytes.Length) return default;
        if (sent < 0 && !IsForLater(sent))
        {
            Lose();
            return default;
        }

        _unsent ??= new UnsentBytes();
        var rest = _unsent.Begin(bytes[Math.Max(0, sent)..]);
        Listen();
        return rest;
    }

    public void Abort()
    {
        if (_state is State.New or State.Closed) return; // new: its end closes it
        Forget();
        Libc.Reset(handle);
        _unsent?.Complete();
    }

    /// <summary>Nothing more will be written. A client that was told why is given time to take that in: closing at once could throw it away on its way.</summary>
    public void End()
    {
        if (_state == State.Open && _connection!.CloseWritten)
        {
            _state = State.Leaving;
            Libc.EndSending(handle);
            _set!.CloseAt(this, _connection.LastWrite + LeaveMilliseconds);
            (_connection, _frames) = (null, null);
            _set.Modify(handle, Libc.EpollIn, _place);
        }
        else
        {
            Close();
        }
    }

    public void Close()
    {
        if (_state == State.Closed) return;
        Forget();
        Libc.Close(handle);
    }

    /// <summary>The kernel has something to tell. What it tells may be out of date; only what a call answers counts.</summary>
    public void OnReady(int ready)
    {
        if (_state == State.Open && _unsent is { IsEmpty: false } && (ready & (Libc.EpollOut | Libc.EpollError | Libc.EpollHangUp)) != 0) Continue();
        if ((ready & (Libc.EpollIn | Libc.EpollError | Libc.EpollHangUp)) == 0) return;
        if (_state is State.Open or State.Leaving) Read();
    }

    /// <summary>The client is gone: whatever is said from here on goes nowhere, and the worker ends the connection in its next round.</summary>
    public void Lose()
    {
        if (_state == State.Leaving) Close();
        if (_state != State.Open) return;
        _state = State.Lost;
        var connection = _connection!;
        connection.Worker!.Post(new Work(WorkKind.Detach, connection, null));
        _unsent?.Complete();
    }

    private static bool IsForLater(int outcome) => outcome is -Libc.ErrAgain or -Libc.ErrInterrupted;

    private void Forget()
    {
        if (_state != State.New && _place >= 0) _set!.Remove(_place);
        _state = State.Closed;
        _connection = null;
    }

    /// <summary>Tells the kernel what to wake for.</summary>
    private void Listen()
    {
        var writing = _unsent is { IsEmpty: false } ? Libc.EpollOut : 0;
        _set!.Modify(handle, writing | (_isAtEnd ? 0 : Libc.EpollIn), _place);
    }

    private void Continue()
    {
        var sent = Libc.Send(handle, _unsent!.Rest);
        if (sent < 0)
        {
            if (!IsForLater(sent)) Lose();
            return;
        }

        var isWhole = _unsent.Advance(sent);
        _connection!.Worker!.Taken(_connection, sent);
        if (!isWhole) return;
        Listen();
        _unsent.Complete();
    }

    private void Read()
    {
        var read = Libc.Receive(handle, _set!.Buffer);
        if (read > 0)
        {
            if (_state == State.Open && !_isDeaf && _connection!.Format == WireFormat.WebSocket) Take(_set.Buffer.AsSpan(0, read));
        }
        else if (read < 0 && IsForLater(read))
        {
            // out of date
        }
        else if (_state == State.Leaving)
        {
            Close();
        }
        else if (read == 0 && (_isDeaf || _connection!.Closing is not null || _frames is { IsRefused: true }))
        {
            _isAtEnd = true; // it says no more, and the reason may still get out
            Listen();
        }
        else
        {
            Lose();
        }
    }

    private void Take(ReadOnlySpan<byte> bytes)
    {
        var frames = _frames ?? _set!.TakeFrames(maxFrameBytes);
        _isDeaf = !frames.Take(_connection!, bytes);
        _frames = frames.IsEmpty ? null : frames;
        if (_frames is null) _set!.GiveBack(frames);
    }
}
