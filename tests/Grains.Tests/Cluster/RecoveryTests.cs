using System.Linq;
using System.Text;

namespace E2EEvents.Grains.Tests.Cluster;

/// <summary>Storage that fails, activations that end, silos that die: nothing is lost, nothing repeated, and readers are told.</summary>
public sealed class RecoveryTests
{
    private static readonly TopicKey Every = new("test-every", "a");
    private static readonly GrainId Grain = TopicKindAttribute.GrainIdOf(Every);
    private static readonly (string, string) Durable = ("Topics:DurableStorage", "true");

    [Theory]
    [InlineData(nameof(WriteFault.Fails))]
    [InlineData(nameof(WriteFault.FailsAfterStoring))]
    public async Task Write_FailsOrIsUnknown_StartsAnewAndLosesNothing(string fault)
    {
        await using var region = await TestRegion.StartAsync(1, Durable);
        region.Logs.Expect(1001);
        var follower = new TestFollower(region.Cluster.Client, "gw");
        var silo = (await follower.FollowAsync(Every)).Silo;
        await region.PublishAsync(An.Addition(Every, 1, 1));
        await follower.PullToAsync(silo, Every, 1);

        var fails = 3;
        region.Storage.OnWrite = (name, _) => Task.FromResult(name == "topic" && Interlocked.Decrement(ref fails) >= 0 ? Enum.Parse<WriteFault>(fault) : WriteFault.None);
        await region.PublishAsync(An.Addition(Every, 10, 2), An.Addition(Every, 100, 3));
        await Eventually.TrueAsync(
            async _ =>
            {
                await follower.PullAsync(silo, TimeSpan.FromMilliseconds(100));
                if (follower.Ended.Count == 0) return follower.Frames[Every][^1].Position.Offset == 3;
                follower.Ended.Clear();
                await follower.FollowAsync(Every);
                return follower.Frames[Every][^1].Position.Offset == 3;
            },
            TestRegion.Deadline);

        await region.SettleAsync(Every, 3);
        Assert.Equal([1L, 2, 3], follower.Frames[Every].Select(frame => frame.Position.Offset));
        Assert.Single(follower.Frames[Every].Select(frame => frame.Position.Epoch).Distinct());
        Assert.Equal("""{"sum":111,"count":3}""", Encoding.UTF8.GetString(follower.Frames[Every][^1].State.Span));
        Assert.True(region.Logs.Has(1001));
    }

    [Fact]
    public async Task Write_NeverAnswers_CountsAsUnknownAfterTheTimeout()
    {
        await using var region = await TestRegion.StartAsync(1, ("Topics:WriteTimeout", "00:00:00.2"));
        region.Logs.Expect(1001);
        var hangs = 1;
        region.Storage.OnWrite = (name, _) => name == "topic" && Interlocked.Decrement(ref hangs) >= 0 ? new TaskCompletionSource<WriteFault>().Task : Task.FromResult(WriteFault.None);
        await region.PublishAsync(An.Addition(Every, 1, 1));
        await region.SettleAsync(Every, 1);
        Assert.True(region.Logs.Has(1001));
    }

    [Fact]
    public async Task Write_SomeoneElseWrote_LetsThemWinAndReadsAgain()
    {
        await using var region = await TestRegion.StartAsync(1, Durable);
        region.Logs.Expect(1001);
        await region.PublishAsync(An.Addition(Every, 1, 1));
        await region.SettleAsync(Every, 1);

        // Another activation of the topic, as after a partition: same record, other memory.
        var other = region.Service<E2EEvents.Grains.Topics.TopicServices>().RecordOf<E2EEvents.Grains.Topics.TopicRecord>("topic", Grain);
        var stored = await other.ReadAsync(CancellationToken.None);
        await other.WriteAsync(stored!);

        await region.PublishAsync(An.Addition(Every, 1, 2));
        await region.SettleAsync(Every, 2);
        Assert.Equal(2, (await region.ReadAsync(Every)).Answer.Position.Offset);
        Assert.True(region.Logs.Has(1001));
    }

