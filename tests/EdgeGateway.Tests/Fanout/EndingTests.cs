using E2EEvents.EdgeGateway.Fanout;

namespace E2EEvents.EdgeGateway.Tests.Fanout;

/// <summary>Clients that leave, and who waits for their bytes.</summary>
public sealed class EndingTests : IDisposable
{
    private readonly FanoutRig _rig = new(new FanoutOptions { MaxWriteBytes = 4096 });

    public void Dispose() => _rig.Dispose();

    [Fact]
    public void Detach_BytesPendingInTheSameRound_AreNotWritten()
    {
        var channel = Channel(Delivery.Every, 1, 1);
        var client = _rig.Connect().Join(channel);
        var other = _rig.Connect().Join(channel);
        channel.Publish(A.Frame(2), 0, Accept.Next);
        Detach(client);
        _rig.Run();
        Assert.True(client.Connection.Ended.IsCompletedSuccessfully);
        Assert.Equal([1], client.Offsets);
        Assert.Equal([1, 2], other.Offsets);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Detach_WriteUnderWay_EndsOnlyWhenTheWriteIsOver(bool abortEndsWrites)
    {
        var channel = Channel(Delivery.Every, 1, 1);
        var client = _rig.Connect(mode: SinkMode.Blocking).Join(channel);
        client.Sink.AbortEndsWrites = abortEndsWrites;
        Publish(channel, 2, 2);
        Detach(client);
        Detach(client); // as a session does when the client is gone and again when it leaves
        _rig.Run();
        Assert.True(client.Sink.IsAborted); // the client may have gone without a word to the transport
        Assert.Equal(0, channel.SubscribersOf(0).Count);
        if (!abortEndsWrites)
        {
            Assert.False(client.Connection.Ended.IsCompleted);
            client.Sink.Release();
            _rig.Run();
        }

        Assert.True(client.Connection.Ended.IsCompletedSuccessfully);
        client.Sink.AssertAwaited();
    }

    [Fact]
    public void WriteAsync_SeveralWhileBlocked_EachWaitsUntilItsBytesAreTaken()
    {
        var client = _rig.Connect(WireFormat.Sse, mode: SinkMode.Blocking);
        var first = _rig.Worker.WriteAsync(client.Connection, ":1\n\n"u8.ToArray());
        _rig.Run();
        var second = _rig.Worker.WriteAsync(client.Connection, ":2\n\n"u8.ToArray());
        var third = _rig.Worker.WriteAsync(client.Connection, ":3\n\n"u8.ToArray());
        _rig.Run();
        Assert.False(first.IsCompleted || second.IsCompleted || third.IsCompleted);
        client.Sink.Release();
        _rig.Run();
        Assert.True(first.IsCompletedSuccessfully);
        Assert.False(second.IsCompleted || third.IsCompleted);
        client.Sink.Release();
        _rig.Run();
        Assert.True(second.IsCompletedSuccessfully && third.IsCompletedSuccessfully);
        Assert.Equal([":1", ":2", ":3"], client.Received.ConvertAll(got => got.Text));
    }

    [Fact]
    public void WriteAsync_ClientGone_IsOver()
    {
        var client = _rig.Connect(WireFormat.Sse, mode: SinkMode.Blocking);
        var first = _rig.Worker.WriteAsync(client.Connection, ":1\n\n"u8.ToArray());
        _rig.Run();
        var second = _rig.Worker.WriteAsync(client.Connection, ":2\n\n"u8.ToArray());
        Detach(client);
        _rig.Run();
        Assert.True(first.IsCompletedSuccessfully && second.IsCompletedSuccessfully);
    }

    private void Detach(FakeClient client) => _rig.Worker.Post(new Work(WorkKind.Detach, client.Connection, null));

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
