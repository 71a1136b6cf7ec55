using System.Linq;
using E2EEvents.EdgeGateway.Tests.Transports.Fakes;
using E2EEvents.Testing.Clients;

namespace E2EEvents.EdgeGateway.Tests.Transports;

public sealed class DirectSseTests() : SseTests(direct: true);

public sealed class ServedSseTests() : SseTests(direct: false);

/// <summary>Server-sent events: the contract of all transports, and what is theirs alone.</summary>
public abstract class SseTests(bool direct) : TransportContract(direct)
{
    private protected override async Task<StreamReaderCore> ConnectAsync(GatewayRig rig, StreamOptions? options, params Transcript[] topics) =>
        await SseClient.ConnectAsync(rig.Uri, topics, A.Token, options);

    private protected override async Task<List<long>> OffsetsOfSingleNamedAsync(GatewayRig rig, FakeTopic topic, Position after, int count)
    {
        using var answer = await rig.SendAsync(HttpMethod.Get, $"events?topic={topic.Name}", ("Last-Event-ID", after.ToString()));
        answer.EnsureSuccessStatusCode();
        var offsets = new List<long>();
        await foreach (var line in LinesAsync(answer))
        {
            if (!line.StartsWith("data: ", StringComparison.Ordinal)) continue;
            offsets.Add(ReceivedEnvelope.Parse(line["data: ".Length..]).Position.Offset);
            if (offsets.Count == count) break;
        }

        return offsets;
    }

    [Fact]
    public async Task Answer_Headers_KeepCachesAndProxiesOut()
    {
        await using var rig = await StartAsync();

        using var answer = await rig.SendAsync(HttpMethod.Get, "topics/match/none/events", ("Origin", "https://page.example"));

        Assert.Equal("text/event-stream", answer.Content.Headers.ContentType!.ToString());
        Assert.Equal("no-store, no-transform", answer.Headers.NonValidated["Cache-Control"].ToString());
        Assert.Equal("no", answer.Headers.GetValues("X-Accel-Buffering").Single());
        Assert.Equal("*", answer.Headers.GetValues("Access-Control-Allow-Origin").Single());
    }

    [Fact]
    public async Task FirstBytes_OfTopicThatDoesNotAnswer_ComeAtOnceWithRetry()
    {
        await using var rig = await StartAsync(("SseRetry", "00:00:07"));
        rig.Region.Topic(A.Match).Fault = new TimeoutException();

        using var answer = await rig.SendAsync(HttpMethod.Get, "topics/match/x/events");

        var lines = new List<string>();
        await foreach (var line in LinesAsync(answer))
        {
            lines.Add(line);
            if (lines.Count == 3) break;
        }

        Assert.True(lines[0][0] == ':' && lines[0].Length >= 256, lines[0]);
        Assert.Equal(["retry: 7000", ""], lines[1..]);
    }

    [Fact]
    public async Task LastEventId_BesideAfter_IsTheNewerWord()
    {
        await using var rig = await StartAsync();
        var topic = rig.Region.Topic(A.Match).Publish(5);
        var match = GatewayRig.StandingAt(topic, 3);

        await using var client = await SseClient.ConnectAsync(rig.Uri, [match], A.Token, new StreamOptions { LastEventId = A.At(3).ToString(), Query = "after=" + A.At(1) });

        await match.ReachesAsync(5, GatewayRig.Soon);
        Assert.Equal((3, 0), (match.Taken, match.Duplicates));
    }

    [Fact]
    public async Task After_InTheQuery_Resumes()
    {
        await using var rig = await StartAsync();
        var topic = rig.Region.Topic(A.Match).Publish(5);
        var match = GatewayRig.StandingAt(topic, 3);

        await using var client = await SseClient.ConnectAsync(rig.Uri, [match], A.Token, new StreamOptions { ResumeByQuery = true });

        await match.ReachesAsync(5, GatewayRig.Soon);
        Assert.Equal((3, 0), (match.Taken, match.Duplicates));
    }

    [Fact]
    public async Task Id_OfOneTopic_IsThePosition()
    {
        await using var rig = await StartAsync();
        rig.Region.Topic(A.Match).Publish(2);
        var match = new Transcript(A.Match, Delivery.Every);
        await using var client = await SseClient.ConnectAsync(rig.Uri, [match], A.Token);
        await match.ReachesAsync(2, GatewayRig.Soon);
        Assert.Equal(A.At(2).ToString(), client.LastEventId);
    }

    [Fact]
    public async Task Ids_OfSeveralTopics_ComeInABlockThatResumesAllOfThem()
    {
        await using var rig = await StartAsync();
        var (match, ticker) = (rig.Region.Topic(A.Match).Publish(2), rig.Region.Topic(A.Ticker).Publish(3));
        var (m, t) = (new Transcript(A.Match, Delivery.Every), new Transcript(A.Ticker, Delivery.Latest));
        var expected = new HashSet<string> { $"match/x@{A.At(2)}", $"ticker/x@{A.At(3)}" };
        string id;
        await using (var client = await SseClient.ConnectAsync(rig.Uri, [m, t], A.Token))
        {
            await Eventually.TrueAsync(() => expected.SetEquals(client.LastEventId.Split(',')), GatewayRig.Soon, () => client.LastEventId);
            id = client.LastEventId;
        }

        match.Publish(2);
        ticker.Publish();
        await using var again = await SseClient.ConnectAsync(rig.Uri, [m, t], A.Token, new StreamOptions { LastEventId = id });

        await m.ReachesAsync(4, GatewayRig.Soon);
        await t.ReachesAsync(4, GatewayRig.Soon);
        Assert.Equal((3, 0), (m.Taken, m.Duplicates + t.Duplicates));
    }

    [Fact]
    public async Task QuietStream_IsKeptOpenByComments()
    {
        await using var rig = await StartAsync(("Fanout:Heartbeat", "00:00:01"));
        var match = new Transcript(A.Match, Delivery.Every);
        await using var client = await SseClient.ConnectAsync(rig.Uri, [match], A.Token);
        await Eventually.TrueAsync(() => client.Comments >= 2, GatewayRig.Soon); // the first is the padding
    }

    private static async IAsyncEnumerable<string> LinesAsync(HttpResponseMessage answer)
    {
        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync(A.Token));
        while (await reader.ReadLineAsync(A.Token) is { } line) yield return line;
    }
}
