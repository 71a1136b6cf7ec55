using System.Linq;
using System.Text;

namespace E2EEvents.Grains.Tests.Cluster;

/// <summary>Events whose publisher waits for the answer: stored before they are acknowledged, applied once.</summary>
public sealed class PublishTests
{
    private static readonly TopicKey Every = new("test-every", "a");
    private static readonly GrainId Grain = TopicKindAttribute.GrainIdOf(Every);
    private static readonly (string, string) Durable = ("Topics:DurableStorage", "true");

    [Fact]
    public async Task Publish_NewEvent_AnswersItsPositionOnceStored()
    {
        await using var region = await TestRegion.StartAsync();
        var answer = await PublishAsync(region, 5, "a");
        Assert.Equal((PublishOutcome.Accepted, 1L), (answer.Outcome, answer.Position.Offset));
        Assert.Contains("\"hook/1\",\"a\"", region.Storage.TextOf("topic", Grain), StringComparison.Ordinal);
        var (frames, read) = await region.ReadAsync(Every);
        Assert.Equal(answer.Position, read.Position);
        Assert.Equal("""{"sum":5,"count":1}""", Encoding.UTF8.GetString(frames[^1].State.Span));
    }

    [Fact]
    public async Task Publish_SameIdAgain_IsADuplicateAlsoInANewActivation()
    {
        await using var region = await TestRegion.StartAsync(1, Durable);
        var first = await PublishAsync(region, 5, "a");
        Assert.Equal(new PublishAnswer(PublishOutcome.Duplicate, first.Position), await PublishAsync(region, 5, "a"));
        Assert.Equal(1, region.Storage.Writes[Grain]);
        await region.Cluster.DeactivateAsync(Grain);
        Assert.Equal(new PublishAnswer(PublishOutcome.Duplicate, first.Position), await PublishAsync(region, 5, "a"));
    }

    [Fact]
    public async Task Publish_EventThatChangesNothing_IsStoredBeforeItIsAcknowledged()
    {
        await using var region = await TestRegion.StartAsync(1, Durable);
        Assert.Equal((PublishOutcome.Accepted, 0L), await OutcomeAsync(region, 0, "a"));
        await region.Cluster.DeactivateAsync(Grain);
        Assert.Equal((PublishOutcome.Duplicate, 0L), await OutcomeAsync(region, 0, "a"));
    }

    [Fact]
    public async Task Publish_RefusedEvent_IsAnsweredAndNeitherConsumedNorDeadLettered()
    {
        await using var region = await TestRegion.StartAsync();
        var refused = await PublishAsync(region, -1, "a");
        Assert.Equal((PublishOutcome.Refused, "negative"), (refused.Outcome, refused.Reason));
        Assert.Equal((PublishOutcome.Accepted, 1L), await OutcomeAsync(region, 1, "a")); // the same id, mended
        Assert.Equal(0, (await region.Cluster.Client.GetGrain<IDeadLetterGrain>("test-every").FindAsync(new LetterQuery(10), CancellationToken.None)).Total);
    }

    [Fact]
    public async Task Publish_WithoutEventId_IsRefused()
    {
        await using var region = await TestRegion.StartAsync();
        Assert.Equal(PublishOutcome.Refused, (await region.Topic(Every).PublishAsync(An.Addition(Every, 1, 1), CancellationToken.None)).Outcome);
        Assert.Equal(PublishOutcome.Refused, (await region.Topic(Every).PublishAsync(An.Identified(Every, 1, new string('x', 201)), CancellationToken.None)).Outcome);
    }

    [Theory]
    [InlineData(nameof(WriteFault.Fails))]
    [InlineData(nameof(WriteFault.FailsAfterStoring))]
    public async Task Publish_WriteFails_IsUnknownAndSentAgainAppliedOnce(string fault)
    {
        await using var region = await TestRegion.StartAsync(1, Durable);
        region.Logs.Expect(1001);
        var fails = 1;
        region.Storage.OnWrite = (name, _) => Task.FromResult(name == "topic" && Interlocked.Decrement(ref fails) >= 0 ? Enum.Parse<WriteFault>(fault) : WriteFault.None);

        Assert.Equal(PublishOutcome.Unknown, (await PublishAsync(region, 5, "a")).Outcome);
        PublishAnswer? answer = null;
        await Eventually.TrueAsync(async _ => (answer = await PublishAsync(region, 5, "a")).Outcome != PublishOutcome.Unknown, TestRegion.Deadline);

        Assert.Equal(fault == nameof(WriteFault.Fails) ? PublishOutcome.Accepted : PublishOutcome.Duplicate, answer!.Outcome);
        Assert.Equal("""{"sum":5,"count":1}""", Encoding.UTF8.GetString((await region.ReadAsync(Every)).Frames[^1].State.Span));
    }

    [Fact]
    public async Task Publish_ManyAtOnce_ShareWritesAndGetAPositionEach()
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
        var first = PublishAsync(region, 1, "0");
        await writing.Task.WaitAsync(TestRegion.Deadline);
        var others = Enumerable.Range(1, 50).Select(i => PublishAsync(region, 1, $"{i}")).ToArray();
        var repeat = PublishAsync(region, 1, "0"); // of an event whose write has not ended
        await Eventually.TrueAsync(async _ => (await region.Topic(Every).InspectAsync(CancellationToken.None)).Position.Offset == 0, TestRegion.Deadline);
        Assert.False(repeat.IsCompleted);
        gate.SetResult(WriteFault.None);

        var answers = await Task.WhenAll([first, .. others]).WaitAsync(TestRegion.Deadline);
        Assert.Equal(Enumerable.Range(1, 51), answers.Select(answer => (int)answer.Position.Offset).Order());
        Assert.All(answers, answer => Assert.Equal(PublishOutcome.Accepted, answer.Outcome));
        Assert.Equal(PublishOutcome.Duplicate, (await repeat.WaitAsync(TestRegion.Deadline)).Outcome);
        Assert.InRange(region.Storage.Writes[Grain], 2, 5);
    }

    [Fact]
    public async Task Publish_BesideTheStream_LosesNeither()
    {
        await using var region = await TestRegion.StartAsync();
        var published = new List<Task>();
        for (ulong i = 1; i <= 40; i++)
        {
            published.Add(PublishAsync(region, 100, $"{i}"));
            await region.PublishAsync(An.Addition(Every, 1, i)); // a source publishes in order
        }

        await Task.WhenAll(published).WaitAsync(TestRegion.Deadline);
        await region.SettleAsync(Every, 40);
        Assert.Equal("""{"sum":4040,"count":80}""", Encoding.UTF8.GetString((await region.ReadAsync(Every)).Frames[^1].State.Span));
    }

    private static Task<PublishAnswer> PublishAsync(TestRegion region, long by, string id) => region.Topic(Every).PublishAsync(An.Identified(Every, by, id), CancellationToken.None).WaitAsync(TestRegion.Deadline);

    private static async Task<(PublishOutcome Outcome, long Offset)> OutcomeAsync(TestRegion region, long by, string id)
    {
        var answer = await PublishAsync(region, by, id);
        return (answer.Outcome, answer.Position.Offset);
    }
}
