using System.Text;
using E2EEvents.EdgeGateway.Fanout;
using E2EEvents.EdgeGateway.Feeds;
using E2EEvents.EdgeGateway.Policy;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Extensions.Options;

namespace E2EEvents.EdgeGateway.Transports.Sse;

/// <summary>Server-sent events over HTTP/1.1 and HTTP/2: <c>/topics/{kind}/{key}/events</c> and <c>/events?topic=…</c>.</summary>
internal sealed class SseEndpoint(StreamSession session, Admission admission, KindMap kinds, IOptions<GatewayOptions> options)
{
    private const string Transport = "sse";

    // The padding gets a first byte through proxies that wait for some; it is a comment, so clients ignore it.
    private readonly byte[] _hello = Encoding.ASCII.GetBytes($":{new string(' ', 256)}\nretry: {(long)options.Value.SseRetry.TotalMilliseconds}\n\n");

    public async Task HandleAsync(HttpContext http)
    {
        var request = await StreamRequest.ReadAsync(http, kinds, options.Value).ConfigureAwait(false);
        session.Admit(http, request);
        admission.EnterStream(Transport);
        try
        {
            http.Response.ContentType = "text/event-stream";
            CacheRules.ForStream(http.Response);
            http.Features.Get<IHttpResponseBodyFeature>()!.DisableBuffering();
            // Slow readers are our own business: bounded, told why, closed. Kestrel would cut them without a word. HTTP/2 cannot be exempted.
            if (http.Features.Get<IHttpMinResponseDataRateFeature>() is { } rate && http.Request.Protocol == HttpProtocol.Http11) rate.MinDataRate = null;

            var format = request.Topics.Count == 1 ? WireFormat.Sse : WireFormat.SseMany;
            var connection = new Connection(new ResponseSink(http), format, request.Deltas, Transport) { Client = admission.ClientOf(http) };
            await session.RunAsync(connection, request, _hello, http.RequestAborted).ConfigureAwait(false);
        }
        finally
        {
            admission.LeaveStream(Transport);
        }
    }

    /// <summary>Writes through the response's pipe: one copy, one flush.</summary>
    private sealed class ResponseSink(HttpContext http) : IConnectionSink
    {
        public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes)
        {
            var flush = http.Response.BodyWriter.WriteAsync(bytes);
            if (!flush.IsCompletedSuccessfully) return Awaited(flush);
            flush.GetAwaiter().GetResult();
            return default;
        }

        public void Abort() => http.Abort();

        private static async ValueTask Awaited(ValueTask<System.IO.Pipelines.FlushResult> flush) => await flush.ConfigureAwait(false);
    }
}
