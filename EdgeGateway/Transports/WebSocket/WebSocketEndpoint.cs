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
internal sealed class WebSocketEndpoint(StreamSession session, StreamNegotiation negotiation, Admission admission, KindMap kinds, IOptions<GatewayOptions> options, TimeProvider time)
{
    public const string Transport = "websocket";

    public async Task HandleAsync(HttpContext http)
    {
        var upgrade = http.Features.Get<IHttpUpgradeFeature>();
        if (upgrade is not { IsUpgradableRequest: true }) throw WebSocketHandshake.NotOne();
        WebSocketHandshake.Check(http.Request);
        admission.CheckOrigin(http);
        var request = await StreamRequest.ReadAsync(http, kinds, options.Value).ConfigureAwait(false);
        session.Admit(http, request);
        admission.EnterStream(Transport);
        try
        {
            WebSocketHandshake.Answer(http);
            var (view, extensions) = negotiation.WebSocket(request, http.Request.Headers);
            if (extensions is not null) http.Response.Headers.SecWebSocketExtensions = extensions;
            var stream = await upgrade.UpgradeAsync().ConfigureAwait(false);
            await ServeAsync(http, stream, request, view).ConfigureAwait(false);
        }
        finally
        {
            admission.LeaveStream(Transport);
        }
    }

    private async Task ServeAsync(HttpContext http, Stream stream, StreamRequest request, View view)
    {
        using var gone = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted);
        var connection = new Connection(new StreamSink(http, stream), view, Transport) { Client = admission.ClientOf(http), Ending = session.Hold(withPlace: false) };
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
        var frames = new ClientFrames(options.Value.MaxClientFrameBytes);
        var buffer = new byte[512];
        try
        {
            while (true)
            {
                var read = await stream.ReadAsync(buffer, gone.Token).ConfigureAwait(false);
                if (read == 0) break;
                if (!frames.Take(connection, buffer.AsSpan(0, read))) return;
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // the client is gone, or the gateway cut it
        }

        if (!frames.IsRefused && connection.Closing is null) await gone.CancelAsync().ConfigureAwait(false); // else the reason may still get out
    }

    private sealed class StreamSink(HttpContext http, Stream stream) : IConnectionSink
    {
        public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes) => stream.WriteAsync(bytes);

        public void Abort() => http.Abort();
    }
}
