using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using E2EEvents.EdgeGateway.Sockets;
using E2EEvents.EdgeGateway.Tests.Transports;
using Microsoft.Extensions.Logging.Abstractions;

namespace E2EEvents.EdgeGateway.Tests.Sockets;

/// <summary>Who is taken and who is given on, with everything it said. Linux only, as the acceptor is.</summary>
public sealed class AcceptorTests : IAsyncDisposable
{
    private static readonly string Head = RawTcp.Request("events?topic=match/x");

    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { Blocking = false };
    private readonly ConcurrentQueue<Socket> _givenOn = new();
    private readonly ConcurrentQueue<(int Handle, RequestHead Head)> _offered = new();
    private Acceptor? _acceptor;
    private Task<bool> _answer = Task.FromResult(false);

    [Fact]
    public async Task Connection_SilentForTooLong_IsGivenOnAsItIs()
    {
        using var client = await ConnectAsync(new AcceptorLimits(TimeSpan.FromMilliseconds(50), 10));
        using var given = await GivenAsync();
        await client.SendAsync(Head);
        Assert.Equal(Head, await ReadAsync(given, Head.Length));
        Assert.Empty(_offered);
    }

    [Fact]
    public async Task Connections_MoreThanMayWait_AreGivenOnAtOnce()
    {
        using var first = await ConnectAsync(new AcceptorLimits(TimeSpan.FromMinutes(1), 1));
        using var second = await ConnectAsync(null);
        using var given = await GivenAsync();
        await second.SendAsync("x");
        Assert.Equal("x", await ReadAsync(given, 1));
        await first.SendAsync(Head);
        await Eventually.TrueAsync(() => !_offered.IsEmpty, GatewayRig.Soon); // the first still waits for its bytes
    }

    [Fact]
    public async Task Head_InPieces_IsGivenOnWithAllOfThem()
    {
        using var client = await ConnectAsync(AcceptorLimits.Default);
        await client.SendAsync(Head[..20]);
        using var given = await GivenAsync();
        await client.SendAsync(Head[20..]);
        Assert.Equal(Head, await ReadAsync(given, Head.Length));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Head_ThatIsNotTaken_IsGivenOnUnread(bool answersLater)
    {
        var answer = new TaskCompletionSource<bool>();
        if (answersLater) _answer = answer.Task;
        using var client = await ConnectAsync(AcceptorLimits.Default);
        await client.SendAsync(Head + "more");
        await Eventually.TrueAsync(() => !_offered.IsEmpty, GatewayRig.Soon);
        answer.SetResult(false);
        using var given = await GivenAsync();
        Assert.Equal(Head + "more", await ReadAsync(given, Head.Length + 4));
    }

    [Fact]
    public async Task Head_ThatIsTaken_IsGivenToNobodyElse()
    {
        _answer = Task.FromResult(true);
        using var client = await ConnectAsync(AcceptorLimits.Default);
        await client.SendAsync(Head);
        await Eventually.TrueAsync(() => !_offered.IsEmpty, GatewayRig.Soon);
        await _acceptor!.StopAsync().WaitAsync(GatewayRig.Soon, A.Token);
        Assert.Empty(_givenOn);
        Assert.True(_offered.TryDequeue(out var offered));
        using var taken = new Socket(new SafeSocketHandle(offered.Handle, ownsHandle: true));
        Assert.Equal(Head, await ReadAsync(taken, Head.Length));
    }

    [Fact]
    public async Task Connection_GoneBeforeItsFirstByte_IsClosed()
    {
        var client = await ConnectAsync(AcceptorLimits.Default);
        client.Dispose();
        using var next = await ConnectAsync(null);
        await next.SendAsync("x");
        using var given = await GivenAsync();
        Assert.Empty(_givenOn);
    }

    [Fact]
    public async Task Stop_WhileConnectionsWait_ClosesThem()
    {
        using var client = await ConnectAsync(AcceptorLimits.Default);
        using var other = await ConnectAsync(null);
        await other.SendAsync("x");
        using var given = await GivenAsync(); // both are accepted by now
        await _acceptor!.StopAsync().WaitAsync(GatewayRig.Soon, A.Token);
        Assert.Equal("", await client.ReadToEndAsync());
    }

    public async ValueTask DisposeAsync()
    {
        if (_acceptor is not null) await _acceptor.StopAsync().WaitAsync(GatewayRig.Soon, TimeProvider.System);
        _acceptor?.Dispose();
        _listener.Dispose();
        while (_givenOn.TryDequeue(out var socket)) socket.Dispose();
    }

    private static async Task<string> ReadAsync(Socket socket, int count)
    {
        var bytes = new byte[count];
        using var limit = new CancellationTokenSource(GatewayRig.Soon, TimeProvider.System);
        for (var read = 0; read < count;)
        {
            var more = await socket.ReceiveAsync(bytes.AsMemory(read), limit.Token);
            Assert.True(more > 0, "The connection ended.");
            read += more;
        }

        return Encoding.Latin1.GetString(bytes);
    }

    private async Task<RawTcp> ConnectAsync(AcceptorLimits? limits)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Linux only.");
        if (limits is not null)
        {
            _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            _listener.Listen(100);
            _acceptor = new Acceptor(_listener, Take, handle => _givenOn.Enqueue(new Socket(new SafeSocketHandle(handle, ownsHandle: true))), limits, TimeProvider.System, NullLogger.Instance);
            _acceptor.Start();
        }

        return await RawTcp.ConnectAsync(new Uri($"http://{_listener.LocalEndPoint}"));
    }

    private ValueTask<bool> Take(int handle, RequestHead head, IPEndPoint remote)
    {
        _offered.Enqueue((handle, head));
        return new ValueTask<bool>(_answer);
    }

    private async Task<Socket> GivenAsync()
    {
        Socket? given = null;
        await Eventually.TrueAsync(() => _givenOn.TryDequeue(out given), GatewayRig.Soon);
        return given!;
    }
}
