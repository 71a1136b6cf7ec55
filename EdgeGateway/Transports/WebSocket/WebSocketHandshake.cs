using System.Security.Cryptography;
using System.Text;
using E2EEvents.EdgeGateway.Policy;
using Microsoft.AspNetCore.Http;

namespace E2EEvents.EdgeGateway.Transports.WebSocket;

/// <summary>The opening of a WebSocket (RFC 6455 §4), whoever owns the connection.</summary>
internal static class WebSocketHandshake
{
    /// <exception cref="ProblemException">The headers do not ask for a WebSocket, or not correctly.</exception>
    public static void Check(HttpRequest request)
    {
        var headers = request.Headers;
        if (!headers.Upgrade.ToString().Contains("websocket", StringComparison.OrdinalIgnoreCase)) throw NotOne();
        if (headers.SecWebSocketVersion.ToString() != "13" || !IsKey(headers.SecWebSocketKey.ToString()))
        {
            throw new ProblemException(Problem.NotUpgrade, "Sec-WebSocket-Version must be 13 and Sec-WebSocket-Key 16 bytes in base64 (RFC 6455 §4.1).");
        }
    }

    /// <summary>Headers of the answer to a request that was checked.</summary>
    public static void Answer(HttpContext http)
    {
        var headers = http.Response.Headers;
        headers.SecWebSocketAccept = AcceptOf(http.Request.Headers.SecWebSocketKey.ToString());
        headers.Upgrade = "websocket";
        headers.Connection = "Upgrade";
    }

    public static ProblemException NotOne() =>
        new(Problem.NotUpgrade, "Connect with a WebSocket client (HTTP/1.1 with Upgrade: websocket); for plain HTTP leave /ws away, for server-sent events use /events.");

    private static bool IsKey(string key)
    {
        Span<byte> bytes = stackalloc byte[18];
        return key.Length == 24 && Convert.TryFromBase64String(key, bytes, out var written) && written == 16;
    }

    // RFC 6455 §4.2.2: SHA-1 is the protocol's, it protects nothing.
#pragma warning disable CA5350
    private static string AcceptOf(string key) => Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")));
#pragma warning restore CA5350
}
