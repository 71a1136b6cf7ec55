using System.Text;
using System.Text.RegularExpressions;

namespace E2EEvents.EdgeGateway.Tests.Transports;

/// <summary>What a client sees on the wire, and how its connection may end: the same whether the gateway serves the socket or the web server does.</summary>
public sealed partial class BothWaysTests
{
    public static TheoryData<bool, string> Ways() => new() { { true, "events" }, { true, "ws" }, { false, "events" }, { false, "ws" } };

    [Theory]
    [InlineData("events")]
    [InlineData("ws")]
    public async Task Wire_OfBothWays_HoldsTheSameBytes(string transport)
    {
        var (directHead, directBody) = await RecordAsync(direct: true, transport);
        var (servedHead, servedBody) = await RecordAsync(direct: false, transport);
        Assert.Equal(servedBody, directBody);
        string[] ofTheConnection = ["date", "transfer-encoding", "connection"];
        foreach (var name in ofTheConnection)
        {
            directHead.Remove(name);
            servedHead.Remove(name);
        }

        Assert.Equal(servedHead, directHead);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Client_ThatEndsItsSide_IsLetGo(bool direct, string transport)
    {
        await using var rig = await StartAsync(direct, ("Feeds:Linger", "00:00:00"));
        var topic = rig.Region.Topic(A.Match).Publish();
        using var client = await OpenAsync(rig, transport);
        Assert.True(rig.Follows(topic));
        client.EndSending();
        await client.ReadToEndAsync();
        await Eventually.TrueAsync(() => !rig.Follows(topic), GatewayRig.Soon);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Client_ThatIsGoneWithoutAWord_IsLetGo(bool direct, string transport)
    {
        await using var rig = await StartAsync(direct, ("Feeds:Linger", "00:00:00"));
        var topic = rig.Region.Topic(A.Match).Publish();
        using var client = await OpenAsync(rig, transport);
        client.Reset();
        await Eventually.TrueAsync(() => !rig.Follows(topic), GatewayRig.Soon);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Place_OfAStreamThatEnded_IsGivenToTheNext(bool direct, string transport)
    {
        await using var rig = await StartAsync(direct, ("MaxConnections", "1"));
        rig.Region.Topic(A.Match).Publish();
        using (await OpenAsync(rig, transport)) Assert.StartsWith("HTTP/1.1 503 ", await HeadAsync(rig, transport), StringComparison.Ordinal);
        var head = "";
        await Eventually.TrueAsync(async _ => !(head = await HeadAsync(rig, transport)).StartsWith("HTTP/1.1 503 ", StringComparison.Ordinal), GatewayRig.Soon);
        Assert.StartsWith(transport == "ws" ? "HTTP/1.1 101 " : "HTTP/1.1 200 ", head, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task SlowClient_OfALatestTopic_GetsTheNewestOnceItReads(bool direct, string transport)
    {
        await using var rig = await StartAsync(direct, ("MaxUnsentBytes", "4096"));
        var topic = rig.Region.Topic(A.Ticker).Publish();
        using var client = await OpenAsync(rig, transport, "ticker/x", receiveBytes: 4096);
        await PublishSlowlyAsync(rig, topic, 1500);

        var rest = await client.ReadUntilAsync($"\"offset\":{topic.Position.Offset},");

        Assert.InRange(Offset().Count(rest), 1, 1200);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task SlowClient_OfAnEveryTopic_IsToldWhyItIsClosed(bool direct, string transport)
    {
        await using var rig = await StartAsync(direct, ("MaxUnsentBytes", "4096"), ("Fanout:TailUpdates", "10"), ("Fanout:CloseTimeout", "00:00:20"));
        var topic = rig.Region.Topic(A.Match).Publish();
        using var client = await OpenAsync(rig, transport, "match/x", receiveBytes: 32768);
        await PublishSlowlyAsync(rig, topic, 1500);

        var rest = await client.ReadUntilAsync("slow-consumer"); // the web server keeps the connection of an event stream that ended

        var offsets = new List<long>();
        foreach (Match match in Offset().Matches(rest)) offsets.Add(long.Parse(match.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture));
        for (var i = 1; i < offsets.Count; i++) Assert.Equal(offsets[i - 1] + 1, offsets[i]); // no hole up to the end
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Gateway_Stopping_SaysWhyAndEndsTheConnection(bool direct, string transport)
    {
        await using var rig = await StartAsync(direct);
        rig.Region.Topic(A.Match).Publish();
        using var client = await OpenAsync(rig, transport);
        var stopping = rig.StopAsync();
        Assert.Contains("going-away", await client.ReadToEndAsync(), StringComparison.Ordinal);
        client.Dispose();
        await stopping;
    }

    private static Task<GatewayRig> StartAsync(bool direct, params (string, string)[] settings) =>
        GatewayRig.StartAsync([("Fanout:DirectSockets", direct ? "true" : "false"), .. settings]);

    private static async Task<RawTcp> OpenAsync(GatewayRig rig, string transport, string topic = "match/x", int receiveBytes = 0)
    {
        var client = await RawTcp.ConnectAsync(rig.Uri, receiveBytes);
        await client.SendAsync(RawTcp.Request($"topics/{topic}/{transport}"));
        await client.ReadUntilAsync("\"offset\":1,");
        return client;
    }

    private static async Task<string> HeadAsync(GatewayRig rig, string transport)
    {
        using var client = await RawTcp.ConnectAsync(rig.Uri);
        await client.SendAsync(RawTcp.Request($"topics/match/x/{transport}"));
        return await client.ReadUntilAsync("\r\n\r\n");
    }

    /// <summary>Publishes so that the gateway takes each one over by itself.</summary>
    private static async Task PublishSlowlyAsync(GatewayRig rig, Fakes.FakeTopic topic, int count)
    {
        for (var i = 0; i < count; i++)
        {
            topic.Publish();
            if (i % 20 == 0) await Eventually.TrueAsync(() => rig.PositionOf(topic) == topic.Position, GatewayRig.Soon);
        }

        await Eventually.TrueAsync(() => rig.PositionOf(topic) == topic.Position, GatewayRig.Soon);
    }

    /// <summary>Everything that a client which resumes gets until the gateway stops: headers by lower-case name, and the body without chunks and times.</summary>
    private static async Task<(SortedDictionary<string, string> Head, string Body)> RecordAsync(bool direct, string transport)
    {
        await using var rig = await StartAsync(direct, ("Fanout:ReconnectWithin", "00:00:00"));
        var topic = rig.Region.Topic(A.Match).Publish(3);
        using var client = await RawTcp.ConnectAsync(rig.Uri);
        await client.SendAsync(RawTcp.Request($"topics/match/x/{transport}?after={A.At(1)}", "Origin: https://page.example"));
        var all = new StringBuilder(await client.ReadUntilAsync("\"offset\":3,"));
        topic.Publish();
        all.Append(await client.ReadUntilAsync("\"offset\":4,"));
        var stopping = rig.StopAsync();
        all.Append(await client.ReadToEndAsync());
        client.Dispose();
        await stopping;

        var parts = all.ToString().Split("\r\n\r\n", 2);
        var head = new SortedDictionary<string, string>();
        foreach (var line in parts[0].Split("\r\n")[1..]) head[line.Split(": ")[0].ToLowerInvariant()] = line.Split(": ")[1];
        head["status"] = parts[0].Split("\r\n")[0];
        var body = head.ContainsKey("transfer-encoding") ? Chunk().Replace(parts[1], "$2") : parts[1];
        return (head, Time().Replace(body, "\"$1\":0"));
    }

    [GeneratedRegex("\"(origin|home|edge|gateway)\":\\d+")]
    private static partial Regex Time();

    [GeneratedRegex("\"offset\":(\\d+),")]
    private static partial Regex Offset();

    [GeneratedRegex("([0-9a-f]+)\r\n([^\r]*)\r\n(\r\n)?")]
    private static partial Regex Chunk();
}
