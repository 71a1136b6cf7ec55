using System.Text;
using E2EEvents.EdgeGateway.Feeds;
using E2EEvents.EdgeGateway.Tests.Transports.Fakes;
using E2EEvents.EdgeGateway.Transports;
using E2EEvents.EdgeGateway.Transports.Link;
using E2EEvents.Grains.Interfaces.Regions;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace E2EEvents.EdgeGateway.Tests.Transports.Link;

/// <summary>What a region gets over its link, and what it is refused.</summary>
public sealed class LinkCallHandlerTests : IDisposable
{
    private readonly FakeRegion _region = new();
    private readonly KindMap _kinds;
    private readonly LinkCallHandler _handler;

    public LinkCallHandlerTests()
    {
        var feeds = Options.Create(new FeedOptions { PullWait = TimeSpan.FromMilliseconds(100), CallDeadline = TimeSpan.FromMilliseconds(100) });
        var regions = Options.Create(new RegionsOptions
        {
            All = { ["home"] = new RegionOptions(), ["eu-west"] = new RegionOptions(), ["ap-south"] = new RegionOptions { Kinds = "ticker,wall" } },
        });
        var grains = new FakeGrainFactory(_region);
        _kinds = new KindMap(grains, feeds, TimeProvider.System, NullLogger<KindMap>.Instance);
        _handler = new LinkCallHandler(_kinds, new TopicPublisher(_kinds, feeds, TimeProvider.System, A.Metrics()), grains, regions, feeds, TimeProvider.System);
    }

    public void Dispose() => _kinds.Dispose();

    [Fact]
    public async Task Publish_AllowedKind_ReachesTheTopicWithItsIdentity()
    {
        var reply = await CallAsync<PublishReply>("ap-south", LinkMethod.Publish, Publication("wall/x", "k1"));
        Assert.Equal(new PublishReply(PublishOutcome.Accepted, A.At(1).ToString(), null), reply);
        var e = Assert.Single(_region.Topic("wall/x").Published);
        Assert.Equal(("post/http", "anyone:k1", 17L, "{}"), (e.Source, e.EventId, e.OriginTime, Encoding.UTF8.GetString(e.Data)));

        Assert.Equal(PublishOutcome.Duplicate, (await CallAsync<PublishReply>("eu-west", LinkMethod.Publish, Publication("wall/x", "k1"))).Outcome);
    }

    [Fact]
    public async Task Publish_SiloGone_IsUnknown()
    {
        _region.Topic("wall/x").Fault = new TimeoutException();
        Assert.Equal(PublishOutcome.Unknown, (await CallAsync<PublishReply>("eu-west", LinkMethod.Publish, Publication("wall/x", "k1"))).Outcome);
    }

    [Theory]
    [InlineData("ap-south", "news/x", "may not take")]
    [InlineData("ap-south", "chess/x", "may not take")]
    [InlineData("mars", "wall/x", "may not take")]
    [InlineData("eu-west", "chess/x", "not a topic kind")]
    [InlineData("eu-west", "match/x", "connectors only")]
    [InlineData("eu-west", "Wall/x", "A kind has")]
    [InlineData("eu-west", null, "kind/key")]
    public async Task Publish_NotAllowed_IsRefused(string caller, string? topic, string reason)
    {
        var refused = await Assert.ThrowsAsync<LinkRefusedException>(() => CallAsync<PublishReply>(caller, LinkMethod.Publish, Publication(topic!, "k1")));
        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
        Assert.Empty(_region.Topic("wall/x").Published);
    }

    [Fact]
    public async Task List_Shard_GivesItsPage()
    {
        _region.List(new TopicKey("ticker", "a"));
        var shard = int.Parse(CatalogueKey.Of(new TopicKey("ticker", "a"))["ticker/".Length..], System.Globalization.CultureInfo.InvariantCulture);
        var page = await CallAsync<CataloguePage>("ap-south", LinkMethod.List, new ListCall("ticker", shard, 0, int.MaxValue));
        Assert.Equal(["a"], page.Keys);
        Assert.Equal((1, false), (page.First, page.More));
    }

