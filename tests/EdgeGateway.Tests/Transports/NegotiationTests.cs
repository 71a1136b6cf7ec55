using E2EEvents.EdgeGateway.Transports;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace E2EEvents.EdgeGateway.Tests.Transports;

/// <summary>What a stream is encoded as, by what the client offers.</summary>
public sealed class NegotiationTests
{
    private const string Taken = "permessage-deflate; client_no_context_takeover";
    private const string TakenAlone = Taken + "; server_no_context_takeover";

    [Theory]
    [InlineData("permessage-deflate", Taken)]
    [InlineData("permessage-deflate; client_max_window_bits", Taken)] // what browsers say
    [InlineData("Permessage-Deflate;client_max_window_bits=10;server_no_context_takeover", TakenAlone)]
    [InlineData("permessage-deflate; client_no_context_takeover; client_max_window_bits=\"15\"", Taken)]
    [InlineData("permessage-deflate; server_max_window_bits=15", Taken + "; server_max_window_bits=15")]
    [InlineData("permessage-deflate; server_max_window_bits=10, permessage-deflate", Taken)]
    [InlineData("x-other; a=\"1, permessage-deflate; b\", permessage-deflate", Taken)]
    [InlineData("x-webkit-deflate-frame, permessage-deflate; client_max_window_bits", Taken)]
    [InlineData("permessage-deflate; server_max_window_bits=10", null)]
    [InlineData("permessage-deflate; server_max_window_bits", null)]
    [InlineData("permessage-deflate; client_max_window_bits=7", null)]
    [InlineData("permessage-deflate; client_max_window_bits=015", null)]
    [InlineData("permessage-deflate; server_no_context_takeover=1", null)]
    [InlineData("permessage-deflate; server_no_context_takeover; server_no_context_takeover", null)]
    [InlineData("permessage-deflate; something", null)]
    [InlineData("permessage-deflate; ", null)]
    [InlineData("x-other; a=\"1, permessage-deflate", null)]
    [InlineData("", null)]
    public void PerMessageDeflate_Offers_AreAnsweredByTheRules(string offers, string? expected)
    {
        var continues = true;
        Assert.Equal(expected, PerMessageDeflate.Answer(offers, ref continues));
        Assert.Equal(expected != TakenAlone, continues);
    }

    [Fact]
    public void PerMessageDeflate_OfSeveralTopics_DoesNotContinue()
    {
        IHeaderDictionary headers = new HeaderDictionary { ["Sec-WebSocket-Extensions"] = "permessage-deflate" };
        var several = Request with { Topics = [new StreamTopic(A.Match, null), new StreamTopic(A.Ticker, null)] };
        var (one, two) = (Negotiation().WebSocket(Request, headers), Negotiation().WebSocket(several, headers));
        Assert.Equal((Taken, true), (one.Extensions, one.View.Continues));
        Assert.Equal((TakenAlone, false), (two.Extensions, two.View.Continues));
    }

    [Fact]
    public void PerMessageDeflate_SeveralHeaders_AreOneList()
    {
        var continues = true;
        Assert.Equal(Taken, PerMessageDeflate.Answer(new StringValues(["x-other", "permessage-deflate"]), ref continues));
    }

    [Theory]
    [InlineData("gzip", true)]
    [InlineData("gzip, deflate, br, zstd", true)] // what browsers say
    [InlineData("br;q=1.0, GZIP;q=0.8, *;q=0.1", true)]
    [InlineData("*", true)]
    [InlineData("gzip;q=0", false)]
    [InlineData("*, gzip;q=0", false)]
    [InlineData("identity, gzip;q=0.5", false)]
    [InlineData("br", false)]
    [InlineData("", false)]
    [InlineData(null, false)]
    public void Sse_AcceptEncoding_DecidesOnGzip(string? accepted, bool expected)
    {
        IHeaderDictionary headers = new HeaderDictionary();
        if (accepted is not null) headers.AcceptEncoding = accepted;
        var start = Negotiation().Sse(Request, headers);
        Assert.Equal((expected ? "gzip" : null, expected), (start.ContentEncoding, start.View.Compressor is not null));
        Assert.Equal(expected ? 0x1f : (byte)':', start.Hello[0]);
    }

    [Fact]
    public void Compression_Off_IsGivenToNobody()
    {
        var off = Negotiation(new CompressionOptions { Enabled = false });
        IHeaderDictionary headers = new HeaderDictionary { ["Accept-Encoding"] = "gzip", ["Sec-WebSocket-Extensions"] = "permessage-deflate" };
        Assert.Null(off.Sse(Request, headers).ContentEncoding);
        Assert.Null(off.WebSocket(Request, headers).Extensions);
        Assert.Null(off.WebSocket(Request, headers).View.Compressor);
    }

    private static StreamRequest Request => new([new StreamTopic(A.Match, null)], Deltas: true, null, MaxRate: 2);

    private static StreamNegotiation Negotiation(CompressionOptions? options = null) =>
        new(Microsoft.Extensions.Options.Options.Create(new GatewayOptions()), Microsoft.Extensions.Options.Options.Create(options ?? new CompressionOptions()));
}
