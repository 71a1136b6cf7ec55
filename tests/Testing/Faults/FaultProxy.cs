using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using E2EEvents.Testing.Processes;

namespace E2EEvents.Testing.Faults;

/// <summary>
/// A TCP proxy on 127.0.0.1 that makes the network bad at a word: slow, stalled, trickling, cut, half open. Switches act on connections that
/// exist and on those to come. Bytes are never lost or reordered; a stall holds at most <see cref="BufferBytes"/> per direction, then the sender feels it.
/// </summary>
public sealed class FaultProxy : IAsyncDisposable
{
    private readonly ConcurrentDictionary<ProxyConnection, Task> _connections = new();
    private readonly CancellationTokenSource _ended = new();
    private readonly int _target;
    private long _bytesToServer;
    private long _bytesToClient;
    private TcpListener? _listener;
    private Task _accepting = Task.CompletedTask;

    /// <summary>Starts a proxy to a port of 127.0.0.1.</summary>
    /// <param name="targetPort">Where connections are led.</param>
    /// <param name="port">Port to listen on; 0 = any free one.</param>
    public FaultProxy(int targetPort, int port = 0)
    {
        _target = targetPort;
        Port = port == 0 ? FreePort.Next() : port;
        Open();
    }

    /// <summary>Port to connect to.</summary>
    public int Port { get; }

    /// <summary>The proxy as an HTTP address.</summary>
    public Uri Uri => new($"http://127.0.0.1:{Port}/");

    /// <summary>Delay of every byte in each direction; 0 = none.</summary>
    public TimeSpan Delay { get; set; }

    /// <summary>Up to so much more delay, evenly distributed; order is kept.</summary>
    public TimeSpan Jitter { get; set; }

    /// <summary>Bytes a second in each direction of each connection; 0 = no limit. 1 to 100 makes a byte trickle.</summary>
    public int BytesPerSecond { get; set; }

    /// <summary>Bytes held per direction, beside the system's socket buffers (which are asked to be as small). Default: 64 KiB.</summary>
    public int BufferBytes { get; init; } = 64 * 1024;

    /// <summary>Open connections.</summary>
    public int Connections => _connections.Count;

    /// <summary>Connections ever accepted.</summary>
    public int Accepted { get; private set; }

    /// <summary>Bytes passed on to the server so far.</summary>
    public long BytesToServer => Interlocked.Read(ref _bytesToServer);

    /// <summary>Bytes passed on to clients so far.</summary>
    public long BytesToClient => Interlocked.Read(ref _bytesToClient);

    internal Gate ToServer { get; } = new();

    internal Gate ToClient { get; } = new();

    /// <summary>Nothing moves any more, connections stay open: a dead link that nobody has noticed.</summary>
    public void Stall()
    {
        ToServer.Close();
        ToClient.Close();
    }

    /// <summary>Only what the server sends stops.</summary>
    public void StallToClient() => ToClient.Close();

    /// <summary>Only what the clients send stops.</summary>
    public void StallToServer() => ToServer.Close();

    /// <summary>Moves on after a stall.</summary>
    public void Flow()
    {
        ToServer.Open();
        ToClient.Open();
    }

    /// <summary>Resets all connections (RST).</summary>
    public void Cut()
    {
        foreach (var connection in _connections.Keys) connection.Reset();
    }

    /// <summary>Ends the direction to the clients of all connections (FIN); the other stays open.</summary>
    public void HalfClose()
    {
        foreach (var connection in _connections.Keys) connection.HalfClose();
    }

    /// <summary>New connections are refused; existing ones stay.</summary>
    public async Task RefuseAsync()
    {
        _listener?.Stop();
        _listener = null;
        await _accepting;
    }

    /// <summary>Takes connections again after <see cref="RefuseAsync"/>.</summary>
    public void Accept()
    {
        if (_listener is null) Open();
    }

    /// <summary>Resets all connections and stops.</summary>
    public async ValueTask DisposeAsync()
    {
        await RefuseAsync();
        await _ended.CancelAsync();
        Cut();
        foreach (var task in _connections.Values) await task;
        _ended.Dispose();
    }

    internal void Passed(bool toServer, int bytes) => Interlocked.Add(ref toServer ? ref _bytesToServer : ref _bytesToClient, bytes);

    private void Open()
    {
        _listener = new TcpListener(IPAddress.Loopback, Port);
        _listener.Start();
        _accepting = AcceptAsync(_listener);
    }

    private async Task AcceptAsync(TcpListener listener)
    {
        try
        {
            while (true)
            {
                var client = await listener.AcceptSocketAsync(_ended.Token);
                Accepted++;
                var connection = new ProxyConnection(this, client);
                var done = new TaskCompletionSource();
                _connections[connection] = done.Task;
                _ = ServeAsync(connection, done);
            }
        }
        catch (Exception e) when (e is SocketException or InvalidOperationException or OperationCanceledException)
        {
            // The listener was stopped.
        }
    }

    private async Task ServeAsync(ProxyConnection connection, TaskCompletionSource done)
    {
        await connection.RunAsync(_target, _ended.Token);
        _connections.TryRemove(connection, out _);
        connection.Dispose();
        done.SetResult();
    }
}
