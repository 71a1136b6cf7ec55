using System.Linq;
using System.Text;

namespace E2EEvents.Grains.Tests.Cluster;

/// <summary>From the stream through a topic to readers, in a real cluster of one silo.</summary>
public sealed class IngestTests
{
    private static readonly TopicKey Every = new("test-every", "a");
    private static readonly TopicKey Latest = new("test-latest", "a");

    [Fact]
    public async Task Stream_EventsOfOneTopic_ReachFeedInOrder()
    {
        await using var region = await TestRegion.StartAsync();
        var follower = new TestFollower(region.Cluster.Client, "gw");
        var silo = (await follower.FollowAsync(Every)).Silo;

        for (ulong i = 1; i <= 100; i++) await region.PublishAsync(An.Addition(Every, (long)i, i));
        await follower.PullToAsync(silo, Every, 100);

        var frames = follower.Frames[Every];
        Assert.Equal(100, frames.Count);
        Assert.Equal("""{"sum":5050,"count":100}""", Encoding.UTF8.GetString(frames[^1].State.Span));
        Assert.All(frames, frame => Assert.Equal(frames[0].Position.Epoch, frame.Position.Epoch));
    }

    [Fact]
    public async Task Stream_OneContainer_IsOneCommit()
    {
        await using var region = await TestRegion.StartAsync();
        await region.PublishAsync([.. Enumerable.Range(1, 50).Select(i => An.Addition(Every, 1, (ulong)i))]);
        await region.SettleAsync(Every, 50);
        Assert.Equal(1, region.Storage.Writes[TopicKindAttribute.GrainIdOf(Every)]);
        Assert.Equal(50, (await region.ReadAsync(Every)).Answer.Position.Offset);
    }

    [Fact]
    public async Task Stream_ContainersDuringAWrite_ShareTheNextCommit()
    {
        await using var region = await TestRegion.StartAsync();
        var gate = new TaskCompletionSource<WriteFault>(TaskCreationOptions.RunContinuationsAsynchronously);
        var writing = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        region.Storage.OnWrite = (name, _) =>
        {
            if (name != "topic") return Task.FromResult(WriteFault.None);
            writing.TrySetResult();
            return gate.Task;
        };

        await region.PublishAsync(An.Addition(Every, 1, 1));
        await writing.Task.WaitAsync(TestRegion.Deadline);
        for (ulong i = 2; i <= 20; i++) await region.PublishAsync(An.Addition(Every, 1, i));
        Assert.Equal(0, (await region.ReadAsync(Every)).Answer.Position.Offset); // nothing is shown before it is stored
        gate.SetResult(WriteFault.None);
        await region.SettleAsync(Every, 20);
        Assert.InRange(region.Storage.Writes[TopicKindAttribute.GrainIdOf(Every)], 2, 5);
    }

    [Fact]
    public async Task Stream_Repeats_ChangeNothing()
    {
        await using var region = await TestRegion.StartAsync();
        SourcedEvent[] events = [An.Addition(Every, 1, 1), An.Addition(Every, 2, 2), An.Identified(Every, 3, "x")];
        await region.PublishAsync(events);
        await region.PublishAsync([.. events, An.Addition(Every, 4, 3)]);
        await region.SettleAsync(Every, 3);
        var (frames, answer) = await region.ReadAsync(Every);
        Assert.Equal(4, answer.Position.Offset);
        Assert.Equal("""{"sum":10,"count":4}""", Encoding.UTF8.GetString(frames[^1].State.Span));
    }

    [Fact]
    public async Task Latest_ManyEventsInOneContainer_GivesOneFrameWithTheNewest()
    {
        await using var region = await TestRegion.StartAsync();
        var follower = new TestFollower(region.Cluster.Client, "gw");
        var silo = (await follower.FollowAsync(Latest)).Silo;
        await region.PublishAsync([.. Enumerable.Range(1, 10).Select(i => An.Addition(Latest, 1, (ulong)i))]);
        await follower.PullToAsync(silo, Latest, 10);
        var frame = Assert.Single(follower.Frames[Latest]);
        Assert.Equal("""{"sum":10,"count":10}""", Encoding.UTF8.GetString(frame.State.Span));
    }

