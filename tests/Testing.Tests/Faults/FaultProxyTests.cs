using System.Net;
using System.Net.Sockets;
using E2EEvents.Testing.Faults;

namespace E2EEvents.Testing.Tests.Faults;

public sealed class FaultProxyTests : IAsyncLifetime
{
    private readonly TcpListener _server = new(IPAddress.Loopback, 0);
    private FaultProxy _proxy = null!;

    public ValueTask InitializeAsync()
    {
        _server.Start();
        _proxy = new FaultProxy(((IPEndPoint)_server.LocalEndpoint).Port) { BufferBytes = 16 * 1024 };
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await _proxy.DisposeAsync();
        _server.Dispose();
    }

    [Fact]
    public async Task Proxy_NoFault_PassesBothWaysAndTheEnd()
    {
        using var pair = await ConnectAsync();
        await pair.Client.SendAsync("ping"u8.ToArray(), A.Token);
        Assert.Equal("ping", await ReadAsync(pair.Server, 4));
        await pair.Server.SendAsync("pong!"u8.ToArray(), A.Token);
        Assert.Equal("pong!", await ReadAsync(pair.Client, 5));
        pair.Client.Shutdown(SocketShutdown.Send);
        Assert.Equal(0, await pair.Server.ReceiveAsync(new byte[1], A.Token));
        await pair.Server.SendAsync("late"u8.ToArray(), A.Token);
        Assert.Equal("late", await ReadAsync(pair.Client, 4));
    }

    [Fact]
    public async Task Delay_Set_HoldsBytesThatLongAndInOrder()
    {
        _proxy.Delay = TimeSpan.FromMilliseconds(100);
        _proxy.Jitter = TimeSpan.FromMilliseconds(50);
        using var pair = await ConnectAsync();
        var begin = TimeProvider.System.GetTimestamp();
        foreach (var part in new[] { "ab", "cd", "ef" }) await pair.Client.SendAsync(System.Text.Encoding.ASCII.GetBytes(part), A.Token);
        Assert.Equal("abcdef", await ReadAsync(pair.Server, 6));
        Assert.True(TimeProvider.System.GetElapsedTime(begin) >= TimeSpan.FromMilliseconds(99));
    }

    [Fact]
    public async Task Stall_ThenFlow_LosesNothingAndHoldsBackTheSender()
    {
        using var pair = await ConnectAsync();
        pair.Server.SendBufferSize = 4096;
        _proxy.StallToClient();
        var sending = pair.Server.SendAsync(new byte[8_000_000], A.Token).AsTask();
        await pair.Client.SendAsync("up"u8.ToArray(), A.Token);
        Assert.Equal("up", await ReadAsync(pair.Server, 2));
        Assert.Equal(0, pair.Client.Available);
        Assert.False(sending.IsCompleted);
        _proxy.Flow();
        var received = 0;
        while (received < 8_000_000) received += await pair.Client.ReceiveAsync(new byte[65536], A.Token);
        Assert.Equal(8_000_000, await sending);
    }

    [Fact]
    public async Task Cut_OpenConnection_ResetsBothEnds()
    {
        using var pair = await ConnectAsync();
        _proxy.Cut();
        Assert.Equal(SocketError.ConnectionReset, (await Assert.ThrowsAsync<SocketException>(() => pair.Client.ReceiveAsync(new byte[1]))).SocketErrorCode);
        Assert.Equal(SocketError.ConnectionReset, (await Assert.ThrowsAsync<SocketException>(() => pair.Server.ReceiveAsync(new byte[1]))).SocketErrorCode);
        await Eventually.EqualAsync(0, () => _proxy.Connections, TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task HalfClose_OpenConnection_EndsOnlyTheDirectionToTheClient()
    {
        using var pair = await ConnectAsync();
        _proxy.HalfClose();
        Assert.Equal(0, await pair.Client.ReceiveAsync(new byte[1], A.Token));
        await pair.Client.SendAsync("still"u8.ToArray(), A.Token);
        Assert.Equal("still", await ReadAsync(pair.Server, 5));
    }

    [Fact]
    public async Task BytesPerSecond_Set_Trickles()
    {
        _proxy.BytesPerSecond = 100;
        using var pair = await ConnectAsync();
        var begin = TimeProvider.System.GetTimestamp();
        await pair.Server.SendAsync(new byte[20], A.Token);
        await ReadAsync(pair.Client, 20);
        Assert.True(TimeProvider.System.GetElapsedTime(begin) > TimeSpan.FromMilliseconds(150));
    }

    [Fact]
    public async Task Refuse_ThenAccept_TurnsNewConnectionsAwayOnlyMeanwhile()
    {
        using var pair = await ConnectAsync();
        await _proxy.RefuseAsync();
        using (var refused = new TcpClient())
        {
            await Assert.ThrowsAsync<SocketException>(() => refused.ConnectAsync(IPAddress.Loopback, _proxy.Port));
        }

        await pair.Client.SendAsync("old"u8.ToArray(), A.Token);
        Assert.Equal("old", await ReadAsync(pair.Server, 3));
        _proxy.Accept();
        using var again = await ConnectAsync();
        Assert.Equal(2, _proxy.Accepted);
    }

    private static async Task<string> ReadAsync(Socket socket, int count)
    {
        var buffer = new byte[count];
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(A.Token);
        limit.CancelAfter(TimeSpan.FromSeconds(10));
        for (var at = 0; at < count;)
        {
            var read = await socket.ReceiveAsync(buffer.AsMemory(at), limit.Token);
            Assert.NotEqual(0, read);
            at += read;
        }

        return System.Text.Encoding.ASCII.GetString(buffer);
    }

    private async Task<Pair> ConnectAsync()
    {
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await client.ConnectAsync(new IPEndPoint(IPAddress.Loopback, _proxy.Port), A.Token);
        var server = await _server.AcceptSocketAsync(A.Token);
        // The proxy's pumps run once a byte went through.
        await client.SendAsync("!"u8.ToArray(), A.Token);
        await ReadAsync(server, 1);
        return new Pair(client, server);
    }

    private sealed record Pair(Socket Client, Socket Server) : IDisposable
    {
        public void Dispose()
        {
            Client.Dispose();
            Server.Dispose();
        }
    }
}
