using System.Net.Sockets;
using System.Text;

namespace E2EEvents.EdgeGateway.Tests.Transports;

/// <summary>A connection by hand: sends and reads bytes as they are, and ends in ways that no client library does.</summary>
internal sealed class RawTcp : IDisposable
{
    private readonly Socket _socket;

    private RawTcp(Socket socket) => _socket = socket;

    public static async Task<RawTcp> ConnectAsync(Uri gateway, int receiveBytes = 0)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        if (receiveBytes > 0) socket.ReceiveBufferSize = receiveBytes;
        await socket.ConnectAsync(gateway.Host, gateway.Port, A.Token);
        return new RawTcp(socket);
    }

    /// <summary>A request for a stream, as browsers write it.</summary>
    public static string Request(string path, params string[] headers)
    {
        var upgrade = ("/" + path.Split('?')[0]).EndsWith("/ws", StringComparison.Ordinal)
            ? "Upgrade: websocket\r\nConnection: keep-alive, Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
            : "Accept: text/event-stream\r\nConnection: keep-alive\r\n";
        return $"GET /{path} HTTP/1.1\r\nHost: gateway.example\r\n{upgrade}{string.Concat(Array.ConvertAll(headers, header => header + "\r\n"))}\r\n";
    }

    public Task SendAsync(string text) => SendAsync(Encoding.Latin1.GetBytes(text));

    public async Task SendAsync(byte[] bytes)
    {
        for (var sent = 0; sent < bytes.Length;) sent += await _socket.SendAsync(bytes.AsMemory(sent), A.Token);
    }

    /// <summary>Reads up to and with a text; what is behind it may have been read too, and is part of the answer.</summary>
    public async Task<string> ReadUntilAsync(string text)
    {
        var all = new StringBuilder();
        while (!all.ToString().Contains(text, StringComparison.Ordinal))
        {
            var more = await ReadAsync();
            Assert.True(more.Length > 0, $"The connection ended before '{text}': {all}");
            all.Append(more);
        }

        return all.ToString();
    }

    /// <summary>Reads what there is until the gateway ends the connection.</summary>
    public async Task<string> ReadToEndAsync()
    {
        var all = new StringBuilder();
        for (var more = await ReadAsync(); more.Length > 0; more = await ReadAsync()) all.Append(more);
        return all.ToString();
    }

    /// <summary>Says no more, and still reads.</summary>
    public void EndSending() => _socket.Shutdown(SocketShutdown.Send);

    /// <summary>Ends without a goodbye.</summary>
    public void Reset()
    {
        _socket.LingerState = new LingerOption(true, 0);
        _socket.Dispose();
    }

    public void Dispose() => _socket.Dispose();

    private async Task<string> ReadAsync()
    {
        var buffer = new byte[65536];
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(A.Token);
        limit.CancelAfter(GatewayRig.Soon);
        return Encoding.Latin1.GetString(buffer, 0, await _socket.ReceiveAsync(buffer, limit.Token));
    }
}
