using System.Text;
using E2EEvents.EdgeGateway.Fanout;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace E2EEvents.EdgeGateway.Transports;

/// <summary>How a stream of server-sent events begins.</summary>
/// <param name="View">What the connection sees.</param>
/// <param name="ContentEncoding">Value of that header; null = leave it out.</param>
/// <param name="Hello">First bytes of the body.</param>
internal readonly record struct SseStart(View View, string? ContentEncoding, byte[] Hello);

/// <summary>How a WebSocket begins.</summary>
/// <param name="View">What the connection sees.</param>
/// <param name="Extensions">Value of <c>Sec-WebSocket-Extensions</c> in the answer; null = leave it out.</param>
internal readonly record struct WebSocketStart(View View, string? Extensions);

/// <summary>Settles from a request's headers how its stream is encoded, whatever serves the connection.</summary>
internal sealed class StreamNegotiation
{
    private readonly Compressor? _compressor;
    private readonly byte[] _hello;
    private readonly byte[] _gzipHello;
    private readonly View?[] _usual = new View?[View.Places];

    public StreamNegotiation(IOptions<GatewayOptions> gateway, IOptions<CompressionOptions> compression)
    {
        _compressor = compression.Value.Enabled ? new Compressor(compression.Value.MinBytes) : null;
        // The padding gets a first byte through proxies that wait for some; it is a comment, so clients ignore it. It is not compressed, or it would be none.
        _hello = Encoding.ASCII.GetBytes($":{new string(' ', 256)}\nretry: {(long)gateway.Value.SseRetry.TotalMilliseconds}\n\n");
        _gzipHello = [.. Deflate.GzipHeader, .. Deflate.Store(_hello)];
    }

    /// <summary>For server-sent events. The answer varies by <c>Accept-Encoding</c>.</summary>
    public SseStart Sse(StreamRequest request, IHeaderDictionary headers)
    {
        var format = request.Topics.Count == 1 ? WireFormat.Sse : WireFormat.SseMany;
        return _compressor is not null && TakesGzip(headers.AcceptEncoding)
            ? new SseStart(ViewOf(request, format, _compressor, format == WireFormat.Sse), "gzip", _gzipHello)
            : new SseStart(ViewOf(request, format, null, continues: false), null, _hello);
    }

    /// <summary>For a WebSocket.</summary>
    public WebSocketStart WebSocket(StreamRequest request, IHeaderDictionary headers)
    {
        var continues = request.Topics.Count == 1; // of several topics, what came last is seldom the same topic's
        var extensions = _compressor is null ? null : PerMessageDeflate.Answer(headers.SecWebSocketExtensions, ref continues);
        return new WebSocketStart(ViewOf(request, WireFormat.WebSocket, extensions is null ? null : _compressor, continues), extensions);
    }

    /// <summary>Views of all fields at any rate are shared by all who have them: most connections.</summary>
    private View ViewOf(StreamRequest request, WireFormat format, Compressor? compressor, bool continues)
    {
        var view = new View(format, request.Deltas, request.Fields, compressor, Rate.IntervalOf(request.MaxRate), continues);
        return view is { Fields: null, Interval: 0 } ? _usual[view.Place] ??= view : view;
    }

    /// <summary>True if gzip is no less welcome than plain bytes (RFC 9110 §12.5.3).</summary>
    private static bool TakesGzip(StringValues accepted)
    {
        if (accepted.Count == 0 || !StringWithQualityHeaderValue.TryParseList(accepted, out var encodings)) return false;
        double? gzip = null, other = null, plain = null;
        foreach (var encoding in encodings)
        {
            var quality = encoding.Quality ?? 1;
            if (encoding.Value.Equals("gzip", StringComparison.OrdinalIgnoreCase)) gzip = quality;
            else if (encoding.Value.Equals("identity", StringComparison.OrdinalIgnoreCase)) plain = quality;
            else if (encoding.Value.Equals("*", StringComparison.Ordinal)) other = quality;
        }

        return (gzip ?? other ?? 0) is var wanted && wanted > 0 && wanted >= (plain ?? 0);
    }
}
