using E2EEvents.EdgeGateway.Fanout;

namespace E2EEvents.EdgeGateway.Tests.Fanout;

/// <summary>Clients that take their bytes late, or never.</summary>
public sealed class SlowClientTests : IDisposable
{
    private readonly FanoutRig _rig = new(new FanoutOptions { MaxWriteBytes = 4096 });

    public void Dispose() => _rig.Dispose();

    [Fact]
    public void Publish_ClientBlocked_NothingIsAddedUntilItTakesTheWrite()
    {
        var channel = Channel(Delivery.Every, 1, 1);
        var client = _rig.Connect(mode: SinkMode.Blocking).Join(channel);
        Publish(channel, 2, 5);
        Assert.Equal(1, client.Sink.Writes);
        client.Sink.Release();
        _rig.Run();
        Assert.Equal(2, client.Sink.Writes);
        client.Sink.Release();
        _rig.Run();
        Assert.Equal([1, 2, 3, 4, 5], client.Offsets);
        client.Sink.AssertAwaited();
    }

    [Fact]
    public void Publish_LatestWhileBlocked_CollapsesToTheNewest()
    {
        var channel = Channel(Delivery.Latest, 1, 1);
        var client = _rig.Connect(mode: SinkMode.Blocking).Join(channel);
        Publish(channel, 2, 500);
        client.Sink.Mode = SinkMode.Synchronous;
        client.Sink.Release();
        _rig.Run();
        Assert.Equal([1, 500], client.Offsets);
    }

    [Fact]
    public void Round_TooManyBytesHeld_TheSlowestAreCutUntilItFits()
    {
        using var rig = new FanoutRig(new FanoutOptions { MaxHeldBytes = 3 << 20 });
        var channel = new TopicChannel(A.Match, Delivery.Latest, rig.Workers, 1, 1 << 20);
        channel.Publish(A.Frame(1, padding: 900 << 10), 0, Accept.NewEpoch);
        rig.Log.Expect(3024);
        var fast = rig.Connect().Join(channel);
        var slow = new List<FakeClient>();
        for (var i = 0; i < 5; i++)
        {
            slow.Add(rig.Connect(mode: SinkMode.Blocking).Join(channel));
            rig.Time.Advance(TimeSpan.FromMilliseconds(100)); // and so the first is the slowest
        }

        Assert.Equal([true, true, false, false, false], slow.ConvertAll(client => client.Sink.IsAborted));
        Assert.Same(CloseReason.SlowConsumer, slow[0].Closed);
        slow[2].Sink.Release();
        slow.Add(rig.Connect(mode: SinkMode.Blocking).Join(channel)); // room again
        Assert.Equal(3, slow.FindAll(client => !client.Sink.IsAborted && client.Sink.IsWriting).Count);
        Assert.Null(fast.Closed);
        Assert.True(rig.Log.Has(3024));
    }

    [Fact]
    public async Task SlowestAsync_BlockedConnections_AreToldTheSlowestFirst()
    {
        var channel = Channel(Delivery.Every, 1, 1);
        _rig.Connect().Join(channel);
        _rig.Connect(mode: SinkMode.Blocking).Join(channel);
        _rig.Pass(TimeSpan.FromSeconds(2));
        _rig.Connect(WireFormat.Sse, mode: SinkMode.Blocking).Join(channel);
        Publish(channel, 2, 4);
        _rig.Pass(TimeSpan.FromSeconds(1));
        var asking = _rig.Workers.SlowestAsync(10);
        _rig.Run();
        var slowest = await asking;
        Assert.Equal([("websocket", 3000L, 3L), ("sse", 1000L, 3L)], slowest.ConvertAll(slow => (slow.Transport, slow.BlockedMs, slow.Behind)));
        Assert.All(slowest, slow => Assert.True(slow.HeldBytes > 200 && slow.Topics is [_] && slow.TopicCount == 1));
        var asked = _rig.Workers.SlowestAsync(1);
        _rig.Run();
        Assert.Single(await asked);
    }

