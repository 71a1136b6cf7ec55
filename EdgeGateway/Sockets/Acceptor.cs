using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using E2EEvents.Hosting;
using Microsoft.Extensions.Logging;

namespace E2EEvents.EdgeGateway.Sockets;

/// <summary>How long and how many new connections may be silent before they are given on.</summary>
internal sealed record AcceptorLimits(TimeSpan Silence, int MaxWaiting)
{
    public static AcceptorLimits Default { get; } = new(TimeSpan.FromSeconds(5), 16_384);
}

/// <summary>
/// Accepts connections and looks at their first bytes without reading them: a whole request head for a stream is offered to <c>take</c>, all else
/// goes to <c>giveOn</c>: what is incomplete, what is not for a stream, who is silent for too long, and whoever comes while too many are.
/// One thread, which owns each descriptor until it is taken or given on.
/// </summary>
internal sealed class Acceptor(
    Socket listener, Func<int, RequestHead, IPEndPoint, ValueTask<bool>> take, Action<int> giveOn, AcceptorLimits limits, TimeProvider time, ILogger logger) : IDisposable
{
    private const int ListenKey = -2;
    private const int AcceptsAtOnce = 64; // then those who wait are looked at
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private readonly Epoll _epoll = new();
    private readonly int _listener = (int)listener.SafeHandle.DangerousGetHandle(); // the socket is closed after this thread has ended
    private readonly byte[] _buffer = new byte[RequestHead.MaxBytes];
    private readonly Dictionary<int, Waiting> _waiting = [];
    private readonly Queue<(int Handle, Waiting Waiting)> _oldest = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Seldom _complaints = new(TimeSpan.FromSeconds(10), time);
    private long _pausedUntil;
    private int _isStopping;

    public void Start()
    {
        if (!_epoll.TryAdd(_listener, Libc.EpollIn, ListenKey)) throw new IOException("The listening socket cannot be waited on.");
        new Thread(Run) { Name = "acceptor", IsBackground = true }.Start();
    }

    /// <summary>Completes when nothing more is accepted; who waited is closed.</summary>
    public Task StopAsync()
    {
        if (Interlocked.Exchange(ref _isStopping, 1) == 0) _epoll.Wake();
        return _ended.Task;
    }

    /// <summary>After <see cref="StopAsync"/> has completed.</summary>
    public void Dispose() => _epoll.Dispose();

    private long Now => time.GetTimestamp() / (time.TimestampFrequency / 1000);

    private void Run()
    {
        while (Volatile.Read(ref _isStopping) == 0)
        {
            var count = _epoll.Wait(Timeout());
            for (var i = 0; i < count; i++)
            {
                var (key, _) = _epoll[i];
                if (key == ListenKey) Accept();
                else if (key != Epoll.WakeKey && _waiting.TryGetValue(key, out var waiting)) Look(key, waiting);
            }

            GiveOnTheSilent();
            Resume();
        }

        foreach (var (handle, _) in _waiting) Libc.Close(handle);
        _ended.SetResult();
    }

    private int Timeout()
    {
        var until = _pausedUntil > 0 ? _pausedUntil : long.MaxValue;
        while (_oldest.TryPeek(out var oldest) && !IsWaiting(oldest)) _oldest.Dequeue();
        if (_oldest.Count > 0) until = Math.Min(until, _oldest.Peek().Waiting.Until);
        return until == long.MaxValue ? -1 : (int)Math.Max(0, until - Now + 1);
    }

    private void Accept()
    {
        Span<byte> address = stackalloc byte[28]; // sockaddr_in6
        for (var i = 0; i < AcceptsAtOnce; i++)
        {
            var handle = Libc.Accept(_listener, address);
            if (handle == -Libc.ErrAgain) return;
            if (handle < 0 && handle is not (-Libc.ErrInterrupted or -Libc.ErrAborted or -Libc.ErrProtocol)) // these three: that one is gone already
            {
                PauseAccepting(-handle);
                return;
            }

            if (handle >= 0) Look(handle, new Waiting(Remote(address), Now + (long)limits.Silence.TotalMilliseconds)); // else that one was gone already
        }
    }

    private void Look(int handle, Waiting waiting)
    {
        var count = Libc.Peek(handle, _buffer);
        if (count is -Libc.ErrAgain or -Libc.ErrInterrupted)
        {
            Wait(handle, waiting);
            return;
        }

        if (_waiting.Remove(handle)) _epoll.Remove(handle);
        if (count <= 0) Libc.Close(handle); // came and went
        else if (TryParse(_buffer.AsSpan(0, count)) is { } head) Offer(handle, head, waiting.Remote);
        else giveOn(handle);
    }

    private RequestHead? TryParse(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return RequestHead.TryParse(bytes);
        }
        catch (Exception e) when (e is not OutOfMemoryException) // survived: everybody else who comes
        {
            Log.TakeOverFailed(logger, e);
            return null;
        }
    }

    private void Wait(int handle, Waiting waiting)
    {
        if (_waiting.ContainsKey(handle)) return;
        if (_waiting.Count >= limits.MaxWaiting || !_epoll.TryAdd(handle, Libc.EpollIn, handle))
        {
            giveOn(handle);
            return;
        }

        _waiting.Add(handle, waiting);
        _oldest.Enqueue((handle, waiting));
    }

    private void Offer(int handle, RequestHead head, IPEndPoint remote)
    {
        var taking = take(handle, head, remote);
        if (!taking.IsCompletedSuccessfully) _ = AwaitAsync(taking.AsTask(), handle);
        else if (!taking.Result) giveOn(handle);
    }

    private async Task AwaitAsync(Task<bool> taking, int handle)
    {
        if (!await taking.ConfigureAwait(false)) giveOn(handle);
    }

    private bool IsWaiting((int Handle, Waiting Waiting) entry) => _waiting.TryGetValue(entry.Handle, out var waiting) && waiting == entry.Waiting;

    private void GiveOnTheSilent()
    {
        while (_oldest.TryPeek(out var oldest) && oldest.Waiting.Until <= Now)
        {
            _oldest.Dequeue();
            if (!IsWaiting(oldest)) continue;
            _waiting.Remove(oldest.Handle);
            _epoll.Remove(oldest.Handle);
            giveOn(oldest.Handle);
        }
    }

    private void PauseAccepting(int error)
    {
        _pausedUntil = Now + (long)Pause.TotalMilliseconds;
        _epoll.Modify(_listener, 0, ListenKey);
        if (_complaints.IsTime("accept")) Log.AcceptFailed(logger, Marshal.GetPInvokeErrorMessage(error), Pause);
    }

    private void Resume()
    {
        if (_pausedUntil == 0 || Now < _pausedUntil) return;
        _pausedUntil = 0;
        _epoll.Modify(_listener, Libc.EpollIn, ListenKey);
    }

    /// <summary>Reads a sockaddr_in or sockaddr_in6.</summary>
    private static IPEndPoint Remote(ReadOnlySpan<byte> address)
    {
        var port = BinaryPrimitives.ReadUInt16BigEndian(address[2..]);
        return BinaryPrimitives.ReadUInt16LittleEndian(address) == Libc.AddressInet6
            ? new IPEndPoint(new IPAddress(address.Slice(8, 16), BinaryPrimitives.ReadUInt32LittleEndian(address[24..])), port)
            : new IPEndPoint(new IPAddress(address.Slice(4, 4)), port);
    }

    /// <summary>A connection that has said nothing yet; compared by reference.</summary>
    private sealed class Waiting(IPEndPoint remote, long until)
    {
        public IPEndPoint Remote { get; } = remote;

        public long Until { get; } = until;
    }
}
