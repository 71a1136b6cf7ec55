using E2EEvents.EdgeGateway.Fanout;

namespace E2EEvents.EdgeGateway.Tests.Fanout;

/// <summary>Delivery to clients that take what they get.</summary>
public sealed class FanoutWorkerTests : IDisposable
{
    private readonly FanoutRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Theory]
    [InlineData(WireFormat.Sse)]
    [InlineData(WireFormat.WebSocket)]
    public void Attach_NoPosition_GetsTheNewestThenEachChange(WireFormat format)
    {
        var channel = Channel(Delivery.Every, 1, 3);
        var client = _rig.Connect(format).Join(channel);
        Publish(channel, 4, 5);
        Assert.Equal([3, 4, 5], client.Offsets);
    }

    [Fact]
    public void Attach_PositionWithinTheTail_GetsWhatFollowsIt()
    {
        var channel = Channel(Delivery.Every, 1, 9);
        Assert.Equal([6, 7, 8, 9], _rig.Connect().Join(channel, A.At(5)).Offsets);
    }

    [Fact]
    public void Attach_NewestPosition_GetsOnlyWhatIsNew()
    {
        var channel = Channel(Delivery.Every, 1, 3);
        var client = _rig.Connect().Join(channel, A.At(3));
        Assert.Empty(client.Offsets);
        Publish(channel, 4, 4);
        Assert.Equal([4], client.Offsets);
    }

    [Fact]
    public void Attach_PositionAheadOfTheChannel_WaitsUntilItIsPassed()
    {
        var channel = Channel(Delivery.Every, 1, 3);
        var client = _rig.Connect().Join(channel, A.At(5));
        Publish(channel, 4, 7);
        Assert.Equal([6, 7], client.Offsets);
    }

    [Fact]
    public void Attach_PositionBeforeTheTail_IsRefusedAndLeavesNothingBehind()
    {
        var channel = _rig.Channel(A.Match, Delivery.Every, maxUpdates: 3);
        Publish(channel, 1, 9);
        var client = _rig.Connect();
        var attached = client.Attach(channel, A.At(3));
        _rig.Run();
        Assert.False(A.Now(attached));
        Assert.Equal(0, channel.SubscribersOf(0).Count);
        Assert.Empty(client.Connection.Subscribers);
    }

    [Fact]
    public void Attach_HistoryTooShort_GetsTheNewestAndIsToldSo()
    {
        var channel = Channel(Delivery.Every, 7, 9);
        var got = Assert.Single(_rig.Connect().Join(channel, A.At(3), startsOver: true).Received);
        Assert.Equal(("history", 9), (got.Envelope.Gap, got.Envelope.Position.Offset));
    }

    [Fact]
    public void Attach_TopicWithoutEvents_GetsTheFirst()
    {
        var channel = _rig.Channel(A.Match, Delivery.Every);
        channel.Begin(A.At(0));
        var client = _rig.Connect().Join(channel);
        Publish(channel, 1, 2);
        Assert.Equal([1, 2], client.Offsets);
        Assert.Equal([null, null], client.Received.ConvertAll(got => got.Envelope.Gap));
    }

    [Fact]
    public void Attach_TopicWithoutEventsThenAnotherEpoch_GetsTheFirstWithoutAGap()
    {
        var channel = _rig.Channel(A.Match, Delivery.Every);
        channel.Begin(A.At(0));
        var client = _rig.Connect().Join(channel);
        Publish(channel, 1, 1, A.OtherEpoch);
        Assert.Null(Assert.Single(client.Received).Envelope.Gap);
    }

    [Fact]
    public void Attach_EpochOverAndNoEventsSince_IsToldWithTheFirst()
    {
        var channel = _rig.Channel(A.Match, Delivery.Every);
        channel.Begin(A.At(0));
        var client = _rig.Connect(deltas: true).Join(channel, A.At(5, A.OtherEpoch));
        Publish(channel, 1, 2);
        Assert.Equal([1, -2], client.Offsets);
        Assert.Equal(["epoch", null], client.Received.ConvertAll(got => got.Envelope.Gap));
    }

    [Fact]
    public void Attach_TopicWithoutEventsThenALostOne_IsToldWhatItMissed()
    {
        var channel = _rig.Channel(A.Match, Delivery.Every);
        channel.Begin(A.At(0));
        var client = _rig.Connect().Join(channel);
        channel.Publish(A.Frame(3), 0, Accept.Hole);
        _rig.Run();
        Assert.Equal("history", Assert.Single(client.Received).Envelope.Gap);
        Assert.False(client.Connection.Ended.IsCompleted);
    }

    [Fact]
    public void Attach_BeforeTheFirstEventOfAnotherEpoch_GetsAllOfItAndNoGap()
    {
        var channel = _rig.Channel(A.Match, Delivery.Every);
        channel.Begin(A.At(0));
        var client = _rig.Connect().Join(channel);
        for (var offset = 1; offset <= 3; offset++) channel.Publish(A.Frame(offset, A.Epoch + 1), 0, Accept.NewEpoch); // the first write failed, the topic began anew
        _rig.Run();
        Assert.Equal([1, 2, 3], client.Offsets);
        Assert.All(client.Received, got => Assert.Null(got.Envelope.Gap));
    }

    [Fact]
    public void Publish_ManyWithinARound_LeaveInOneWrite()
    {
        var channels = new List<TopicChannel>();
        var client = _rig.Connect();
        for (var i = 0; i < 20; i++)
        {
            var channel = _rig.Channel(new TopicKey("match", $"m{i}"), Delivery.Every);
            channel.Publish(A.Frame(1), 0, Accept.NewEpoch);
            channels.Add(channel);
            client.Join(channel);
        }

        var writes = client.Sink.Writes;
        foreach (var channel in channels)
        {
            for (var offset = 2; offset <= 6; offset++) channel.Publish(A.Frame(offset), 0, Accept.Next);
        }

        _rig.Run();
        Assert.Equal(writes + 1, client.Sink.Writes);
        Assert.Equal(120, client.Offsets.Count);
    }

    [Fact]
    public void Publish_LatestChangesOftenWithinARound_SendsTheNewestOnly()
    {
        var channel = Channel(Delivery.Latest, 1, 1);
        var client = _rig.Connect().Join(channel);
        for (var offset = 2; offset <= 50; offset++) channel.Publish(A.Frame(offset), 0, Accept.Next);
        _rig.Run();
        Assert.Equal([1, 50], client.Offsets);
    }

    [Fact]
    public void Publish_DeltaClient_GetsPatchesOfWhatItWasSent()
    {
        var channel = Channel(Delivery.Every, 1, 3);
        var fresh = _rig.Connect(deltas: true).Join(channel);
        var resumed = _rig.Connect(deltas: true).Join(channel, A.At(3));
        var plain = _rig.Connect().Join(channel);
        Publish(channel, 4, 5);
        Assert.Equal([3, -4, -5], fresh.Offsets);
        Assert.Equal([4, -5], resumed.Offsets); // it was sent nothing yet that a patch could build on
        Assert.Equal([3, 4, 5], plain.Offsets);
        var patch = fresh.Received[1].Envelope.Patch!;
        Assert.Equal("""{"n":4}""", patch.ToJsonString());
    }

    [Fact]
    public void Publish_LatestSkipsOffsetsForADeltaClient_SendsTheState()
    {
        var channel = Channel(Delivery.Latest, 1, 1);
        var client = _rig.Connect(deltas: true).Join(channel);
        Publish(channel, 2, 2);
        channel.Publish(A.Frame(3), 0, Accept.Next);
        channel.Publish(A.Frame(4), 0, Accept.Next);
        _rig.Run();
        Assert.Equal([1, -2, 4], client.Offsets);
    }

    [Fact]
    public void Publish_AnotherEpochOfEvery_IsToldOnceWithTheState()
    {
        var channel = Channel(Delivery.Every, 1, 3);
        var client = _rig.Connect(deltas: true).Join(channel);
        Publish(channel, 1, 2, A.OtherEpoch);
        Assert.Equal([3, 1, -2], client.Offsets);
        Assert.Equal([null, "epoch", null], client.Received.ConvertAll(got => got.Envelope.Gap));
    }

    [Fact]
    public void Publish_AnotherEpochOfLatest_IsTheStateWithoutAGap()
    {
        var channel = Channel(Delivery.Latest, 1, 3);
        var client = _rig.Connect(deltas: true).Join(channel);
        Publish(channel, 1, 1, A.OtherEpoch);
        Assert.Equal([3, 1], client.Offsets);
        Assert.Equal([null, null], client.Received.ConvertAll(got => got.Envelope.Gap));
    }

    [Fact]
    public void Publish_HoleInEvery_IsToldWithTheState()
    {
        var channel = Channel(Delivery.Every, 1, 3);
        var client = _rig.Connect(deltas: true).Join(channel);
        channel.Publish(A.Frame(9), 0, Accept.Hole);
        _rig.Run();
        Publish(channel, 10, 10);
        Assert.Equal([3, 9, -10], client.Offsets);
        Assert.Equal([null, "history", null], client.Received.ConvertAll(got => got.Envelope.Gap));
    }

    [Fact]
    public void Publish_HoleAndMoreThanTheTailInOneRound_ClosesNobodyWhoTakesHisBytes()
    {
        var channel = _rig.Channel(A.Match, Delivery.Every, maxUpdates: 3);
        Publish(channel, 1, 1);
        var client = _rig.Connect().Join(channel);
        channel.Publish(A.Frame(9), 0, Accept.Hole);
        for (var offset = 10; offset <= 20; offset++) channel.Publish(A.Frame(offset), 0, Accept.Next);
        _rig.Run();
        Assert.Equal([1, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20], client.Offsets);
    }

    [Fact]
    public void Publish_NobodySubscribed_GivesTheWorkerNothingToDo()
    {
        Publish(Channel(Delivery.Every, 1, 1), 2, 2);
        Assert.Equal(0, _rig.Worker.Backlog);
    }

    [Fact]
    public void Detach_Connection_LeavesNothingBehind()
    {
        var channel = Channel(Delivery.Every, 1, 1);
        var client = _rig.Connect().Join(channel);
        var other = _rig.Connect().Join(channel);
        _rig.Worker.Post(new Work(WorkKind.Detach, client.Connection, null));
        _rig.Run();
        Assert.True(client.Connection.Ended.IsCompletedSuccessfully);
        Assert.Null(client.Closed);
        Assert.Equal(1, channel.SubscribersOf(0).Count);
        Publish(channel, 2, 2);
        Assert.Equal([1], client.Offsets);
        Assert.Equal([1, 2], other.Offsets);
    }

    [Fact]
    public void Detach_BeforeTheConnectionIsTakenOver_EndsIt()
    {
        var channel = Channel(Delivery.Every, 1, 1);
        var sink = new FakeSink();
        var connection = new Connection(sink, new View(WireFormat.Sse), "sse");
        sink.Connection = connection;
        var worker = _rig.Workers.Assign(connection);
        worker.Post(new Work(WorkKind.Detach, connection, null));
        worker.Open(connection, [1]);
        var attached = worker.AttachAsync(new Subscriber(connection, channel, channel.Selections.All), startsOver: false);
        var written = worker.WriteAsync(connection, [1]);
        _rig.Run();
        Assert.True(connection.Ended.IsCompletedSuccessfully);
        Assert.True(attached.IsCompletedSuccessfully && written.IsCompletedSuccessfully);
        Assert.Equal(0, channel.SubscribersOf(0).Count);
        Assert.Equal(0, sink.Writes);
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