    [Fact]
    public void Publish_OneClientBlocked_DelaysNobodyElse()
    {
        var channel = Channel(Delivery.Every, 1, 1);
        _rig.Connect(mode: SinkMode.Blocking).Join(channel);
        var other = _rig.Connect().Join(channel);
        Publish(channel, 2, 5);
        Assert.Equal([1, 2, 3, 4, 5], other.Offsets);
    }

    [Fact]
    public void Publish_CatchUpIsDueWhileAWriteIsUnderWay_WaitsForTheWrite()
    {
        var channel = Channel(Delivery.Every, 1, 40);
        var client = _rig.Connect();
        var attached = client.Attach(channel, A.At(0));
        PostPublishes(channel, 600); // more than one round: the catch-up that the first one queues comes behind them
        Assert.True(_rig.Worker.Round());
        Assert.True(A.Now(attached));
        client.Sink.Mode = SinkMode.Blocking;
        _rig.Run();
        Assert.False(client.Connection.Ended.IsCompleted, "The connection was dropped although its client only takes its time.");
        while (client.Sink.IsWriting)
        {
            client.Sink.Release();
            _rig.Run();
        }

        Assert.Equal(40, client.Offsets.Count);
        client.Sink.AssertAwaited();
    }

    [Fact]
    public void Publish_EveryClientFallsOutOfTheTail_IsClosedBehindTheWriteUnderWay()
    {
        var channel = _rig.Channel(A.Match, Delivery.Every, maxUpdates: 4);
        Publish(channel, 1, 1);
        var slow = _rig.Connect(mode: SinkMode.Blocking).Join(channel);
        var other = _rig.Connect().Join(channel);
        Publish(channel, 2, 5);
        Assert.Equal(2, channel.SubscribersOf(0).Count); // 2 is still kept
        Publish(channel, 6, 6);
        Assert.Equal(1, channel.SubscribersOf(0).Count);
        Assert.Equal(1, slow.Sink.Writes);
        slow.Sink.Release();
        _rig.Run();
        Assert.False(slow.Connection.Ended.IsCompleted);
        slow.Sink.Release();
        _rig.Run();
        Assert.Same(CloseReason.SlowConsumer, slow.Closed);
        Assert.Equal(["change", "close"], slow.Received.ConvertAll(got => got.Name));
        Assert.False(slow.Sink.IsAborted);
        Assert.Equal([1, 2, 3, 4, 5, 6], other.Offsets);
    }

    [Fact]
    public void Publish_LatestClientFarBehind_IsNotClosed()
    {
        var channel = Channel(Delivery.Latest, 1, 1);
        var client = _rig.Connect(mode: SinkMode.Blocking).Join(channel);
        Publish(channel, 2, 1000);
        Assert.False(client.Connection.Ended.IsCompleted);
        Assert.Equal(1, channel.SubscribersOf(0).Count);
    }

    [Fact]
    public void Publish_EpochChangesWhileBlocked_ClientGetsTheNewOneAndIsTold()
    {
        var channel = Channel(Delivery.Every, 1, 1);
        var client = _rig.Connect(deltas: true, mode: SinkMode.Blocking).Join(channel);
        Publish(channel, 2, 3);
        Publish(channel, 1, 2, A.OtherEpoch);
        client.Sink.Mode = SinkMode.Synchronous;
        client.Sink.Release();
        _rig.Run();
        Assert.Equal([1, 2], client.Offsets);
        Assert.Equal([null, "epoch"], client.Received.ConvertAll(got => got.Envelope.Gap));
    }

