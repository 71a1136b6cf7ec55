using System.Net.Sockets;
using E2EEvents.EdgeGateway.Fanout;

namespace E2EEvents.EdgeGateway.Tests.Fanout;

/// <summary>What one connection's trouble does to it, and not to others.</summary>
public sealed class FaultTests : IDisposable
{
    private const int WriteFailed = 3015;
    private const int AbortFailed = 3016;

    private readonly FanoutRig _rig = new();

    public static TheoryData<Exception> Failures() => [new IOException(), new OperationCanceledException(), new ObjectDisposedException("x"), new SocketException(), new NotSupportedException()];

    public void Dispose() => _rig.Dispose();

    [Theory]
    [MemberData(nameof(Failures))]
    public void Flush_SinkFailsInAnyWay_EndsThatConnectionOnly(Exception failure)
    {
        _rig.Log.Expect(WriteFailed);
        foreach (var mode in (SinkMode[])[SinkMode.Failing, SinkMode.Throwing])
        {
            var channel = Channel();
            var failing = _rig.Connect().Join(channel);
            var other = _rig.Connect().Join(channel);
            (failing.Sink.Mode, failing.Sink.Failure) = (mode, failure);
            Publish(channel, 2);
            Assert.True(failing.Connection.Ended.IsCompletedSuccessfully);
            Assert.Equal(1, channel.SubscribersOf(0).Count);
            Publish(channel, 3);
            Assert.Equal([1, 2, 3], other.Offsets);
        }
    }

    [Theory]
    [MemberData(nameof(Failures))]
    public void EndWrite_FailedInAnyWay_EndsThatConnectionOnly(Exception failure)
    {
        _rig.Log.Expect(WriteFailed);
        var channel = Channel();
        var failing = _rig.Connect(mode: SinkMode.Blocking).Join(channel);
        var other = _rig.Connect().Join(channel);
        Publish(channel, 2);
        failing.Sink.Break(failure);
        _rig.Run();
        Assert.True(failing.Connection.Ended.IsCompletedSuccessfully);
        Assert.Equal(1, channel.SubscribersOf(0).Count);
        Publish(channel, 3);
        Assert.Equal([1, 2, 3], other.Offsets);
    }

    [Fact]
    public void Flush_UnknownFailure_CutsTheConnection()
    {
        _rig.Log.Expect(WriteFailed);
        var channel = Channel();
        var failing = _rig.Connect(mode: SinkMode.Throwing);
        failing.Sink.Failure = new NotSupportedException();
        failing.Join(channel);
        Assert.True(failing.Sink.IsAborted);
        Assert.True(_rig.Log.Has(WriteFailed));
    }

    [Fact]
    public void Abort_Fails_EndsTheConnectionAllTheSame()
    {
        _rig.Log.Expect(AbortFailed);
        var channel = Channel();
        var stuck = _rig.Connect(mode: SinkMode.Blocking).Join(channel);
        stuck.Sink.AbortFailure = new NotSupportedException();
        _rig.Pass(_rig.Options.WriteTimeout + TimeSpan.FromSeconds(2));
        Assert.Equal(0, channel.SubscribersOf(0).Count);
        stuck.Sink.Break(new IOException());
        _rig.Run();
        Assert.True(stuck.Connection.Ended.IsCompletedSuccessfully);
    }

    [Fact]
    public void Publish_StatesThatCannotBeCompared_GoOutWhole()
    {
        var channel = _rig.Channel(A.Match, Delivery.Every);
        channel.Publish(new Frame(A.At(1), "{broken"u8.ToArray(), 0, 1), 0, Accept.NewEpoch);
        var patches = _rig.Connect(deltas: true).Join(channel);
        var states = _rig.Connect().Join(channel);
        channel.Publish(A.Frame(2), 0, Accept.Next);
        channel.Publish(A.Frame(3), 0, Accept.Next);
        _rig.Run();
        Assert.EndsWith("}", System.Text.Encoding.ASCII.GetString(states.Sink.Taken), StringComparison.Ordinal);
        Assert.Equal(A.At(3), channel.Position);
        foreach (var client in (FakeClient[])[patches, states])
        {
            Assert.Equal(A.At(3).Offset, Assert.Single(client.Connection.Subscribers).Offset);
            Assert.False(client.Connection.Ended.IsCompleted);
        }
    }

    private TopicChannel Channel()
    {
        var channel = _rig.Channel(A.Match, Delivery.Every);
        channel.Publish(A.Frame(1), 0, Accept.NewEpoch);
        return channel;
    }

    private void Publish(TopicChannel channel, long offset)
    {
        channel.Publish(A.Frame(offset), 0, Accept.Next);
        _rig.Run();
    }
}
