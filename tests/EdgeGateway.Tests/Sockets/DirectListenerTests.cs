using System.Text;
using E2EEvents.EdgeGateway.Tests.Transports;

namespace E2EEvents.EdgeGateway.Tests.Sockets;

/// <summary>One port for streams that the gateway serves itself and for everything that the web server answers.</summary>
public sealed class DirectListenerTests
{
    private const string Rest = "Host: gateway.example\r\n\r\n";

    [Fact]
    public async Task Frames_RightBehindTheHead_AreTheStreams()
    {
        await using var rig = await GatewayRig.StartAsync();
        using var client = await RawTcp.ConnectAsync(rig.Uri);
        byte[] ping = [0x89, 0x83, 0, 0, 0, 0, (byte)'a', (byte)'b', (byte)'c'];
        await client.SendAsync([.. Encoding.ASCII.GetBytes(RawTcp.Request("topics/match/x/ws")), .. ping]);
        Assert.StartsWith("HTTP/1.1 101 ", await client.ReadUntilAsync("\u008a\u0003abc"), StringComparison.Ordinal);
        Assert.Equal(1, rig.DirectStreams);
    }

    [Fact]
    public async Task Head_OfTenThousandBytes_IsServedByTheWebServer()
    {
        await using var rig = await GatewayRig.StartAsync();
        rig.Region.Topic(A.Match).Publish();
        using var client = await RawTcp.ConnectAsync(rig.Uri);
        await client.SendAsync(RawTcp.Request("topics/match/x/events", $"Padding: {new string('x', 10_000)}"));
        Assert.StartsWith("HTTP/1.1 200 ", await client.ReadUntilAsync("\"offset\":1,"), StringComparison.Ordinal);
        Assert.Equal(0, rig.DirectStreams);
    }

    [Fact]
    public async Task Stream_BehindAnotherRequestOfTheSameConnection_IsServedByTheWebServer()
    {
        await using var rig = await GatewayRig.StartAsync();
        rig.Region.Topic(A.Match).Publish();
        using var client = await RawTcp.ConnectAsync(rig.Uri);
        await client.SendAsync($"GET /topics/match/x HTTP/1.1\r\n{Rest}");
        await client.ReadUntilAsync("\"offset\":1,");
        await client.SendAsync(RawTcp.Request("topics/match/x/events"));
        await client.ReadUntilAsync("\"offset\":1,");
        Assert.Equal(0, rig.DirectStreams);
    }

    [Theory]
    [InlineData("GET /topics/nothing/x/events HTTP/1.1\r\n" + Rest, "HTTP/1.1 404 ")]
    [InlineData("GET /events HTTP/1.1\r\n" + Rest, "HTTP/1.1 400 ")]
    [InlineData("GET /topics/match/x/events?after=nonsense HTTP/1.1\r\n" + Rest, "HTTP/1.1 400 ")]
    [InlineData("GET /topics/match/x/events HTTP/1.1\r\n\r\n", "HTTP/1.1 400 ")]
    [InlineData("HEAD /topics/match/x/events HTTP/1.1\r\n" + Rest, "HTTP/1.1 405 ")]
    [InlineData("\u0000\u0001\u0002 garbage\r\n\r\n", "HTTP/1.1 400 ")]
    [InlineData("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "")]
    public async Task Request_ThatIsNoStreams_GetsTheWebServersAnswer(string request, string answer)
    {
        await using var direct = await GatewayRig.StartAsync();
        await using var served = await GatewayRig.StartAsync(("Fanout:DirectSockets", "false"));
        var first = await FirstLineAsync(direct, request);
        Assert.Equal(await FirstLineAsync(served, request), first);
        Assert.StartsWith(answer, first, StringComparison.Ordinal);
        Assert.Equal(0, direct.DirectStreams);
    }

    [Fact]
    public async Task Origin_ThatMayRead_IsNamedInTheAnswer()
    {
        await using var rig = await GatewayRig.StartAsync(("AllowedOrigins:0", "https://ours.example"), ("AllowedOrigins:1", "https://theirs.example"));
        foreach (var (origin, allowed) in new[] { ("https://ours.example", true), ("https://page.example", false) })
        {
            using var client = await RawTcp.ConnectAsync(rig.Uri);
            await client.SendAsync(RawTcp.Request("topics/match/x/events", $"Origin: {origin}"));
            var head = await client.ReadUntilAsync("\r\n\r\n");
            Assert.Equal(allowed, head.Contains($"Access-Control-Allow-Origin: {origin}\r\n", StringComparison.Ordinal));
        }

        Assert.Equal(2, rig.DirectStreams);
    }

    /// <summary>What an answer begins with, up to the end of its first line or of the connection.</summary>
    private static async Task<string> FirstLineAsync(GatewayRig rig, string request)
    {
        using var client = await RawTcp.ConnectAsync(rig.Uri);
        await client.SendAsync(request);
        if (request.StartsWith("PRI", StringComparison.Ordinal)) return await client.ReadToEndAsync();
        return (await client.ReadUntilAsync("\r\n")).Split("\r\n")[0];
    }
}
