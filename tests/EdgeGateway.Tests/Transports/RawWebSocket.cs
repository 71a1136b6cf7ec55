using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace E2EEvents.EdgeGateway.Tests.Transports;

/// <summary>A WebSocket by hand, to send what no client library would.</summary>
internal sealed class RawWebSocket : IDisposable
{
    private static readonly byte[] Mask = [1, 2, 3, 4];

    private readonly TcpClient _tcp;
    private readonly NetworkStream _stream;

    private RawWebSocket(TcpClient tcp) => (_tcp, _stream) = (tcp, tcp.GetStream());

    /// <summary>Upgrades; the answer to the handshake is checked.</summary>
    public static async Task<RawWebSocket> ConnectAsync(Uri gateway, string path, string? extensions = null)
    {
        var tcp = new TcpClient();
        await tcp.ConnectAsync(gateway.Host, gateway.Port, A.Token);
        var raw = new RawWebSocket(tcp);
        var key = Convert.ToBase64String(RandomNumberGenerator.GetBytes(16));
        await raw.SendBytesAsync(Encoding.ASCII.GetBytes(
            $"GET /{path} HTTP/1.1\r\nHost: {gateway.Authority}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n{(extensions is null ? "" : $"Sec-WebSocket-Extensions: {extensions}\r\n")}\r\n"));
        var head = new StringBuilder();
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal)) head.Append((char)(await raw.ReadBytesAsync(1))[0]);
#pragma warning disable CA5350 // the protocol's own
        var accept = Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")));
#pragma warning restore CA5350
        Assert.StartsWith("HTTP/1.1 101 ", head.ToString(), StringComparison.Ordinal);
        Assert.Contains($"Sec-WebSocket-Accept: {accept}\r\n", head.ToString(), StringComparison.Ordinal);
        return raw;
    }

    /// <summary>Sends one frame, of at most 65,535 bytes.</summary>
    public Task SendAsync(int opcode, byte[] payload, bool masked = true)
    {
        var frame = new List<byte> { (byte)(0x80 | opcode) };
        var mask = masked ? 0x80 : 0;
        if (payload.Length < 126) frame.Add((byte)(mask | payload.Length));
        else frame.AddRange([(byte)(mask | 126), (byte)(payload.Length >> 8), (byte)payload.Length]);
        if (masked) frame.AddRange(Mask);
        for (var i = 0; i < payload.Length; i++) frame.Add(masked ? (byte)(payload[i] ^ Mask[i % 4]) : payload[i]);
        return SendBytesAsync([.. frame]);
    }

    /// <summary>The next frame of that opcode; others before it are skipped.</summary>
    public async Task<byte[]> ReceiveAsync(int opcode)
    {
        while (true)
        {
            var head = await ReadBytesAsync(2);
            Assert.Equal(0, head[1] & 0x80); // a server never masks
            int length = head[1];
            if (length == 126)
            {
                var more = await ReadBytesAsync(2);
                length = (more[0] << 8) | more[1];
            }

            var payload = await ReadBytesAsync(length);
            if ((head[0] & 0x7f) == opcode) return payload;
        }
    }

    /// <summary>The code of the close frame.</summary>
    public async Task<int> ClosedWithAsync()
    {
        var payload = await ReceiveAsync(8);
        return (payload[0] << 8) | payload[1];
    }

    /// <summary>True once the gateway has ended the connection, with nothing more sent.</summary>
    public async Task<bool> IsAtEndAsync()
    {
        using var limit = Limit();
        return await _stream.ReadAsync(new byte[1], limit.Token) == 0;
    }

    public void Dispose() => _tcp.Dispose();

    private static CancellationTokenSource Limit()
    {
        var limit = CancellationTokenSource.CreateLinkedTokenSource(A.Token);
        limit.CancelAfter(GatewayRig.Soon);
        return limit;
    }

    private async Task SendBytesAsync(byte[] bytes) => await _stream.WriteAsync(bytes, A.Token);

    private async Task<byte[]> ReadBytesAsync(int count)
    {
        var bytes = new byte[count];
        using var limit = Limit();
        await _stream.ReadExactlyAsync(bytes, limit.Token);
        return bytes;
    }
}
