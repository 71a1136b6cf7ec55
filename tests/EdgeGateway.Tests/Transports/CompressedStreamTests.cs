using E2EEvents.EdgeGateway.Tests.Transports.Fakes;
using E2EEvents.Testing.Clients;

namespace E2EEvents.EdgeGateway.Tests.Transports;

/// <summary>The contract of all transports, over gzip that a real client unpacks as it comes.</summary>
public abstract class CompressedSseTests(bool direct) : TransportContract(direct)
{
    private protected override (string Name, string Value)[] Settings => [("Compression:MinBytes", "100")];

    private protected override async Task<StreamReaderCore> ConnectAsync(GatewayRig rig, StreamOptions? options, params Transcript[] topics) =>
        await SseClient.ConnectAsync(rig.Uri, topics, A.Token, (options ?? new StreamOptions()) with { Compressed = true });

    private protected override async Task<List<long>> OffsetsOfSingleNamedAsync(GatewayRig rig, FakeTopic topic, Position after, int count)
    {
        var transcript = GatewayRig.StandingAt(topic, after.Offset);
        await using var client = await ConnectAsync(rig, new StreamOptions { LastEventId = after.ToString() }, transcript);
        await transcript.ReachesAsync(after.Offset + count, GatewayRig.Soon);
        var offsets = new List<long>();
        for (var i = 1; i <= count; i++) offsets.Add(after.Offset + i);
        return offsets;
    }

    [Fact]
    public async Task Answer_ToWhoTakesGzip_SaysSoAndVaries()
    {
        await using var rig = await StartAsync();
        using var packed = await rig.SendAsync(HttpMethod.Get, "topics/match/none/events", ("Accept-Encoding", "gzip"));
        using var plain = await rig.SendAsync(HttpMethod.Get, "topics/match/none/events");
        Assert.Equal(["gzip"], packed.Content.Headers.ContentEncoding);
        Assert.Empty(plain.Content.Headers.ContentEncoding);
        Assert.Equal("Accept-Encoding", packed.Headers.NonValidated["Vary"].ToString());
        Assert.Equal("Accept-Encoding", plain.Headers.NonValidated["Vary"].ToString());
    }

    [Fact]
    public async Task QuietStream_IsKeptOpenByComments()
    {
        await using var rig = await StartAsync(("Fanout:Heartbeat", "00:00:01"));
        await using var client = await SseClient.ConnectAsync(rig.Uri, [new Transcript(A.Match, Delivery.Every)], A.Token, new StreamOptions { Compressed = true });
        await Eventually.TrueAsync(() => client.Comments >= 2, GatewayRig.Soon); // the first is the padding
    }
}

/// <summary>The contract of all transports, over permessage-deflate that a real client unpacks.</summary>
public abstract class CompressedWebSocketTests(bool direct) : TransportContract(direct)
{
    private protected override (string Name, string Value)[] Settings => [("Compression:MinBytes", "100")];

    private protected override async Task<StreamReaderCore> ConnectAsync(GatewayRig rig, StreamOptions? options, params Transcript[] topics)
    {
        var client = await WsClient.ConnectAsync(rig.Uri, topics, A.Token, (options ?? new StreamOptions()) with { Compressed = true });
        Assert.Equal(["permessage-deflate; client_no_context_takeover" + (topics.Length > 1 ? "; server_no_context_takeover" : "")], client.Socket.HttpResponseHeaders!["Sec-WebSocket-Extensions"]);
        return client;
    }

    private protected override async Task<List<long>> OffsetsOfSingleNamedAsync(GatewayRig rig, FakeTopic topic, Position after, int count)
    {
        var transcript = GatewayRig.StandingAt(topic, after.Offset);
        await using var client = await ConnectAsync(rig, null, transcript);
        await transcript.ReachesAsync(after.Offset + count, GatewayRig.Soon);
        var offsets = new List<long>();
        for (var i = 1; i <= count; i++) offsets.Add(after.Offset + i);
        return offsets;
    }

    [Fact]
    public async Task Frame_ThatIsLargeAndAlike_ComesCompressed()
    {
        await using var rig = await StartAsync(("Compression:MinBytes", "100"));
        rig.Region.Topic(A.Match).Publish();
        using var socket = await RawWebSocket.ConnectAsync(rig.Uri, "topics/match/x/ws", "permessage-deflate; client_max_window_bits");
        var message = await socket.ReceiveAsync(0x41);
        var text = System.Text.Encoding.UTF8.GetString(Fanout.Received.Inflate([.. message, 0, 0, 0xff, 0xff]));
        Assert.Equal(A.At(1), ReceivedEnvelope.Parse(text).Position);
    }

    [Fact]
    public async Task Frame_CompressedByTheClient_IsRefused()
    {
        await using var rig = await StartAsync();
        rig.Region.Topic(A.Match).Publish();
        using var socket = await RawWebSocket.ConnectAsync(rig.Uri, "topics/match/x/ws", "permessage-deflate");
        await socket.SendAsync(0x41, [0x4a, 0x04, 0x00]);
        Assert.Equal(1002, await socket.ClosedWithAsync());
    }
}

public sealed class ServedCompressedSseTests() : CompressedSseTests(direct: false);

public sealed class DirectCompressedSseTests() : CompressedSseTests(direct: true);

public sealed class ServedCompressedWebSocketTests() : CompressedWebSocketTests(direct: false);

public sealed class DirectCompressedWebSocketTests() : CompressedWebSocketTests(direct: true);