    [Theory]
    [InlineData("news", 0)]
    [InlineData("ticker", -1)]
    [InlineData("ticker", CatalogueKey.Shards)]
    [InlineData(null, 0)]
    public async Task List_NotAllowedOrNotThere_IsRefused(string? kind, int shard) =>
        await Assert.ThrowsAsync<LinkRefusedException>(() => CallAsync<CataloguePage>("ap-south", LinkMethod.List, new ListCall(kind!, shard, 0, 10)));

    [Fact]
    public async Task Read_AfterAPosition_GivesWhatHistoryHas()
    {
        var topic = _region.Topic(new TopicKey("match", "x"), historyBound: 3).Publish(5);
        var reply = await CallAsync<ReadReply>("eu-west", LinkMethod.Read, new ReadCall("match/x", A.At(3).ToString(), 1 << 20));
        Assert.True(reply.IsComplete);
        Assert.Equal([4L, 5L], FrameCodec.Decode(reply.Frames).ConvertAll(frame => frame.Position.Offset));

        Assert.False((await CallAsync<ReadReply>("eu-west", LinkMethod.Read, new ReadCall("match/x", A.At(1).ToString(), 1 << 20))).IsComplete);
        topic.BeginEpoch(A.OtherEpoch);
        Assert.False((await CallAsync<ReadReply>("eu-west", LinkMethod.Read, new ReadCall("match/x", A.At(3).ToString(), 1 << 20))).IsComplete);
        await Assert.ThrowsAsync<LinkRefusedException>(() => CallAsync<ReadReply>("ap-south", LinkMethod.Read, new ReadCall("match/x", A.At(3).ToString(), 1)));
        await Assert.ThrowsAsync<LinkRefusedException>(() => CallAsync<ReadReply>("eu-west", LinkMethod.Read, new ReadCall("match/x", "3", 1)));
    }

    [Fact]
    public async Task Terms_OfAllowedKinds_AreLearntAndAnswered()
    {
        _region.Terms["match"] = new KindTerm("match", new Term(4, "home"));
        _region.Terms["ticker"] = new KindTerm("ticker", new Term(5, "eu-west"));

        var known = await CallAsync<TermCall[]>("ap-south", LinkMethod.Terms, new[] { new TermCall("ticker", 3, "ap-south", false), new TermCall("wall", 2, "ap-south", false), new TermCall("match", 9, "ap-south", false) });

        Assert.Equal(new Term(5, "eu-west"), _region.Terms["ticker"].Term); // lower ones change nothing
        Assert.Equal(new Term(2, "ap-south"), _region.Terms["wall"].Term);
        Assert.Equal(new Term(4, "home"), _region.Terms["match"].Term); // no say about what it may not take
        Assert.Equal([new TermCall("ticker", 5, "eu-west", false), new TermCall("wall", 2, "ap-south", false)], Array.FindAll(known, term => term.Kind != "match"));
        Assert.DoesNotContain(known, term => term.Kind == "match");
    }

    [Theory]
    [InlineData("""[{"kind":"ticker","number":1}]""")]
    [InlineData("[null]")]
    [InlineData("{}")]
    [InlineData("garbage")]
    [InlineData("")]
    public async Task Body_Malformed_IsRefused(string body)
    {
        await Assert.ThrowsAsync<LinkRefusedException>(() => _handler.HandleAsync("eu-west", LinkMethod.Terms, Encoding.UTF8.GetBytes(body), A.Token));
        await Assert.ThrowsAsync<LinkRefusedException>(() => _handler.HandleAsync("eu-west", LinkMethod.Publish, Encoding.UTF8.GetBytes(body), A.Token));
    }

    [Fact]
    public async Task Method_Unknown_IsRefused() =>
        await Assert.ThrowsAsync<LinkRefusedException>(() => _handler.HandleAsync("eu-west", (LinkMethod)99, default, A.Token));

    private static PublishCall Publication(string topic, string key) => new(topic, "post/http", "anyone:" + key, 17, "{}"u8.ToArray());

    private async Task<T> CallAsync<T>(string caller, LinkMethod method, object body) => LinkCalls.Decode<T>(await _handler.HandleAsync(caller, method, LinkCalls.Encode(body), A.Token));
}
