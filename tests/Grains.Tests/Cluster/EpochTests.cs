using System.Text;
using E2EEvents.Grains.Interfaces.Regions;

namespace E2EEvents.Grains.Tests.Cluster;

/// <summary>Storage that forgets or goes back: the epoch is renewed, once, readers are told, and no offset is given twice.</summary>
public sealed class EpochTests
{
    private static readonly TopicKey Every = new("test-every", "a");
    private static readonly GrainId Grain = TopicKindAttribute.GrainIdOf(Every);
    private static readonly (string, string) Durable = ("Topics:DurableStorage", "true");

    [Fact]
    public async Task Activation_StorageNotDeclaredDurable_RenewsTheEpochAndSaysSo()
    {
        await using var region = await TestRegion.StartAsync();
        await region.PublishAsync(An.Addition(Every, 1, 1), An.Addition(Every, 1, 2));
        await region.SettleAsync(Every, 2);
        var before = (await region.ReadAsync(Every)).Answer.Position;

        await region.Cluster.DeactivateAsync(Grain);
        var (frames, answer) = await region.ReadAsync(Every, before);
        Assert.Equal(Gap.Epoch, answer.Gap);
        Assert.NotEqual(before.Epoch, answer.Position.Epoch);
        Assert.Equal(before.Offset, answer.Position.Offset);
        Assert.Equal("""{"sum":2,"count":2}""", Encoding.UTF8.GetString(Assert.Single(frames).State.Span));
    }

    [Fact]
    public async Task Follow_GatewayHasSeenMoreThanIsStored_RenewsTheEpochSoThatNoOffsetIsGivenTwice()
    {
        await using var region = await TestRegion.StartAsync(1, Durable);
        region.Logs.Expect(1001).Expect(1009);
        await region.PublishAsync(An.Addition(Every, 1, 1));
        await region.SettleAsync(Every, 1);
        var restore = region.Storage.Backup();
        await region.PublishAsync(An.Addition(Every, 10, 2), An.Addition(Every, 100, 3));
        await region.SettleAsync(Every, 3);
        var shown = (await region.ReadAsync(Every)).Answer.Position;
        await region.Cluster.DeactivateAsync(Grain);
        restore();

        FollowedAnswer? answer = null;
        await Eventually.TrueAsync(
            async _ =>
            {
                try
                {
                    var told = await region.Topic(Every).FollowAsync("gw", shown, 1 << 20, CancellationToken.None);
                    answer = new FollowedAnswer(told.Position, told.Gap);
                    return true;
                }
                catch (Exception e) when (e is not Xunit.Sdk.XunitException)
                {
                    return false; // starting anew
                }
            },
            TestRegion.Deadline);
        Assert.Equal((Gap.Epoch, 1L), (answer!.Gap, answer.Position.Offset));
        Assert.NotEqual(shown.Epoch, answer.Position.Epoch);
        Assert.True(region.Logs.Has(1009));

        // The renewed epoch is stored: it holds from now on.
        await region.Cluster.DeactivateAsync(Grain);
        Assert.Equal(answer.Position, (await region.ReadAsync(Every)).Answer.Position);
    }

    [Fact]
    public async Task HandOver_WhileTheEpochIsBeingRenewed_IsRefusedAndThenHandsTheRenewedOneOver()
    {
        await using var region = await TestRegion.StartAsync(1, Durable);
        region.Logs.Expect(1001).Expect(1009);
        await region.PublishAsync(An.Addition(Every, 1, 1));
        await region.SettleAsync(Every, 1);
        var shown = (await region.ReadAsync(Every)).Answer.Position with { Offset = 9 }; // what a gateway saw before the storage went back

        var (began, open) = (new TaskCompletionSource(), new TaskCompletionSource<WriteFault>());
        region.Storage.OnWrite = (name, _) =>
        {
            if (name != "topic") return Task.FromResult(WriteFault.None);
            began.TrySetResult();
            return open.Task;
        };
        var topic = region.Topic(Every);
        var publishing = topic.PublishAsync(An.Addition(Every, 10, 2) with { Sequence = null, EventId = "p" }, CancellationToken.None);
        await began.Task.WaitAsync(TestRegion.Deadline);
        var following = topic.FollowAsync("gw", shown, 1 << 20, CancellationToken.None); // renews, behind the write under way
        await Eventually.TrueAsync(() => region.Logs.Has(1009), TestRegion.Deadline);
        await Assert.ThrowsAsync<InvalidOperationException>(() => topic.HandOverAsync(new Term(2, "other"), CancellationToken.None));
        open.SetResult(WriteFault.None);
        Assert.Equal(PublishOutcome.Accepted, (await publishing).Outcome);
        await Assert.ThrowsAsync<InvalidOperationException>(() => following);

        byte[] record = [];
        await Eventually.TrueAsync(
            async _ =>
            {
                try
                {
                    record = await topic.HandOverAsync(new Term(2, "other"), CancellationToken.None);
                    return true;
                }
                catch (InvalidOperationException)
                {
                    return false; // starting anew
                }
            },
            TestRegion.Deadline);
        var handed = E2EEvents.Grains.Topics.TopicRecordCodec.Decode(record);
        Assert.NotEqual(shown.Epoch, handed.Epoch);
        Assert.Equal((2L, new Term(2, "other")), (handed.Offset, handed.Term));
    }

    [Fact]
    public async Task Read_ClientClaimsMoreThanIsStored_IsToldTheStateAndRenewsNothing()
    {
        await using var region = await TestRegion.StartAsync(1, Durable);
        await region.PublishAsync(An.Addition(Every, 1, 1));
        await region.SettleAsync(Every, 1);
        var top = (await region.ReadAsync(Every)).Answer.Position;
        var (_, answer) = await region.ReadAsync(Every, top with { Offset = 1000 });
        Assert.Equal((Gap.Epoch, top), (answer.Gap, answer.Position));
        Assert.Equal(top, (await region.ReadAsync(Every)).Answer.Position);
    }

    [Fact]
    public async Task Activation_RestoredWasRaised_RenewsTheEpochOnce()
    {
        var storage = new TestStorage();
        Position before;
        await using (var region = await TestRegion.StartAsync(1, null, storage, Durable))
        {
            await region.PublishAsync(An.Addition(Every, 1, 1), An.Addition(Every, 2, 2));
            await region.SettleAsync(Every, 2);
            before = (await region.ReadAsync(Every)).Answer.Position;
        }

        await using var restored = await TestRegion.StartAsync(1, null, storage, Durable, ("Topics:Restored", "1"));
        var (frames, answer) = await restored.ReadAsync(Every, before);
        Assert.Equal(Gap.Epoch, answer.Gap);
        Assert.NotEqual(before.Epoch, answer.Position.Epoch);
        Assert.Equal("""{"sum":3,"count":2}""", Encoding.UTF8.GetString(Assert.Single(frames).State.Span));

        await restored.PublishAsync(An.Addition(Every, 4, 3));
        await restored.SettleAsync(Every, 3);
        await restored.Cluster.DeactivateAsync(Grain);
        Assert.Equal(answer.Position with { Offset = 3 }, (await restored.ReadAsync(Every)).Answer.Position);
    }

    private sealed record FollowedAnswer(Position Position, Gap Gap);
}