    [Fact]
    public void Publish_DeltaClientCatchesUp_PatchesFollowEachOther()
    {
        var channel = Channel(Delivery.Every, 1, 1);
        var client = _rig.Connect(deltas: true, mode: SinkMode.Blocking).Join(channel);
        Publish(channel, 2, 4);
        client.Sink.Mode = SinkMode.Synchronous;
        client.Sink.Release();
        _rig.Run();
        Assert.Equal([1, -2, -3, -4], client.Offsets);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Close_ClientTakesNothing_IsCutAfterTheCloseTimeout(bool whileBlocked)
    {
        var channel = _rig.Channel(A.Match, Delivery.Every, maxUpdates: 1);
        Publish(channel, 1, 1);
        var client = _rig.Connect(mode: whileBlocked ? SinkMode.Blocking : SinkMode.Synchronous).Join(channel);
        client.Sink.Mode = SinkMode.Blocking;
        if (whileBlocked) Publish(channel, 2, 3);
        else _rig.Worker.Post(new Work(WorkKind.Close, client.Connection, CloseReason.SlowConsumer));
        _rig.Pass(_rig.Options.CloseTimeout - TimeSpan.FromSeconds(1));
        Assert.False(client.Sink.IsAborted);
        _rig.Pass(TimeSpan.FromSeconds(2));
        Assert.True(client.Sink.IsAborted);
        Assert.Same(CloseReason.SlowConsumer, client.Closed);
    }

    [Fact]
    public void Tick_WriteNotTakenInTime_IsCutWithoutAReason()
    {
        var channel = Channel(Delivery.Latest, 1, 1);
        var client = _rig.Connect(mode: SinkMode.Blocking).Join(channel);
        _rig.Pass(_rig.Options.WriteTimeout - TimeSpan.FromSeconds(1));
        Assert.False(client.Sink.IsAborted);
        _rig.Pass(TimeSpan.FromSeconds(3));
        Assert.True(client.Sink.IsAborted);
        Assert.True(client.Connection.Ended.IsCompletedSuccessfully);
        Assert.Null(client.Closed);
        Assert.Equal(0, channel.SubscribersOf(0).Count);
    }

    [Fact]
    public void Tick_WritesTakenSlowly_AreNotCut()
    {
        var channel = Channel(Delivery.Latest, 1, 1);
        var client = _rig.Connect(WireFormat.Sse, mode: SinkMode.Blocking).Join(channel);
        for (var i = 2; i < 6; i++)
        {
            Publish(channel, i, i);
            _rig.Pass(_rig.Options.WriteTimeout - TimeSpan.FromSeconds(1));
            client.Sink.Release();
            _rig.Run();
        }

        Assert.False(client.Sink.IsAborted);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Publish_MoreThanAWriteMayHoldInOneRound_LeavesInSeveralWrites(bool blocks)
    {
        var channel = Channel(Delivery.Every, 1, 1);
        var client = _rig.Connect(mode: blocks ? SinkMode.Blocking : SinkMode.Synchronous).Join(channel);
        for (var offset = 2; offset <= 200; offset++) channel.Publish(A.Frame(offset), 0, Accept.Next);
        _rig.Run();
        while (client.Sink.IsWriting)
        {
            client.Sink.Release();
            _rig.Run();
        }

        Assert.Equal(200, client.Offsets.Count);
        Assert.InRange(client.Sink.LargestWrite, 3000, _rig.Options.MaxWriteBytes + 400);
    }

    [Fact]
    public void Publish_SmallTailAndManyChangesInOneRound_ClosesNobodyWhoTakesHisBytes()
    {
        var channel = _rig.Channel(A.Match, Delivery.Every, maxUpdates: 3);
        Publish(channel, 1, 1);
        var client = _rig.Connect().Join(channel);
        for (var offset = 2; offset <= 200; offset++) channel.Publish(A.Frame(offset), 0, Accept.Next);
        _rig.Run();
        Assert.Equal(200, client.Offsets.Count);
        Assert.False(client.Connection.Ended.IsCompleted);
    }

    private void PostPublishes(TopicChannel channel, int count)
    {
        for (var i = 0; i < count; i++) _rig.Worker.Post(new Work(WorkKind.Publish, channel, channel.Newest));
    }

    private TopicChannel Channel(Delivery delivery, int from, int to)
    {
        var channel = _rig.Channel(A.Match, delivery);
        Publish(channel, from, to);
        return channel;
    }

    private void Publish(TopicChannel channel, int from, int to, ulong epoch = A.Epoch)
    {
        for (var offset = from; offset <= to; offset++)
        {
            channel.Publish(A.Frame(offset, epoch), 0, Accept.NewEpoch);
            _rig.Run();
        }
    }
}
