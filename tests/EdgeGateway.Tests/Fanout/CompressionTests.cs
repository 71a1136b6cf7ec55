using E2EEvents.EdgeGateway.Fanout;
using E2EEvents.Testing.Clients;

namespace E2EEvents.EdgeGateway.Tests.Fanout;

/// <summary>Compressed updates, made once for all, that refer to the one before where that is what a client got last.</summary>
public sealed class CompressionTests : IDisposable
{
    private const int Small = 100; // of a state of some 300 bytes, of which only numbers change

    private readonly FanoutRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Theory]
    [InlineData(WireFormat.WebSocket, false)]
    [InlineData(WireFormat.WebSocket, true)]
    [InlineData(WireFormat.Sse, false)]
    [InlineData(WireFormat.Sse, true)]
    public void Publish_OneAfterTheOther_TakesFewBytesOfEach(WireFormat format, bool deltas)
    {
        var channel = Channel();
        var client = Connect(format, deltas).Join(channel);
        Publish(channel, 2, 3);
        var before = client.Sink.Taken.Length;
        Publish(channel, 4, 5, 6, 7);
        Assert.InRange((client.Sink.Taken.Length - before) / 4, 1, Small);
        Judge(client, 7, deltas);
    }

    [Fact]
    public void Publish_ToManyInTheSamePlace_IsTheSameArray()
    {
        var channel = Channel();
        var (first, second) = (Connect().Join(channel), Connect().Join(channel));
        Publish(channel, 2, 3);
        var (a, b) = (first.Connection.WindowEnd, second.Connection.WindowEnd);
        Assert.True(a != 0 && a == b);
        var update = channel.Newest!;
        channel.Publish(A.Frame(4), 0, Accept.Next);
        var next = channel.Newest!;
        Assert.Same(Bytes(next, first, a), Bytes(next, second, b));
        Assert.NotSame(Bytes(next, first, a), Bytes(next, first, 0)); // of somebody who just came
        Assert.True(Bytes(next, first, a).Length < Bytes(next, first, 0).Length);
        Assert.Equal(update.Offset + 1, next.Offset);
    }

    [Fact]
    public void Publish_AfterSomethingElse_RefersToNothing()
    {
        var channel = Channel();
        var (client, other) = (Connect(WireFormat.Sse).Join(channel), Connect(WireFormat.Sse).Join(channel));
        Publish(channel, 2, 3);
        channel.SetStale(true);
        _rig.Run();
        channel.SetStale(false);
        _rig.Run();
        Publish(channel, 4, 5);
        Judge(client, 5, deltas: false);
        Judge(other, 5, deltas: false);
    }

    [Fact]
    public void Publish_AfterSomeWereMissed_RefersToNothing()
    {
        var channel = _rig.Channel(A.Match, Delivery.Latest);
        channel.Publish(A.Frame(1), 0, Accept.NewEpoch);
        var client = Connect().Join(channel);
        client.Sink.Mode = SinkMode.Blocking;
        Publish(channel, 2, 3, 4);
        client.Sink.Mode = SinkMode.Synchronous;
        client.Sink.Release();
        _rig.Run();
        Publish(channel, 5);
        Assert.Equal([1, 2, 4, 5], client.Offsets);
        Judge(client, 5, deltas: false, Delivery.Latest);
    }

    [Fact]
    public void Updates_OnceReplaced_HoldNoneBeforeThem()
    {
        var channel = Channel();
        Publish(channel, 2, 3);
        var second = channel.Oldest!.Next!;
        Assert.Null(second.EncodingsBefore(null));
        Assert.NotNull(channel.Newest!.EncodingsBefore(null));
    }

    private static byte[] Bytes(Update update, FakeClient client, long windowEnd) =>
        update.Bytes(client.Connection.View, client.Connection.Subscribers[0].Selection, Variant.State, ref windowEnd);

    private static void Judge(FakeClient client, long offset, bool deltas, Delivery delivery = Delivery.Every)
    {
        var transcript = new Transcript(A.Match, delivery);
        transcript.Begin(resumed: false, deltas);
        client.Judge(transcript);
        Assert.Equal((offset, offset), (transcript.Offset, transcript.State!["n"]!.GetValue<long>()));
    }

    private TopicChannel Channel()
    {
        var channel = _rig.Channel(A.Match, Delivery.Every);
        channel.Publish(A.Frame(1), 0, Accept.NewEpoch);
        return channel;
    }

    private FakeClient Connect(WireFormat format = WireFormat.WebSocket, bool deltas = false) => _rig.Connect(new View(format, deltas, compressor: new Compressor(0), continues: true));

    private void Publish(TopicChannel channel, params long[] offsets)
    {
        foreach (var offset in offsets)
        {
            channel.Publish(A.Frame(offset), 0, Accept.Next);
            _rig.Run();
        }
    }
}
