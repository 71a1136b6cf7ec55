using E2EEvents.EdgeGateway.Fanout;
using E2EEvents.EdgeGateway.Feeds;
using E2EEvents.EdgeGateway.Policy;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Extensions.Options;

namespace E2EEvents.EdgeGateway.Transports.Sse;

/// <summary>Server-sent events over HTTP/1.1 and HTTP/2: <c>/topics/{kind}/{key}/events</c> and <c>/events?topic=…</c>.</summary>
internal sealed class SseEndpoint(StreamSession session, StreamNegotiation negotiation, Admission admission, KindMap kinds, IOptions<GatewayOptions> options)
{
    public const string Transport = "sse";

    public async Task HandleAsync(HttpContext http)
    {
        var request = await StreamRequest.ReadAsync(http, kinds, options.Value).ConfigureAwait(false);
        session.Admit(http, request);
        admission.EnterStream(Transport);
        try
        {
            var (view, encoding, hello) = negotiation.Sse(request, http.Request.Headers);
            Answer(http.Response, encoding);
            http.Features.Get<IHttpResponseBodyFeature>()!.DisableBuffering();
            // Slow readers are our own business: bounded, told why, closed. Kestrel would cut them without a word. HTTP/2 cannot be exempted.
            if (http.Features.Get<IHttpMinResponseDataRateFeature>() is { } rate && http.Request.Protocol == HttpProtocol.Http11) rate.MinDataRate = null;

            var connection = new Connection(new ResponseSink(http), view, Transport) { Client = admission.ClientOf(http), Ending = session.Hold(withPlace: false) };
            await session.RunAsync(connection, request, hello, http.RequestAborted).ConfigureAwait(false);
        }
        finally
        {
            admission.LeaveStream(Transport);
        }
    }

    /// <summary>Headers of the answer.</summary>
    public static void Answer(HttpResponse response, string? contentEncoding)
    {
        response.ContentType = "text/event-stream";
        CacheRules.ForStream(response);
        response.Headers.Append("Vary", "Accept-Encoding");
        if (contentEncoding is not null) response.Headers.ContentEncoding = contentEncoding;
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
