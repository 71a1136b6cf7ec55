using System.Net;
using System.Text;
using E2EEvents.EdgeGateway.Sockets;
using E2EEvents.EdgeGateway.Tests.Transports;

namespace E2EEvents.EdgeGateway.Tests.Sockets;

public sealed class RequestHeadTests
{
    private const string Host = "Host: a.example\r\n";
    private const string Upgrade = "Upgrade: WebSocket\r\nConnection: keep-alive, upgrade\r\n";

    [Theory]
    [InlineData("topics/match/2026-ENG-ARS/events", "match", "2026-ENG-ARS", false)]
    [InlineData("topics/match/x/ws?delta=merge", "match", "x", true)]
    [InlineData("events?topic=match/x&topic=news/y", null, null, false)]
    [InlineData("ws?topic=match%2Fx", null, null, true)]
    public void TryParse_RequestOfABrowser_IsTaken(string target, string? kind, string? key, bool isWebSocket)
    {
        var text = RawTcp.Request(target, "Origin: https://page.example", "Last-Event-ID: 00000000000000aa:7", "Cookie: a=1", "Cookie: b=2");
        var head = RequestHead.TryParse(Encoding.ASCII.GetBytes(text + "\u0001behind it"))!;
        Assert.Equal((text.Length, kind, key, isWebSocket), (head.Bytes, head.Kind, head.Key, head.IsWebSocket));

        var request = head.ToContext(null!, new IPEndPoint(IPAddress.Loopback, 7)).Request;

        Assert.Equal("/" + target, request.Path + request.QueryString);
        Assert.Equal(("GET", "gateway.example", "https://page.example"), (request.Method, request.Host.Value, request.Headers.Origin.ToString()));
        Assert.Equal(2, request.Headers.Cookie.Count);
        Assert.Equal(kind, request.RouteValues["kind"]);
        Assert.Equal(IPAddress.Loopback, request.HttpContext.Connection.RemoteIpAddress);
    }

    [Theory]
    [InlineData("")]
    [InlineData("GET")]
    [InlineData("GET /events HTTP/1.1\r\n" + Host)] // incomplete
    [InlineData("GET /events HTTP/1.1\n" + Host + "\n\n")]
    [InlineData("GET /events HTTP/1.0\r\n" + Host + "\r\n")]
    [InlineData("POST /events HTTP/1.1\r\n" + Host + "\r\n")]
    [InlineData("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")]
    [InlineData("\u0016\u0003\u0001\u0002\r\n\r\n")] // TLS
    [InlineData("GET /kinds HTTP/1.1\r\n" + Host + "\r\n")]
    [InlineData("GET /topics/match/x HTTP/1.1\r\n" + Host + "\r\n")]
    [InlineData("GET /topics/match/x/events/ HTTP/1.1\r\n" + Host + "\r\n")]
    [InlineData("GET /topics/match/../events HTTP/1.1\r\n" + Host + "\r\n")]
    [InlineData("GET /topics//x/events HTTP/1.1\r\n" + Host + "\r\n")]
    [InlineData("GET /topics/match/a%20b/events HTTP/1.1\r\n" + Host + "\r\n")]
    [InlineData("GET http://a.example/events HTTP/1.1\r\n" + Host + "\r\n")]
    [InlineData("GET /events#here HTTP/1.1\r\n" + Host + "\r\n")]
    [InlineData("GET /events HTTP/1.1\r\n\r\n")] // no host
    [InlineData("GET /events HTTP/1.1\r\n" + Host + Host + "\r\n")]
    [InlineData("GET /events HTTP/1.1\r\nHost: a@b\r\n\r\n")]
    [InlineData("GET /events HTTP/1.1\r\n" + Host + "no colon\r\n\r\n")]
    [InlineData("GET /events HTTP/1.1\r\n" + Host + "a b: c\r\n\r\n")]
    [InlineData("GET /events HTTP/1.1\r\n" + Host + " folded: c\r\n\r\n")]
    [InlineData("GET /events HTTP/1.1\r\n" + Host + "A: b\nc: d\r\n\r\n")]
    [InlineData("GET /events HTTP/1.1\r\n" + Host + "A: \u0080\r\n\r\n")]
    [InlineData("GET /events HTTP/1.1\r\n" + Host + "Content-Length: 0\r\n\r\n")]
    [InlineData("GET /events HTTP/1.1\r\n" + Host + "transfer-encoding: chunked\r\n\r\n")]
    [InlineData("GET /events HTTP/1.1\r\n" + Host + "Expect: 100-continue\r\n\r\n")]
    [InlineData("GET /events HTTP/1.1\r\n" + Host + "Upgrade: h2c\r\nConnection: upgrade\r\n\r\n")]
    [InlineData("GET /ws HTTP/1.1\r\n" + Host + "\r\n")]
    [InlineData("GET /ws HTTP/1.1\r\n" + Host + "Upgrade: websocket\r\n\r\n")]
    [InlineData("GET /ws HTTP/1.1\r\n" + Host + "Upgrade: websocket\r\nConnection: close\r\n\r\n")]
    [InlineData("GET /ws HTTP/1.1\r\n" + Host + "Upgrade: websocket, h2c\r\nConnection: upgrade\r\n\r\n")]
    public void TryParse_AnythingUnusual_IsLeftToTheWebServer(string text) => Assert.Null(RequestHead.TryParse(Encoding.Latin1.GetBytes(text)));

    [Theory]
    [InlineData("GET /events HTTP/1.1\r\n" + Host + "\r\n")]
    [InlineData("GET /ws HTTP/1.1\r\n" + Host + Upgrade + "\r\n")]
    public void TryParse_TheLeastThereIs_IsTaken(string text)
    {
        Assert.NotNull(RequestHead.TryParse(Encoding.ASCII.GetBytes(text)));
        for (var length = 0; length < text.Length; length++) Assert.Null(RequestHead.TryParse(Encoding.ASCII.GetBytes(text[..length])));
    }

    [Fact]
    public void TryParse_MoreHeadersOrBytesThanUsual_IsLeftToTheWebServer()
    {
        static string With(int headers, int length) => $"GET /events HTTP/1.1\r\n{Host}{string.Concat(System.Linq.Enumerable.Repeat($"A: {new string('x', length)}\r\n", headers))}\r\n";
        Assert.NotNull(RequestHead.TryParse(Encoding.ASCII.GetBytes(With(60, 60))));
        Assert.Null(RequestHead.TryParse(Encoding.ASCII.GetBytes(With(70, 60))));
        Assert.Null(RequestHead.TryParse(Encoding.ASCII.GetBytes(With(1, RequestHead.MaxBytes))));
    }
}
