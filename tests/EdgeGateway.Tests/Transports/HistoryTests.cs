using System.Linq;
using System.Net;
using System.Text.Json.Nodes;

namespace E2EEvents.EdgeGateway.Tests.Transports;

/// <summary>Immutable ranges of history.</summary>
public sealed class HistoryTests
{
    [Theory]
    [InlineData(int.MaxValue)]
    [InlineData(1)] // one frame in each answer of the grain
    public async Task Range_OfKeptChanges_IsExactlyTheseForEver(int framesPerRead)
    {
        await using var rig = await GatewayRig.StartAsync();
        var topic = rig.Region.Topic(A.Match, 1000, framesPerRead).Publish(5);

        var answer = await rig.Topics.HistoryAsync("match/x", A.At(2), 4, A.Token);

        Assert.Equal(HttpStatusCode.OK, answer.Status);
        Assert.Equal("public, max-age=31536000, immutable", answer.Headers["Cache-Control"]);
        Assert.Equal([2L, 3L, 4L], answer.Json["changes"]!.AsArray().Select(change => change!["offset"]!.GetValue<long>()));
        Assert.Equal(A.At(4), answer.Next);
        topic.Publish(3);
        Assert.Equal(answer.Body, (await rig.Topics.HistoryAsync("match/x", A.At(2), 4, A.Token)).Body);
    }

    [Theory]
    [InlineData(5, 6, A.Epoch)] // not yet there
    [InlineData(1, 3, A.Epoch)] // no longer kept
    [InlineData(4, 5, A.OtherEpoch)]
    [InlineData(9, 9, A.Epoch)]
    public async Task Range_NotKept_IsNotFound(long from, long to, ulong epoch)
    {
        await using var rig = await GatewayRig.StartAsync();
        rig.Region.Topic(A.Match, historyBound: 3).Publish(5);
        GatewayRig.AssertProblem(await rig.Topics.HistoryAsync("match/x", A.At(from, epoch), to, A.Token), 404, "not-in-history");
    }

    [Fact]
    public async Task Range_OfLatestKind_IsNotFound()
    {
        await using var rig = await GatewayRig.StartAsync();
        rig.Region.Topic(A.Ticker).Publish(5);
        GatewayRig.AssertProblem(await rig.Topics.HistoryAsync("ticker/x", A.At(5), 5, A.Token), 404, "not-in-history");
    }

    [Theory]
    [InlineData("00000000000000aa/0-3")]
    [InlineData("00000000000000aa/3-2")]
    [InlineData("00000000000000aa/1-1001")]
    [InlineData("00000000000000aa/1")]
    [InlineData("00000000000000aa/a-b")]
    [InlineData("aa/1-2")]
    public async Task Range_Malformed_IsRefused(string range)
    {
        await using var rig = await GatewayRig.StartAsync();
        rig.Region.Topic(A.Match).Publish(5);
        GatewayRig.AssertProblem(await rig.Topics.SendAsync("topics/match/x/history/" + range, A.Token), 400, "bad-position");
    }
}

/// <summary><c>/kinds</c> and <c>/topics/{kind}</c>.</summary>
public sealed class ListTests
{
    [Fact]
    public async Task Kinds_AreListedByName()
    {
        await using var rig = await GatewayRig.StartAsync();

        var answer = await rig.Topics.SendAsync("kinds", A.Token);

        Assert.Equal(
            """{"kinds":[{"kind":"match","delivery":"every"},{"kind":"news","delivery":"every","publishers":"keyHolders"},{"kind":"ticker","delivery":"latest"},{"kind":"wall","delivery":"every","publishers":"anyone"}]}""",
            answer.Body);
        Assert.Equal("public, max-age=0, s-maxage=5, stale-while-revalidate=30, stale-if-error=60", answer.Headers["Cache-Control"]);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(50)]
    [InlineData(1000)]
    public async Task Topics_ReadPageByPage_AreAllOfThemOnce(int limit)
    {
        await using var rig = await GatewayRig.StartAsync();
        var expected = new SortedSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < 50; i++)
        {
            var topic = new TopicKey("news", $"n{i}");
            rig.Region.List(topic);
            expected.Add(topic.ToString());
        }

        var seen = new List<string>();
        string? next = null;
        do
        {
            var answer = await rig.Topics.SendAsync($"topics/news?limit={limit}{(next is null ? "" : "&after=" + next)}", A.Token);
            var topics = answer.Json["topics"]!.AsArray();
            Assert.InRange(topics.Count, 0, limit);
            foreach (var topic in topics) seen.Add(topic!["topic"]!.GetValue<string>());
            next = (answer.Json["next"] as JsonValue)?.GetValue<string>();
        }
        while (next is not null && seen.Count <= 60);

        Assert.Equal(expected.Count, seen.Count);
        Assert.Equal(expected, new SortedSet<string>(seen, StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("limit=0")]
    [InlineData("limit=1001")]
    [InlineData("limit=x")]
    [InlineData("after=x")]
    [InlineData("after=8.0")]
    [InlineData("after=0.-1")]
    public async Task Topics_WithBadParameter_AreRefused(string query)
    {
        await using var rig = await GatewayRig.StartAsync();
        GatewayRig.AssertProblem(await rig.Topics.SendAsync("topics/news?" + query, A.Token), 400, "bad-parameter");
    }
}
