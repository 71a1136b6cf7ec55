using E2EEvents.EdgeGateway.Fanout;

namespace E2EEvents.EdgeGateway.Tests.Fanout;

/// <summary>Tests that count bytes run alone: collections that others cause empty the pools meanwhile, and leave gaps that count as allocated.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class AloneCollection
{
    public const string Name = "alone";
}

/// <summary>What a delivery costs in memory: nothing. An update itself is allocated once, for all.</summary>
[Collection(AloneCollection.Name)]
public sealed class AllocationTests : IDisposable
{
    private readonly FanoutRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Theory]
    [InlineData(Delivery.Every, WireFormat.WebSocket, false, 1)]
    [InlineData(Delivery.Every, WireFormat.Sse, true, 1)]
    [InlineData(Delivery.Latest, WireFormat.WebSocket, false, 1)]
    [InlineData(Delivery.Latest, WireFormat.Sse, true, 1)]
    [InlineData(Delivery.Every, WireFormat.WebSocket, false, 3)]
    [InlineData(Delivery.Every, WireFormat.SseMany, true, 3)]
    [InlineData(Delivery.Every, WireFormat.WebSocket, true, 1, "n,fixed")]
    [InlineData(Delivery.Latest, WireFormat.Sse, true, 3, "n,fixed")]
    [InlineData(Delivery.Latest, WireFormat.Sse, false, 1, "fixed")]
    [InlineData(Delivery.Every, WireFormat.WebSocket, true, 1, null, true)]
    [InlineData(Delivery.Every, WireFormat.SseMany, true, 3, "n,fixed", true)]
    public void Publish_TenThousandDeliveries_AllocateNoMoreThanTen(Delivery delivery, WireFormat format, bool deltas, int topics, string? fields = null, bool compressed = false)
    {
        var view = new View(format, deltas, fields is null ? null : FieldSet.TryParse(fields, out var set, out _) ? set : null, compressed ? new Compressor(100) : null, continues: topics == 1);
        var few = Measure(delivery, view, topics, clients: 10);
        var many = Measure(delivery, view, topics, clients: 1000);
        Assert.Equal(few, many);
    }

    /// <summary>Bytes allocated by ten rounds in which every topic changes.</summary>
    private long Measure(Delivery delivery, View view, int topics, int clients)
    {
        var channels = new TopicChannel[topics];
        for (var i = 0; i < topics; i++)
        {
            channels[i] = _rig.Channel(new TopicKey("match", $"{clients:D4}-{i}"), delivery);
            channels[i].Publish(A.Frame(1), 0, Accept.NewEpoch);
        }

        var joined = new FakeClient[clients];
        for (var i = 0; i < clients; i++)
        {
            joined[i] = _rig.Connect(view);
            joined[i].Sink.KeepsBytes = false;
            foreach (var channel in channels) joined[i].Join(channel);
        }

        var frames = new Frame[13];
        for (var i = 0; i < frames.Length; i++) frames[i] = A.Frame(i + 2);
        foreach (var frame in frames.AsSpan(0, 3)) Publish(channels, frame); // buffers grow to what they need
        var before = GC.GetAllocatedBytesForCurrentThread();
        foreach (var frame in frames.AsSpan(3)) Publish(channels, frame);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        foreach (var client in joined)
        {
            foreach (var subscriber in client.Connection.Subscribers) Assert.Equal(14, subscriber.Offset);
            _rig.Worker.Post(new Work(WorkKind.Detach, client.Connection, null));
        }

        _rig.Run();
        return allocated;
    }

    private void Publish(TopicChannel[] channels, Frame frame)
    {
        foreach (var channel in channels) channel.Publish(frame, 0, Accept.Next);
        _rig.Run();
    }
}