    [Fact]
    public async Task Deactivation_FollowedTopic_EndsAndIsFollowedAgainWithoutLoss()
    {
        await using var region = await TestRegion.StartAsync(1, Durable);
        var follower = new TestFollower(region.Cluster.Client, "gw");
        var silo = (await follower.FollowAsync(Every)).Silo;
        await region.PublishAsync(An.Addition(Every, 1, 1));
        await follower.PullToAsync(silo, Every, 1);

        await region.Cluster.DeactivateAsync(Grain);
        await region.PublishAsync(An.Addition(Every, 1, 2), An.Addition(Every, 1, 3));
        await region.SettleAsync(Every, 3);
        await Eventually.TrueAsync(
            async _ =>
            {
                await follower.PullAsync(silo);
                return follower.Ended.Count > 0;
            },
            TestRegion.Deadline);
        Assert.Equal([Every], follower.Ended);
        Assert.Equal(Gap.None, (await follower.FollowAsync(Every)).Gap);
        await region.PublishAsync(An.Addition(Every, 1, 4));
        await follower.PullToAsync(silo, Every, 4);
        Assert.Equal([1L, 2, 3, 4], follower.Frames[Every].Select(frame => frame.Position.Offset));
    }

    [Fact]
    public async Task Activation_RecordCannotBeRead_AnswersNothingAndLeavesTheRecord()
    {
        await using var region = await TestRegion.StartAsync();
        region.Logs.Expect(1004);
        var record = region.Service<E2EEvents.Grains.Topics.TopicServices>().RecordOf<Unknown>("topic", Grain);
        await record.WriteAsync(new Unknown());
        var text = region.Storage.TextOf("topic", Grain);
        await Assert.ThrowsAnyAsync<Exception>(() => region.ReadAsync(Every));
        Assert.Equal(text, region.Storage.TextOf("topic", Grain));
        Assert.True(region.Logs.Has(1004));
    }

    [Fact]
    public async Task KillSilo_FollowedTopics_AnswerElsewhereWithoutLoss()
    {
        await using var region = await TestRegion.StartAsync(2, Durable);
        region.Logs.Expect(1001).Expect(1003).Expect(1007);
        var topics = Enumerable.Range(0, 20).Select(i => new TopicKey("test-every", $"t{i}")).ToArray();
        var follower = new TestFollower(region.Cluster.Client, "gw");
        foreach (var topic in topics)
        {
            await region.PublishAsync(An.Addition(topic, 1, 1));
            await region.SettleAsync(topic, 1);
        }

        var silos = new HashSet<string>();
        foreach (var topic in topics) silos.Add((await follower.FollowAsync(topic)).Silo);
        Assert.Equal(2, silos.Count);

        var victim = region.Cluster.Silos[1];
        await region.Cluster.KillSiloAsync(victim);
        var lost = victim.SiloAddress.ToParsableString();
        await Eventually.TrueAsync(
            async _ =>
            {
                try
                {
                    await follower.PullAsync(lost);
                    return false;
                }
                catch (Exception e) when (e is not Xunit.Sdk.XunitException)
                {
                    return true; // the feed is pinned to a silo that is gone, and says so at once
                }
            },
            TestRegion.Deadline);

        var survivor = region.Cluster.Silos[0].SiloAddress.ToParsableString();
        foreach (var topic in topics)
        {
            // What a connector does with memory streams: publish again until it is settled.
            await Eventually.TrueAsync(
                async token =>
                {
                    await region.PublishAsync(An.Addition(topic, 1, 2));
                    return await region.Topic(topic).SettledAsync(An.Source, An.Seq(2), TimeSpan.FromSeconds(2), token);
                },
                TestRegion.Deadline);
            var answer = await follower.FollowAsync(topic);
            Assert.Equal((survivor, Gap.None, 2), (answer.Silo, answer.Gap, answer.Position.Offset));
        }

        Assert.All(topics, topic => Assert.Equal([1L, 2], follower.Frames[topic].Select(frame => frame.Position.Offset)));
    }

    /// <summary>JSON that is no topic.</summary>
    internal sealed class Unknown
    {
        public string Format { get; init; } = "none";
    }
}
