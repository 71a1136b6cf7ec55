using System.Security.Cryptography;
using System.Text;
using E2EEvents.EdgeGateway.Fanout;
using E2EEvents.EdgeGateway.Feeds;
using E2EEvents.EdgeGateway.Policy;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;

namespace E2EEvents.EdgeGateway.Transports.WebSocket;

/// <summary>
/// Raw WebSocket: <c>/topics/{kind}/{key}/ws</c> and <c>/ws?topic=…</c>. The upgrade is done here and frames are written as bytes, because the
/// framework's WebSocket encodes each send anew, per connection.
/// </summary>
internal sealed class WebSocketEndpoint(StreamSession session, Admission admission, KindMap kinds, IOptions<GatewayOptions> options, TimeProvider time)
{
    private const string Transport = "websocket";

    public async Task HandleAsync(HttpContext http)
    {
        var upgrade = CheckUpgrade(http);
        admission.CheckOrigin(http);
        var request = await StreamRequest.ReadAsync(http, kinds, options.Value).ConfigureAwait(false);
        session.Admit(http, request);
        admission.EnterStream(Transport);
        try
        {
            http.Response.Headers.SecWebSocketAccept = AcceptOf(http.Request.Headers.SecWebSocketKey.ToString());
            http.Response.Headers.Upgrade = "websocket";
            http.Response.Headers.Connection = "Upgrade";
            var stream = await upgrade.UpgradeAsync().ConfigureAwait(false);
            await ServeAsync(http, stream, request).ConfigureAwait(false);
        }
        finally
        {
            admission.LeaveStream(Transport);
        }
    }

    private async Task ServeAsync(HttpContext http, Stream stream, StreamRequest request)
    {
        using var gone = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted);
        var connection = new Connection(new StreamSink(http, stream), WireFormat.WebSocket, request.Deltas, Transport) { Client = admission.ClientOf(http) };
        var sending = session.RunAsync(connection, request, [], gone.Token);
        var reading = ReadAsync(stream, connection, gone);
        try
        {
            var closed = await sending.ConfigureAwait(false);
            if (closed is null) return;

            // The client's own close frame ends the reading; one that does not answer is left.
            await reading.WaitAsync(TimeSpan.FromSeconds(2), time, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        finally
        {
            await gone.CancelAsync().ConfigureAwait(false);
            await reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task ReadAsync(Stream stream, Connection connection, CancellationTokenSource gone)
    {
        var frames = new ClientFrames(connection, options.Value.MaxClientFrameBytes);
        var buffer = new byte[512];
        try
        {
            while (true)
            {
                var read = await stream.ReadAsync(buffer, gone.Token).ConfigureAwait(false);
                if (read == 0) break;
                if (!frames.Take(buffer.AsSpan(0, read))) return;
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // the client is gone, or the gateway cut it
        }

        if (!frames.IsRefused && connection.Closing is null) await gone.CancelAsync().ConfigureAwait(false); // else the reason may still get out
    }

    private static IHttpUpgradeFeature CheckUpgrade(HttpContext http)
    {
        var upgrade = http.Features.Get<IHttpUpgradeFeature>();
        var headers = http.Request.Headers;
        if (upgrade is not { IsUpgradableRequest: true } || !headers.Upgrade.ToString().Contains("websocket", StringComparison.OrdinalIgnoreCase))
        {
            throw new ProblemException(Problem.NotUpgrade, "Connect with a WebSocket client (HTTP/1.1 with Upgrade: websocket); for plain HTTP leave /ws away, for server-sent events use /events.");
        }

        if (headers.SecWebSocketVersion.ToString() != "13" || !IsKey(headers.SecWebSocketKey.ToString()))
        {
            throw new ProblemException(Problem.NotUpgrade, "Sec-WebSocket-Version must be 13 and Sec-WebSocket-Key 16 bytes in base64 (RFC 6455 §4.1).");
        }

        return upgrade;
    }

    private static bool IsKey(string key)
    {
        Span<byte> bytes = stackalloc byte[18];
        return key.Length == 24 && Convert.TryFromBase64String(key, bytes, out var written) && written == 16;
    }

    // RFC 6455 §4.2.2: SHA-1 is the protocol's, it protects nothing.
#pragma warning disable CA5350
    private static string AcceptOf(string key) => Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")));
#pragma warning restore CA5350

    private sealed class StreamSink(HttpContext http, Stream stream) : IConnectionSink
    {
        public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes) => stream.WriteAsync(bytes);

        public void Abort() => http.Abort();
    }
}
