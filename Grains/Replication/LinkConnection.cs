using System.Collections.Concurrent;
using System.Net.WebSockets;
using E2EEvents.Grains.Interfaces.Regions;

namespace E2EEvents.Grains.Replication;

/// <summary>One live connection of a link: handshake, frames both ways, calls, signs of life. Ends for good with its first failure.</summary>
internal sealed class LinkConnection(WebSocket socket, RegionLink link, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan PingEvery = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan CallDeadline = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _over = new();
    private readonly SemaphoreSlim _sending = new(1);
    private readonly ConcurrentDictionary<long, TaskCompletionSource<ReadOnlyMemory<byte>>> _calls = new();
    private readonly LinkReceiver _receiver = new(socket, LinkFrames.MaxFrameBytes);
    private readonly TaskCompletionSource _pong = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _heardAt = time.GetTimestamp();
    private readonly long[] _pingedAt = new long[8]; // by number: on a slow way several are under way
    private long _ping;
    private long _call;

    /// <summary>Time that the last ping took there and back, µs; 0 = none yet.</summary>
    public long RoundTrip { get; private set; }

    public long BytesIn => _receiver.Bytes;

    /// <summary>True once the other side asked to be left.</summary>
    public string? GoAway { get; private set; }

    /// <summary>Says hello, learns the clocks, and completes when frames may be sent.</summary>
    /// <exception cref="InvalidDataException">The other side is not the region that was dialled, or speaks no version that this one knows.</exception>
    public async Task OpenAsync(string expected, LinkHello hello, CancellationToken cancellationToken)
    {
        await SendAsync(LinkFrames.Hello(hello)).ConfigureAwait(false);
        var first = await _receiver.ReadAsync(cancellationToken).ConfigureAwait(false) ?? throw new InvalidDataException("The other side closed instead of saying hello.");
        var theirs = ReadHello(first);
        if (theirs.Region != expected) throw new InvalidDataException($"The other side is region '{theirs.Region}', not '{expected}': check the addresses in Regions:All.");
        if (theirs.Version < 1) throw new InvalidDataException($"The other side speaks version {theirs.Version} of links; this one needs 1 at least.");
    }

    /// <summary>Runs until the connection fails; says why.</summary>
    public async Task<string> RunAsync(Func<Task> begin, CancellationToken cancellationToken)
    {
        using var stop = cancellationToken.Register(static state => ((LinkConnection)state!).Abort(), this);
        var reading = GuardAsync(ReadAsync());
        var pinging = GuardAsync(PingAsync());
        var beginning = GuardAsync(BeginAsync(begin));
        try
        {
            var first = await Task.WhenAny(reading, pinging, FailedAsync(beginning)).ConfigureAwait(false);
            return await first.ConfigureAwait(false);
        }
        finally
        {
            Abort();
            foreach (var (_, call) in _calls) call.TrySetException(new RegionCallException("the link broke before the answer came"));
            await Task.WhenAll(reading, pinging, beginning).ConfigureAwait(false);
        }
    }

    /// <summary>Sends a frame; one at a time.</summary>
    public async Task SendAsync(byte[] frame)
    {
        await _sending.WaitAsync(_over.Token).ConfigureAwait(false);
        try
        {
            await socket.SendAsync(frame, WebSocketMessageType.Binary, WebSocketMessageFlags.EndOfMessage, _over.Token).ConfigureAwait(false);
        }
        finally
        {
            _sending.Release();
        }
    }

    public async Task<ReadOnlyMemory<byte>> CallAsync(LinkMethod method, byte[] body, CancellationToken cancellationToken)
    {
        var id = Interlocked.Increment(ref _call);
        var answer = new TaskCompletionSource<ReadOnlyMemory<byte>>(TaskCreationOptions.RunContinuationsAsynchronously);
        _calls[id] = answer;
        try
        {
            await SendAsync(LinkFrames.Call(id, (int)method, body)).WaitAsync(CallDeadline, time, cancellationToken).ConfigureAwait(false);
            if (_over.IsCancellationRequested) throw new RegionCallException("the link broke"); // nobody would tell this call any more
            return await answer.Task.WaitAsync(CallDeadline, time, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            throw new RegionCallException($"no answer within {CallDeadline.TotalSeconds:0} s");
        }
        catch (Exception e) when (e is WebSocketException or ObjectDisposedException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new RegionCallException("the link broke");
        }
        finally
        {
            _calls.TryRemove(id, out _);
        }
    }

    public void Dispose()
    {
        _over.Dispose();
        _sending.Dispose();
        socket.Dispose();
    }

    private void Abort()
    {
        try
        {
            _over.Cancel();
            socket.Abort();
        }
        catch (ObjectDisposedException)
        {
            // over already
        }
    }

    private static LinkHello ReadHello(ReadOnlyMemory<byte> frame)
    {
        var reader = new LinkReader(frame);
        return reader.Type == LinkFrameType.Hello ? reader.Hello() : throw new InvalidDataException($"The other side began with a frame of type {(byte)reader.Type} instead of hello.");
    }

    private static async Task<string> GuardAsync(Task<string> work)
    {
        try
        {
            return await work.ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return "it was ended here";
        }
        catch (Exception e) when (e is WebSocketException or IOException or ObjectDisposedException)
        {
            return $"the connection broke ({e.Message})";
        }
        catch (InvalidDataException e)
        {
            return $"the other side sent what is no link protocol: {e.Message}";
        }
    }

    private async Task<string> BeginAsync(Func<Task> begin)
    {
        try
        {
            await _pong.Task.WaitAsync(CallDeadline, time, _over.Token).ConfigureAwait(false); // home's clock is known from here on
            await begin().ConfigureAwait(false);
            return "";
        }
        catch (Exception e) when (e is not OperationCanceledException) // survived: a link that cannot begin is dialled anew
        {
            return $"it could not begin: {e.Message}";
        }
    }

    /// <summary>Completes only when a beginning went wrong.</summary>
    private async Task<string> FailedAsync(Task<string> beginning)
    {
        var error = await beginning.ConfigureAwait(false);
        if (error.Length == 0) await Task.Delay(Timeout.InfiniteTimeSpan, time, _over.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return error;
    }

    private async Task<string> ReadAsync()
    {
        while (true)
        {
            if (await _receiver.ReadAsync(_over.Token).ConfigureAwait(false) is not { } frame) return GoAway is { } reason ? $"the other side went away: {reason}" : "the other side closed it";
            Volatile.Write(ref _heardAt, time.GetTimestamp());
            if (Take(frame) is { } answer) await SendAsync(answer).ConfigureAwait(false);
            if (GoAway is not null) return $"the other side goes away: {GoAway}";
        }
    }

    private byte[]? Take(ReadOnlyMemory<byte> frame)
    {
        var reader = new LinkReader(frame);
        switch (reader.Type)
        {
            case LinkFrameType.Batch:
                var (number, length, frames) = reader.Batch();
                link.TakeFrames(length == 0 ? frames : LinkCompression.Decompress(frames.Span, length));
                return LinkFrames.Numbered(LinkFrameType.Ack, number);
            case LinkFrameType.Taken:
                link.TakeTaken(reader.Taken());
                break;
            case LinkFrameType.Refused:
                link.TakeRefused(reader.Refused());
                break;
            case LinkFrameType.Watermark:
                link.TakeWatermarks(reader.Watermarks());
                break;
            case LinkFrameType.Stale:
                link.TakeVouched(reader.Subs(), isVouched: false);
                break;
            case LinkFrameType.Fresh:
                link.TakeVouched(reader.Subs(), isVouched: true);
                break;
            case LinkFrameType.Reply:
                TakeReply(reader);
                break;
            case LinkFrameType.Pong:
                TakePong(reader);
                break;
            case LinkFrameType.GoAway:
                GoAway = reader.GoAway();
                break;
            default:
                break; // of a later version
        }

        return null;
    }

    private void TakeReply(LinkReader reader)
    {
        var (id, isFinal, refusal, body) = reader.Reply();
        if (!_calls.TryRemove(id, out var call)) return;
        if (refusal.Length > 0) call.TrySetException(new RegionCallException(refusal, isFinal));
        else call.TrySetResult(body.ToArray());
    }

    private void TakePong(LinkReader reader)
    {
        var (number, clocks) = reader.Pong();
        if (number > _ping || number <= _ping - _pingedAt.Length) return;
        RoundTrip = Math.Max(1, (long)time.GetElapsedTime(_pingedAt[number % _pingedAt.Length]).TotalMicroseconds);
        link.TakeClocks(clocks, RoundTrip);
        _pong.TrySetResult();
    }

    private async Task<string> PingAsync()
    {
        while (true)
        {
            var silence = time.GetElapsedTime(Volatile.Read(ref _heardAt));
            if (silence > Deadline) return $"nothing was heard for {silence.TotalSeconds:0.0} s";
            _pingedAt[(_ping + 1) % _pingedAt.Length] = time.GetTimestamp();
            var sending = SendAsync(LinkFrames.Numbered(LinkFrameType.Ping, ++_ping));
            try
            {
                await sending.WaitAsync(Deadline, time, _over.Token).ConfigureAwait(false);
            }
            catch (TimeoutException)
            {
                return $"a ping could not be sent for {Deadline.TotalSeconds:0} s";
            }

            await Task.Delay(PingEvery, time, _over.Token).ConfigureAwait(false);
        }
    }
}