    [Fact]
    public async Task DeadLetter_BadEvents_AreKeptWithReasonAndTheTopicGoesOn()
    {
        await using var region = await TestRegion.StartAsync();
        region.Logs.Expect(1002);
        await region.PublishAsync(
            An.Addition(Every, 1, 1),
            An.Event(Every, "{not json", An.Seq(2)),
            An.Addition(Every, -5, 3),
            An.Addition(Every, 666, 4),
            An.Event(Every, """{"by":"many"}""", An.Seq(5)),
            An.Addition(Every, 1, 6));
        await region.SettleAsync(Every, 6);

        Assert.Equal("""{"sum":2,"count":2}""", Encoding.UTF8.GetString((await region.ReadAsync(Every)).Frames[^1].State.Span));
        var page = await region.Cluster.Client.GetGrain<IDeadLetterGrain>("test-every").FindAsync(new LetterQuery(100), CancellationToken.None);
        Assert.Equal((4, 0), (page.Total, page.Dropped));
        Assert.Equal([5, 4, 3, 2], page.Letters.Select(letter => letter.Event.Sequence!.Ordinal[^1]));
        Assert.Contains("negative", page.Letters[2].Reason, StringComparison.Ordinal);
        Assert.Contains("a bug of the kind", page.Letters[1].Reason, StringComparison.Ordinal);
        Assert.Equal("{not json", Encoding.UTF8.GetString(page.Letters[3].Event.Data));
    }

    [Fact]
    public async Task DeadLetter_ItsStorageFails_IsNotLostAndNotPassedOver()
    {
        await using var region = await TestRegion.StartAsync();
        region.Logs.Expect(1001).Expect(1002).Expect(1007);
        var fails = 2;
        region.Storage.OnWrite = (name, _) => Task.FromResult(name == "dead-letters" && Interlocked.Decrement(ref fails) >= 0 ? WriteFault.Fails : WriteFault.None);
        await region.PublishAsync(An.Addition(Every, 1, 1), An.Addition(Every, -1, 2), An.Addition(Every, 1, 3));
        await region.SettleAsync(Every, 3);
        var page = await region.Cluster.Client.GetGrain<IDeadLetterGrain>("test-every").FindAsync(new LetterQuery(100), CancellationToken.None);
        Assert.Equal(1, page.Total);
        Assert.Equal(2, (await region.ReadAsync(Every)).Answer.Position.Offset);
    }

    [Fact]
    public async Task Settled_OnlyEventsThatChangeNothing_IsWrittenWhenAskedFor()
    {
        await using var region = await TestRegion.StartAsync();
        await region.PublishAsync(An.Addition(Every, 0, 1), An.Addition(Every, 0, 2));
        await region.SettleAsync(Every, 2);
        Assert.Contains("\"test/1\":\"1.0000000000000002.0\"", region.Storage.TextOf("topic", TopicKindAttribute.GrainIdOf(Every)), StringComparison.Ordinal);
        Assert.Equal(0, (await region.ReadAsync(Every)).Answer.Position.Offset);
    }

    [Fact]
    public async Task Settled_NothingArrives_IsFalseAfterTheWait()
    {
        await using var region = await TestRegion.StartAsync();
        Assert.False(await region.Topic(Every).SettledAsync(An.Source, An.Seq(1), TimeSpan.FromMilliseconds(50), CancellationToken.None));
    }

    [Fact]
    public async Task Catalogue_FirstOffset_ListsTheTopicOnce()
    {
        await using var region = await TestRegion.StartAsync();
        await region.PublishAsync(An.Addition(Every, 1, 1));
        await region.SettleAsync(Every, 1);
        await region.Cluster.DeactivateAsync(TopicKindAttribute.GrainIdOf(Every));
        await region.ReadAsync(Every);
        var catalogue = region.Cluster.Client.GetGrain<ICatalogueGrain>(CatalogueKey.Of(Every));
        await Eventually.TrueAsync(async token => (await catalogue.ListAsync(0, 10, token)).Keys.Length > 0, TestRegion.Deadline);
        var page = await catalogue.ListAsync(0, 10, CancellationToken.None);
        Assert.Equal(["a"], page.Keys);
        Assert.Equal((1, false), (page.First, page.More));
    }

    [Fact]
    public async Task Inspect_TopicWithFollower_TellsWhatAnOperatorAsks()
    {
        await using var region = await TestRegion.StartAsync();
        await new TestFollower(region.Cluster.Client, "gw").FollowAsync(Every);
        await region.PublishAsync(An.Addition(Every, 1, 1));
        await region.SettleAsync(Every, 1);
        var inspection = await region.Topic(Every).InspectAsync(CancellationToken.None);
        Assert.Equal((1, 1, 1), (inspection.Position.Offset, inspection.HistoryFrames, inspection.Followers));
        Assert.Equal(An.Seq(1).ToString(), inspection.Sources[An.Source]);
    }
}
