using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;

namespace E2EEvents.Testing.Faults;

/// <summary>One connection through a <see cref="FaultProxy"/>: two pumps, each a reader, a short timed queue and a writer.</summary>
internal sealed class ProxyConnection(FaultProxy proxy, Socket client) : IDisposable
{
    private const int ChunkBytes = 4096;
    private readonly Socket _server = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly CancellationTokenSource _cut = new();

    public async Task RunAsync(int targetPort, CancellationToken cancellationToken)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _cut.Token);
        foreach (var socket in new[] { client, _server })
        {
            socket.NoDelay = true;
            socket.ReceiveBufferSize = proxy.BufferBytes;
            socket.SendBufferSize = proxy.BufferBytes;
        }

        try
        {
            await _server.ConnectAsync(new IPEndPoint(IPAddress.Loopback, targetPort), ended.Token);
            var toServer = PumpAsync(client, _server, proxy.ToServer, ended.Token);
            var toClient = PumpAsync(_server, client, proxy.ToClient, ended.Token);
            // One direction may end long before the other (half close); a failure ends both.
            await Task.WhenAll(FailTogetherAsync(toServer), FailTogetherAsync(toClient));
            Close(reset: false);
        }
        catch (Exception e) when (e is SocketException or IOException or OperationCanceledException or ObjectDisposedException)
        {
            Close(reset: true); // the far side's trouble, or a cut that was asked for
        }
    }

    public void Reset()
    {
        try
        {
            _cut.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It ended by itself meanwhile.
        }
    }

    public void HalfClose()
    {
        try
        {
            client.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // It is closed already.
        }
    }

    public void Dispose()
    {
        Close(reset: false);
        _cut.Dispose();
    }

    private async Task FailTogetherAsync(Task pump)
    {
        try
        {
            await pump;
        }
        catch
        {
            await _cut.CancelAsync();
            throw;
        }
    }

    private async Task PumpAsync(Socket from, Socket to, Gate gate, CancellationToken cancellationToken)
    {
        var queue = Channel.CreateBounded<(byte[] Bytes, long Due)>(Math.Max(1, proxy.BufferBytes / ChunkBytes));
        await Task.WhenAll(FailTogetherAsync(ReadAsync(from, queue.Writer, cancellationToken)), FailTogetherAsync(WriteAsync(queue.Reader, to, gate, cancellationToken)));
    }

    private async Task ReadAsync(Socket from, ChannelWriter<(byte[] Bytes, long Due)> queue, CancellationToken cancellationToken)
    {
        var buffer = new byte[ChunkBytes];
        var due = 0L;
        while (true)
        {
            var read = await from.ReceiveAsync(buffer.AsMemory(), cancellationToken);
            if (read == 0) break;
            var delay = proxy.Delay + proxy.Jitter * Random.Shared.NextDouble();
            due = Math.Max(due, TimeProvider.System.GetTimestamp() + (long)(delay.TotalSeconds * TimeProvider.System.TimestampFrequency));
            await queue.WriteAsync((buffer.AsSpan(0, read).ToArray(), due), cancellationToken);
        }

        queue.Complete();
    }

    private async Task WriteAsync(ChannelReader<(byte[] Bytes, long Due)> queue, Socket to, Gate gate, CancellationToken cancellationToken)
    {
        await foreach (var (bytes, due) in queue.ReadAllAsync(cancellationToken))
        {
            var wait = TimeProvider.System.GetElapsedTime(TimeProvider.System.GetTimestamp(), due);
            if (wait > TimeSpan.Zero) await Task.Delay(wait, TimeProvider.System, cancellationToken);
            for (var at = 0; at < bytes.Length;)
            {
                await gate.PassAsync(cancellationToken);
                var rate = proxy.BytesPerSecond;
                var length = rate == 0 ? bytes.Length - at : Math.Min(bytes.Length - at, Math.Max(1, rate / 50));
                var sent = await to.SendAsync(bytes.AsMemory(at, length), cancellationToken);
                at += sent;
                proxy.Passed(toServer: to == _server, sent);
                if (rate > 0) await Task.Delay(TimeSpan.FromSeconds((double)length / rate), TimeProvider.System, cancellationToken);
            }
        }

        to.Shutdown(SocketShutdown.Send);
    }

    private void Close(bool reset)
    {
        foreach (var socket in new[] { client, _server })
        {
            try
            {
                if (reset) socket.LingerState = new LingerOption(true, 0);
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // It is closed already.
            }

            socket.Dispose();
        }
    }
}
