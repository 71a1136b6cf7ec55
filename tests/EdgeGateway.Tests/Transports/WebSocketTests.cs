using E2EEvents.EdgeGateway.Tests.Transports.Fakes;
using E2EEvents.Testing.Clients;

namespace E2EEvents.EdgeGateway.Tests.Transports;

public sealed class DirectWebSocketTests() : WebSocketTests(direct: true);

public sealed class ServedWebSocketTests() : WebSocketTests(direct: false);

/// <summary>Raw WebSockets: the contract of all transports, and RFC 6455.</summary>
public abstract class WebSocketTests(bool direct) : TransportContract(direct)
{
    private const int Text = 1;
    private const int Binary = 2;
    private const int Close = 8;
    private const int Ping = 9;
    private const int Pong = 10;

    private static readonly (string, string)[] Upgrade =
    [
        ("Connection", "Upgrade"), ("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13"), ("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA=="),
    ];

    private protected override async Task<StreamReaderCore> ConnectAsync(GatewayRig rig, StreamOptions? options, params Transcript[] topics) =>
        await WsClient.ConnectAsync(rig.Uri, topics, A.Token, options);

    private protected override async Task<List<long>> OffsetsOfSingleNamedAsync(GatewayRig rig, FakeTopic topic, Position after, int count)
    {
        using var socket = await RawWebSocket.ConnectAsync(rig.Uri, $"ws?topic={topic.Name}&after={after}");
        var offsets = new List<long>();
        while (offsets.Count < count) offsets.Add(ReceivedEnvelope.Parse(System.Text.Encoding.UTF8.GetString(await socket.ReceiveAsync(Text))).Position.Offset);
        return offsets;
    }

    [Theory]
    [InlineData("Sec-WebSocket-Version", "8")]
    [InlineData("Sec-WebSocket-Key", "short")]
    [InlineData("Upgrade", "h2c")]
    public async Task Upgrade_Malformed_IsRefused(string header, string value)
    {
        await using var rig = await StartAsync();
        var headers = Array.ConvertAll(Upgrade, pair => pair.Item1 == header ? (header, value) : pair);
        GatewayRig.AssertProblem(await rig.Topics.SendAsync("topics/match/x/ws", A.Token, headers), 400, "not-a-websocket");
    }

    [Theory]
    [InlineData("https://page.example", false)]
    [InlineData("https://ours.example", true)]
    [InlineData(null, true)] // no browser
    [InlineData("own", true)] // the gateway's own page
    public async Task Origin_OfThePage_MustBeAllowed(string? origin, bool allowed)
    {
        await using var rig = await StartAsync(("AllowedOrigins:0", "https://ours.example"));
        rig.Region.Topic(A.Match).Publish();
        (string, string)[] headers = origin is null ? Upgrade : [.. Upgrade, ("Origin", origin == "own" ? rig.Uri.GetLeftPart(UriPartial.Authority) : origin)];
        if (!allowed)
        {
            GatewayRig.AssertProblem(await rig.Topics.SendAsync("topics/match/x/ws", A.Token, headers), 403, "origin-refused");
            return;
        }

        using var answer = await rig.SendAsync(HttpMethod.Get, "topics/match/x/ws", headers);
        Assert.Equal(101, (int)answer.StatusCode);
    }

    [Theory]
    [InlineData(Text, 2, true, 4003)]
    [InlineData(Binary, 2, true, 4003)]
    [InlineData(Text, 5000, true, 1009)]
    [InlineData(Ping, 2, false, 1002)] // unmasked
    [InlineData(3, 2, true, 1002)] // reserved opcode
    [InlineData(Ping, 126, true, 1002)] // a control frame that long
    public async Task Frame_ThatMustNotCome_EndsTheStreamWithItsCode(int opcode, int length, bool masked, int code)
    {
        await using var rig = await StartAsync();
        rig.Region.Topic(A.Match).Publish();
        using var socket = await RawWebSocket.ConnectAsync(rig.Uri, "topics/match/x/ws");
        await socket.ReceiveAsync(Text);

        await socket.SendAsync(opcode, new byte[length], masked);

        Assert.Equal(code, await socket.ClosedWithAsync());
        await socket.SendAsync(Close, [(byte)(code >> 8), (byte)code]);
        Assert.True(await socket.IsAtEndAsync());
    }

    [Fact]
    public async Task Ping_OfTheClient_IsAnsweredWithItsPayload()
    {
        await using var rig = await StartAsync();
        using var socket = await RawWebSocket.ConnectAsync(rig.Uri, "topics/match/x/ws");

        await socket.SendAsync(Ping, [7, 8, 9]);

        Assert.Equal([7, 8, 9], await socket.ReceiveAsync(Pong));
    }

    [Fact]
    public async Task Close_OfTheClient_IsEchoedAndEndsTheConnection()
    {
        await using var rig = await StartAsync(("Feeds:Linger", "00:00:00"));
        var topic = rig.Region.Topic(A.Match).Publish();
        using var socket = await RawWebSocket.ConnectAsync(rig.Uri, "topics/match/x/ws");
        await socket.ReceiveAsync(Text);

        await socket.SendAsync(Close, [0x03, 0xe8]);

        Assert.Equal(1000, await socket.ClosedWithAsync());
        Assert.True(await socket.IsAtEndAsync());
        await Eventually.TrueAsync(() => !rig.Follows(topic), GatewayRig.Soon);
    }

    [Fact]
    public async Task Client_ThatAnswersNoPing_IsClosedForIt()
    {
        await using var rig = await StartAsync(("Fanout:Heartbeat", "00:00:01"), ("Fanout:PongTimeout", "00:00:01"));
        using var socket = await RawWebSocket.ConnectAsync(rig.Uri, "topics/match/x/ws");
        await socket.ReceiveAsync(Ping);
        Assert.Equal(4002, await socket.ClosedWithAsync());
    }
}
