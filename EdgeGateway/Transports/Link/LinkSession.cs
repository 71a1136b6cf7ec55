using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Net.WebSockets;
using Socket = System.Net.WebSockets.WebSocket;

namespace E2EEvents.EdgeGateway.Transports.Link;

/// <summary>
/// One region's silo, connected to this gateway: reads its frames and writes what it follows (Wire/LINK.md). To this gateway it is one more reader,
/// with the right to all fields of frames. Memory: cursors, one batch, at most <see cref="MaxCalls"/> calls and 8 pages of history.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "Semaphores without a wait handle hold nothing, and late calls may still release them; the source of the end goes with the request.")]
internal sealed partial class LinkSession
{
    private const int MaxCalls = 64;

    private readonly LinkParts _parts;
    private readonly Socket _socket;
    private readonly LinkHello _peer;
    private readonly LinkSender _sender;
    private readonly LinkFreshness _freshness;
    private readonly CancellationTokenSource _over;
    private readonly ConcurrentQueue<byte[]> _replies = new();
    private readonly ConcurrentQueue<byte[]> _answers = new();
    private readonly ConcurrentDictionary<long, byte> _subs = new();
    private readonly SemaphoreSlim _wake = new(0, 1);
    private readonly SemaphoreSlim _calls = new(MaxCalls);
    private readonly Queue<(long Number, int Bytes)> _unacknowledged = new();
    private long _unacknowledgedBytes;
    private long _acknowledged;
    private long _number;
    private long _heardAt;
    private string? _goAway;

    public LinkSession(LinkParts parts, Socket socket, LinkHello peer, CancellationToken cancellationToken)
    {
        (_parts, _socket, _peer) = (parts, socket, peer);
        _over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _freshness = new LinkFreshness(parts.Time, parts.StaleAfter / 2);
        _sender = new LinkSender(_freshness, new LinkTopics(parts.Follower), parts.Time, Wake);
        _heardAt = parts.Time.GetTimestamp();
    }

    /// <summary>Asks the region to dial another gateway; it closes the link.</summary>
    public void GoAway(string reason)
    {
        _goAway = reason;
        Wake();
    }

    /// <summary>Runs until either side ends it; says why.</summary>
    public async Task<string> RunAsync()
    {
        var reading = GuardAsync(ReadAsync());
        var writing = GuardAsync(WriteAsync());
        var watching = GuardAsync(WatchAsync());
        try
        {
            var first = await Task.WhenAny(reading, writing, watching).ConfigureAwait(false);
            return await first.ConfigureAwait(false);
        }
        finally
        {
            await _over.CancelAsync().ConfigureAwait(false);
            _socket.Abort();
            await Task.WhenAll(reading, writing, watching).ConfigureAwait(false);
            _sender.EndAll();
        }
    }

    private static async Task<string> GuardAsync(Task<string> work)
    {
        try
        {
            return await work.ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return "the gateway stops";
        }
        catch (Exception e) when (e is WebSocketException or IOException or ObjectDisposedException)
        {
            return $"the connection broke ({e.Message})";
        }
        catch (InvalidDataException e)
        {
            return $"it sent what is no link protocol: {e.Message}";
        }
    }

    private void Wake()
    {
        try
        {
            _wake.Release();
        }
        catch (SemaphoreFullException)
        {
            // awake already
        }
    }

    private async Task<string> WriteAsync()
    {
        await SendAsync(LinkFrames.Hello(new LinkHello(LinkFrames.Version, _parts.Tree.Name, _parts.Instance, _parts.Options.CompressFrom > 0 ? LinkFrames.Compression : 0))).ConfigureAwait(false);
        while (true)
        {
            await _wake.WaitAsync(LinkFreshness.Interval, _over.Token).ConfigureAwait(false);
            await SendRepliesAsync().ConfigureAwait(false);
            await SendTopicsAsync().ConfigureAwait(false);
            if (_goAway is { } reason)
            {
                await SendAsync(LinkFrames.GoAway(reason)).ConfigureAwait(false);
                _goAway = null;
            }
        }
    }

    /// <summary>Ends a session whose other side has fallen silent, whatever a write is waiting for.</summary>
    private async Task<string> WatchAsync()
    {
        while (true)
        {
            await Task.Delay(TimeSpan.FromSeconds(0.5), _parts.Time, _over.Token).ConfigureAwait(false);
            var silence = _parts.Time.GetElapsedTime(Volatile.Read(ref _heardAt));
            if (silence > _parts.Options.Deadline) return $"nothing was heard of it for {silence.TotalSeconds:0.0} s";
        }
    }

    private async Task SendTopicsAsync()
    {
        while (HasRoom())
        {
            var output = _sender.Collect(_parts.Options.MaxBatchBytes);
            if (output.Taken.Count > 0) await SendAsync(LinkFrames.Taken(output.Taken)).ConfigureAwait(false);
            if (output.Frames is { } frames) await SendBatchAsync(frames).ConfigureAwait(false);
            if (_freshness.IsDue) await SendFreshnessAsync().ConfigureAwait(false);
            else if (output.IsEmpty) return;
            await SendRepliesAsync().ConfigureAwait(false); // pongs and calls don't wait for a flood to end
        }
    }

    private async Task SendRepliesAsync()
    {
        while (_replies.TryDequeue(out var reply)) await SendAsync(reply).ConfigureAwait(false);
        while (_answers.TryDequeue(out var answer))
        {
            await SendAsync(answer).ConfigureAwait(false);
            _calls.Release();
        }
    }

    private bool HasRoom()
    {
        var acknowledged = Volatile.Read(ref _acknowledged);
        while (_unacknowledged.TryPeek(out var oldest) && oldest.Number <= acknowledged)
        {
            _unacknowledgedBytes -= oldest.Bytes;
            _unacknowledged.Dequeue();
        }

        return _unacknowledgedBytes < _parts.Options.MaxUnacknowledgedBytes;
    }

    private async Task SendBatchAsync(FrameWriter frames)
    {
        var plain = frames.Length;
        var compress = _parts.Options.CompressFrom > 0 && plain >= _parts.Options.CompressFrom && (_peer.Features & LinkFrames.Compression) != 0;
        var bytes = (compress ? LinkCompression.Compress(frames.Written) : null) is { } compressed
            ? LinkFrames.Batch(++_number, compressed, plain)
            : LinkFrames.Batch(++_number, frames.Written, 0);
        _unacknowledged.Enqueue((_number, bytes.Length));
        _unacknowledgedBytes += bytes.Length;
        _parts.Metrics.LinkSent(bytes.Length, plain);
        await SendAsync(bytes).ConfigureAwait(false);
    }

    private async Task SendFreshnessAsync()
    {
        if (_freshness.Stale.Count > 0) await SendAsync(LinkFrames.Subs(LinkFrameType.Stale, _freshness.Stale)).ConfigureAwait(false);
        if (_freshness.Watermarks.Count > 0) await SendAsync(LinkFrames.Watermark(_freshness.Watermarks)).ConfigureAwait(false);
        if (_freshness.Fresh.Count > 0) await SendAsync(LinkFrames.Subs(LinkFrameType.Fresh, _freshness.Fresh)).ConfigureAwait(false);
        _freshness.Told();
    }

    private ValueTask SendAsync(byte[] frame) => _socket.SendAsync(frame, WebSocketMessageType.Binary, WebSocketMessageFlags.EndOfMessage | WebSocketMessageFlags.DisableCompression, _over.Token);
}
