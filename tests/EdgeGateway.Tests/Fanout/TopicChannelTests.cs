using E2EEvents.EdgeGateway.Fanout;

namespace E2EEvents.EdgeGateway.Tests.Fanout;

public sealed class TopicChannelTests : IDisposable
{
    private readonly FanoutRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Theory]
    [InlineData(Delivery.Every)]
    [InlineData(Delivery.Latest)]
    public void Publish_NextOffset_IsTaken(Delivery delivery)
    {
        var channel = Channel(delivery);
        Assert.Equal(Fit.NewEpoch, channel.Publish(A.Frame(7), 0, Accept.NewEpoch));
        Assert.Equal(Fit.Next, channel.Publish(A.Frame(8), 0, Accept.Next));
        Assert.Equal(A.At(8), channel.Position);
        Assert.Equal(A.At(8), channel.Newest!.Frame.Position);
    }

    [Theory]
    [InlineData(8)]
    [InlineData(7)]
    [InlineData(1)]
    public void Publish_OffsetSeen_ChangesNothing(long offset)
    {
        var channel = Channel(Delivery.Every, 7, 8);
        Assert.Equal(Fit.Duplicate, channel.Publish(A.Frame(offset), 0, Accept.Hole));
        Assert.Equal([7, 8], Kept(channel));
    }

    [Fact]
    public void Prepend_HistoryUpToWhatIsKept_IsSharedByThoseWhoResumeInIt()
    {
        var channel = Channel(Delivery.Every, 7, 8);
        Assert.False(channel.Reaches(A.At(3)));
        Assert.True(channel.Prepend([A.Frame(4), A.Frame(5), A.Frame(6), A.Frame(7)], 0));
        Assert.Equal([4, 5, 6, 7, 8], Kept(channel));
        Assert.True(channel.Reaches(A.At(3)));
        Assert.Equal([0, 4, 5, 0, 7], Bases(channel)); // 7 came without knowing the one before it
        var client = _rig.Connect();
        Assert.False(A.Now(Run(client.Attach(channel, A.At(2)))));
        Assert.True(A.Now(Run(client.Attach(channel, A.At(3)))));
        Assert.Equal([4, 5, 6, 7, 8], client.Offsets);
    }

    [Fact]
    public void Prepend_WhatDoesNotReachOrFit_IsRefused()
    {
        var channel = _rig.Channel(A.Match, Delivery.Every, maxUpdates: 4);
        Assert.False(channel.Prepend([A.Frame(1)], 0));
        channel.Publish(A.Frame(7), 0, Accept.NewEpoch);
        channel.Publish(A.Frame(8), 0, Accept.Next);
        Assert.False(channel.Prepend([], 0));
        Assert.False(channel.Prepend([A.Frame(4), A.Frame(5)], 0));
        Assert.False(channel.Prepend([A.Frame(6, A.OtherEpoch)], 0));
        Assert.False(channel.MayReach(A.At(3)));
        Assert.False(channel.Prepend([A.Frame(4), A.Frame(5), A.Frame(6)], 0));
        Assert.False(channel.Prepend([A.Frame(5), A.Frame(6, padding: 1 << 20)], 0));
        Assert.Equal([7, 8], Kept(channel));
        Assert.True(channel.MayReach(A.At(4)));
        Assert.True(channel.Prepend([A.Frame(5), A.Frame(6)], 0));
        channel.Publish(A.Frame(9), 0, Accept.Next);
        Assert.Equal([6, 7, 8, 9], Kept(channel));
    }

    [Fact]
    public void Prepend_BeforeAHole_IsRefused()
    {
        var channel = Channel(Delivery.Every, 1, 2);
        channel.Publish(A.Frame(5), 0, Accept.Hole);
        Assert.False(channel.MayReach(A.At(2)));
        Assert.False(channel.Prepend([A.Frame(3), A.Frame(4)], 0));
        Assert.Equal([5], Kept(channel));
    }

    [Fact]
    public void Publish_OffsetsMissingInEvery_IsRefusedUnlessTheHoleIsAccepted()
    {
        var channel = Channel(Delivery.Every, 1, 2);
        Assert.Equal(Fit.Gap, channel.Publish(A.Frame(5), 0, Accept.Next));
        Assert.Equal(Fit.Gap, channel.Publish(A.Frame(5), 0, Accept.NewEpoch));
        Assert.Equal([1, 2], Kept(channel));
        Assert.Equal(Fit.Gap, channel.Publish(A.Frame(5), 0, Accept.Hole));
        Assert.Equal([5], Kept(channel));
        Assert.True(channel.Newest!.IsAfterHole);
        Assert.Equal(0, channel.Newest.PatchBase);
    }

    [Fact]
    public void Publish_OffsetsMissingInLatest_IsTaken()
    {
        var channel = Channel(Delivery.Latest, 1);
        Assert.Equal(Fit.Gap, channel.Publish(A.Frame(5), 0, Accept.Next));
        Assert.Equal([5], Kept(channel));
        Assert.False(channel.Newest!.IsAfterHole);
        Assert.Equal(1, channel.Newest.PatchBase);
    }

    [Theory]
    [InlineData(Delivery.Every)]
    [InlineData(Delivery.Latest)]
    public void Publish_AnotherEpoch_IsRefusedUnlessAcceptedAndStartsAnew(Delivery delivery)
    {
        var channel = Channel(delivery, 5, 6);
        Assert.Equal(Fit.NewEpoch, channel.Publish(A.Frame(1, A.OtherEpoch), 0, Accept.Next));
        Assert.Equal(A.At(6), channel.Position);
        Assert.Equal(Fit.NewEpoch, channel.Publish(A.Frame(1, A.OtherEpoch), 0, Accept.NewEpoch));
        Assert.Equal(A.At(1, A.OtherEpoch), channel.Position);
        Assert.Equal([1], Kept(channel));
        Assert.Equal(0, channel.Newest!.PatchBase);
    }

    [Fact]
    public void Publish_MoreThanKept_DropsTheOldest()
    {
        var channel = _rig.Channel(A.Match, Delivery.Every, maxUpdates: 3);
        for (var offset = 1; offset <= 10; offset++) channel.Publish(A.Frame(offset), 0, Accept.NewEpoch);
        Assert.Equal([8, 9, 10], Kept(channel));
    }

    [Fact]
    public void Publish_MoreBytesThanKept_DropsTheOldestButNeverTheNewest()
    {
        var channel = new TopicChannel(A.Match, Delivery.Every, _rig.Workers, 100, maxBytes: 3 * A.State(1).Length);
        for (var offset = 1; offset <= 5; offset++) channel.Publish(A.Frame(offset), 0, Accept.NewEpoch);
        Assert.Equal([3, 4, 5], Kept(channel));
        channel.Publish(A.Frame(6, padding: 10_000), 0, Accept.Next);
        Assert.Equal([6], Kept(channel));
        channel.Publish(A.Frame(7), 0, Accept.Next);
        Assert.Equal([7], Kept(channel));
    }

    [Fact]
    public void Publish_FirstFrameOfATopicKnownToBeEmpty_IsJudgedByItsPosition()
    {
        var channel = Channel(Delivery.Every);
        channel.Begin(A.At(0));
        Assert.Equal(Fit.Gap, channel.Publish(A.Frame(3), 0, Accept.NewEpoch)); // 1 and 2 are missing
        Assert.Null(channel.Newest);
        Assert.Equal(Fit.Next, channel.Publish(A.Frame(1), 0, Accept.Next));
        Assert.Equal([1], Kept(channel));
    }

    [Fact]
    public void Begin_ChannelWithUpdates_ChangesNothing()
    {
        var channel = Channel(Delivery.Every, 1, 2);
        channel.Begin(A.At(0, A.OtherEpoch));
        Assert.Equal(A.At(2), channel.Position);
    }

    [Fact]
    public void Publish_AnythingTaken_CompletesNextChange()
    {
        var channel = Channel(Delivery.Every, 1);
        var change = channel.NextChange;
        channel.Publish(A.Frame(1), 0, Accept.Hole);
        channel.Publish(A.Frame(3), 0, Accept.Next);
        Assert.False(change.IsCompleted);
        channel.Publish(A.Frame(2), 0, Accept.Next);
        Assert.True(change.IsCompleted);
        Assert.False(channel.NextChange.IsCompleted);
    }

    [Fact]
    public void Bytes_AskedTwice_AreTheSameArray()
    {
        var channel = Channel(Delivery.Every, 1, 2);
        foreach (var format in Enum.GetValues<WireFormat>())
        {
            foreach (var variant in Enum.GetValues<Variant>()) Assert.Same(channel.Newest!.Bytes(new View(format), variant), channel.Newest.Bytes(new View(format), variant));
        }
    }

    [Fact]
    public void Bytes_PatchLargerThanState_IsTheState()
    {
        var channel = Channel(Delivery.Every);
        channel.Publish(new Frame(A.At(1), """{"long-name-to-delete":1}"""u8.ToArray(), 0, 1), 0, Accept.NewEpoch);
        channel.Publish(new Frame(A.At(2), """{"b":1}"""u8.ToArray(), 0, 1), 0, Accept.Next);
        Assert.Same(channel.Newest!.Bytes(new View(WireFormat.Sse), Variant.State), channel.Newest.Bytes(new View(WireFormat.Sse), Variant.Patch));
    }

    private TopicChannel Channel(Delivery delivery, params long[] offsets)
    {
        var channel = _rig.Channel(A.Match, delivery);
        foreach (var offset in offsets) channel.Publish(A.Frame(offset), 0, Accept.NewEpoch);
        return channel;
    }

    private Task<bool> Run(Task<bool> attaching)
    {
        _rig.Run();
        return attaching;
    }

    private static List<long> Bases(TopicChannel channel)
    {
        var offsets = new List<long>();
        for (var update = channel.Oldest; update is not null; update = update.Next) offsets.Add(update.PatchBase);
        return offsets;
    }

    private static List<long> Kept(TopicChannel channel)
    {
        var offsets = new List<long>();
        for (var update = channel.Oldest; update is not null; update = update.Next) offsets.Add(update.Offset);
        return offsets;
    }
}
