using System.Buffers;
using System.Text;
using E2EEvents.Load.Sockets;

namespace E2EEvents.Load.Clients;

/// <summary>One socket of a loop's thread: connects, reads, gives whole messages on. Keeps a buffer only while an incomplete message waits for its rest.</summary>
internal abstract class SocketConnection(ClientLoop loop, int number)
{
    /// <summary>Why a connection that never reads is over.</summary>
    public const string CutWhileNotReading = "cut by the server while not reading";

    private const int MaxMessageBytes = 4 << 20;

    private byte[] _kept = [];
    private int _keptBytes;
    private long _connectStarted;

    /// <summary>Which of all connections it is.</summary>
    public int Number { get; } = number;

    /// <summary>Place in the loop's table; key of its events.</summary>
    public int Index { get; set; }

    public int Handle { get; private set; } = -1;

    public bool IsOpen => Handle >= 0;

    /// <summary>It has all that a subscriber waits for before its first change.</summary>
    public abstract bool HasJoined { get; }

    /// <summary>Stops reading once it has joined, as a client that hangs does.</summary>
    public bool NeverReads { get; init; }

    protected ClientLoop Loop { get; } = loop;

    private bool IsConnecting { get; set; }

    /// <summary>Begins to connect.</summary>
    public void Open()
    {
        var target = Loop.Target;
        _connectStarted = Loop.Clock.Timestamp;
        // A small buffer in the kernel, so that the server notices soon that nobody reads.
        Handle = Libc.OpenTcp(target.SourceOf(Number), NeverReads ? 4096 : 0);
        IsConnecting = true;
        Loop.Add(this, Libc.EpollOut | Libc.EpollPeerClosed);
        if (Libc.BeginConnect(Handle, target.Address, target.Port) is var error and not 0) Lose($"connect: errno {error}");
    }

    public void OnReady(int ready)
    {
        if (IsConnecting)
        {
            if (Libc.ConnectError(Handle) is var error and not 0)
            {
                Lose($"connect: errno {error}");
                return;
            }

            IsConnecting = false;
            Watch(Libc.EpollIn | Libc.EpollPeerClosed);
            Begin();
            return;
        }

        if (NeverReads && HasJoined && (ready & Libc.EpollIn) == 0) Lose(CutWhileNotReading);
        else Read();
    }

    /// <summary>The time of a <see cref="ClientLoop.CallAt"/> has come.</summary>
    public virtual void OnTimer()
    {
    }

    public void Close()
    {
        if (!IsOpen) return;
        _ = Libc.Close(Handle);
        Handle = -1;
        GiveBack();
        Loop.Removed(this);
    }

    /// <summary>The connection ended although the driver did not want it to.</summary>
    public void Lose(string reason)
    {
        if (!IsOpen) return;
        Loop.Figures.Lost(reason);
        Close();
    }

    /// <summary>Connected: send the first request.</summary>
    protected abstract void Begin();

    /// <summary>Takes whole messages; returns the bytes used, the rest is given again with more.</summary>
    protected abstract int Take(ReadOnlySpan<byte> bytes);

    protected void Send(ReadOnlySpan<byte> bytes)
    {
        // What a client sends is small and seldom; a socket that does not take it at once belongs to a server that hangs.
        if (Libc.Send(Handle, bytes) != bytes.Length) Lose("send failed");
    }

    protected void Send(string text) => Send(Encoding.ASCII.GetBytes(text));

    /// <summary>Asks for a WebSocket.</summary>
    /// <param name="path">With its query.</param>
    /// <param name="subprotocol">Null = none.</param>
    protected void SendUpgrade(string path, string? subprotocol = null) => Send(
        $"GET {path} HTTP/1.1\r\nHost: {Loop.Target.Host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
        $"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n{(subprotocol is null ? "" : $"Sec-WebSocket-Protocol: {subprotocol}\r\n")}\r\n");

    /// <summary>Takes the answer. Anything but a WebSocket ends the connection.</summary>
    /// <returns>Bytes of its head; 0 = incomplete, or ended.</returns>
    protected int TakeUpgrade(ReadOnlySpan<byte> bytes)
    {
        if (!HttpHead.TryRead(bytes, out var head)) return 0;
        if (head.Status == 101) return head.Bytes;
        Lose($"refused: HTTP {head.Status}");
        return 0;
    }

    /// <summary>It has just become a subscriber with all it waits for.</summary>
    protected void Joined()
    {
        Loop.Joined(this, _connectStarted);
        if (NeverReads) Watch(Libc.EpollPeerClosed);
    }

    private void Watch(int interest) => Loop.Watch(this, interest);

    private void Read()
    {
        var buffer = Loop.Buffer;
        if (_keptBytes > 0)
        {
            // The rest of a message goes behind its beginning.
            if (_kept.Length - _keptBytes < 4096) Grow();
            var more = Libc.Receive(Handle, _kept.AsSpan(_keptBytes));
            if (!Received(more)) return;
            var all = _keptBytes + more;
            var used = Take(_kept.AsSpan(0, all));
            if (!IsOpen) return;
            _keptBytes = all - used;
            if (_keptBytes == 0) GiveBack();
            else if (used > 0) _kept.AsSpan(used, _keptBytes).CopyTo(_kept);
            return;
        }

        var read = Libc.Receive(Handle, buffer);
        if (!Received(read)) return;
        var taken = Take(buffer.AsSpan(0, read));
        if (!IsOpen || taken == read) return;
        _keptBytes = read - taken;
        _kept = ArrayPool<byte>.Shared.Rent(Math.Max(_keptBytes + 4096, 8192));
        buffer.AsSpan(taken, _keptBytes).CopyTo(_kept);
    }

    private bool Received(int read)
    {
        if (read > 0)
        {
            Loop.Received(read);
            return true;
        }

        if (read == 0) Lose("closed by the server");
        else if (read is not (-Libc.ErrAgain or -Libc.ErrInterrupted)) Lose($"receive: errno {-read}");
        return false;
    }

    private void Grow()
    {
        if (_keptBytes > MaxMessageBytes)
        {
            Loop.Figures.Malformed++;
            Lose("a message longer than 4 MiB");
            return;
        }

        var larger = ArrayPool<byte>.Shared.Rent(_keptBytes * 2 + 4096);
        _kept.AsSpan(0, _keptBytes).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_kept);
        _kept = larger;
    }

    private void GiveBack()
    {
        if (_kept.Length > 0) ArrayPool<byte>.Shared.Return(_kept);
        (_kept, _keptBytes) = ([], 0);
    }
}
