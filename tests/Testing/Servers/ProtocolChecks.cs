using System.Net;
using System.Net.Sockets;
using System.Text;

namespace E2EEvents.Testing.Servers;

/// <summary>The few bytes of each server's protocol that prove that it serves.</summary>
internal static class ProtocolChecks
{
    public static async Task<string> AskAsync(NetworkStream stream, string question, CancellationToken cancellationToken)
    {
        await stream.WriteAsync(Encoding.ASCII.GetBytes(question), cancellationToken);
        return await ReadSomeAsync(stream, cancellationToken);
    }

    /// <summary>As above, on a connection of its own.</summary>
    public static async Task<string> AskAsync(int port, string command, CancellationToken cancellationToken)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, port, cancellationToken);
        return await AskAsync(client.GetStream(), command + "\r\n", cancellationToken);
    }

    public static async Task<string> ReadSomeAsync(NetworkStream stream, CancellationToken cancellationToken)
    {
        var buffer = new byte[4096];
        var read = await stream.ReadAsync(buffer, cancellationToken);
        return Encoding.Latin1.GetString(buffer, 0, read);
    }

    public static async Task<bool> HttpAsync(NetworkStream stream, string path, int status, CancellationToken cancellationToken)
    {
        var answer = await AskAsync(stream, $"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", cancellationToken);
        return answer.StartsWith($"HTTP/1.1 {status}", StringComparison.Ordinal);
    }
}
