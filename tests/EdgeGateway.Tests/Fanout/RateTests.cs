using CsCheck;
using E2EEvents.EdgeGateway.Fanout;

namespace E2EEvents.EdgeGateway.Tests.Fanout;

/// <summary>Updates at a rate: never more often, the newest always, at once after a pause.</summary>
public sealed class RateTests : IDisposable
{
    private readonly FanoutRig _rig = new();

    private static readonly Gen<(int Publish, int Milliseconds)[]> GenSteps = Gen.Select(Gen.Int[0, 3], Gen.Frequency((5, Gen.Int[0, 30]), (2, Gen.Int[30, 400]), (1, Gen.Int[400, 2500]))).Array[1, 60];

    public void Dispose() => _rig.Dispose();

    [Fact]
    public void Publish_FasterThanTheRate_SendsTheFirstAtOnceAndTheNewestWhenDue()
    {
        var channel = Channel();
        var client = Connect(500).Join(channel);
        Pass(1000);
        Publish(channel, 2, 3, 4);
        Assert.Equal([1, 2], client.Offsets);

        Pass(499);
        Assert.Equal([1, 2], client.Offsets);
        Pass(10);
        Assert.Equal([1, 2, 4], client.Offsets);
        Pass(2000);
        Assert.Equal([1, 2, 4], client.Offsets);
    }

    [Fact]
    public void Publish_ToOthers_IsNotHeldBack()
    {
        var channel = Channel();
        var (slow, fast) = (Connect(500).Join(channel), Connect(0).Join(channel));
        Publish(channel, 2, 3);
        Assert.Equal([1], slow.Offsets);
        Assert.Equal([1, 2, 3], fast.Offsets);
    }

    [Theory]
    [InlineData(100, 500, 500)]
    [InlineData(500, 100, 500)]
    [InlineData(500, 0, 500)]
    public void Rate_OfKindAndClient_TheSlowerCounts(int kind, int client, int expected)
    {
        var channel = Channel(kind);
        Assert.Equal(expected, Connect(client).Join(channel).Connection.Subscribers[0].Interval);
    }

    [Fact]
    public void Rate_OfAnEveryTopic_IsNone()
    {
        var channel = _rig.Channel(A.Match, Delivery.Every);
        Publish(channel, 1);
        var client = Connect(500).Join(channel);
        Publish(channel, 2, 3);
        Assert.Equal([1, 2, 3], client.Offsets);
    }

    [Fact]
    public void Due_ConnectionBlocked_GetsTheNewestWhenItTakesBytesAgain()
    {
        var channel = Channel();
        var client = Connect(100).Join(channel);
        Pass(200);
        client.Sink.Mode = SinkMode.Blocking;
        Publish(channel, 2, 3);
        Pass(300);
        Publish(channel, 4);
        client.Sink.Mode = SinkMode.Synchronous;
        client.Sink.Release();
        _rig.Run();
        Assert.Equal([1, 2, 4], client.Offsets);
    }

    [Fact]
    public void Due_ClientGone_IsForgotten()
    {
        var channel = Channel();
        var client = Connect(100).Join(channel);
        Publish(channel, 2);
        _rig.Worker.Post(new Work(WorkKind.Detach, client.Connection, null));
        _rig.Run();
        Pass(300);
        Assert.Equal([1], client.Offsets);
        Assert.Equal(0, channel.SubscribersOf(0).Count);
    }

    [Fact]
    public void Epoch_ThatChanges_IsToldAtOnce()
    {
        var channel = Channel();
        var client = Connect(1000).Join(channel);
        channel.Publish(A.Frame(7, A.OtherEpoch), 0, Accept.NewEpoch);
        _rig.Run();
        Assert.Equal([1, 7], client.Offsets);
    }

    [Fact]
    public void Publish_AtAnyTimes_KeepsTheRateAndLosesNoLast() => GenSteps.Sample(
        steps =>
        {
            using var world = new RateTests();
            world.Check(steps);
        },
        iter: 200);

    private void Check((int Publish, int Milliseconds)[] steps)
    {
        int[] intervals = [1, 20, 100, 333, 1000, 0];
        var channel = Channel();
        var clients = Array.ConvertAll(intervals, interval => Connect(interval).Join(channel));
        var sentAt = new long[intervals.Length];
        var counts = Array.ConvertAll(clients, _ => 1);
        var now = 0L;
        var offset = 1L;
        foreach (var (publish, milliseconds) in steps)
        {
            for (var i = 0; i < publish; i++) Publish(channel, ++offset);
            Look(0);
            for (var passed = 0; passed < milliseconds; passed++)
            {
                Pass(1);
                now++;
                Look(1);
            }
        }

        var end = now;
        while (now < end + 1010)
        {
            Pass(1);
            now++;
            Look(1);
        }

        foreach (var client in clients) Assert.Equal(offset, client.Offsets[^1]);

        void Look(int passed)
        {
            for (var i = 0; i < clients.Length; i++)
            {
                var count = clients[i].Sink.Writes;
                if (count == counts[i]) continue;
                if (intervals[i] > 0)
                {
                    Assert.Equal(counts[i] + 1, count);
                    Assert.True(now - sentAt[i] >= intervals[i], $"{now - sentAt[i]} ms after the one before, not {intervals[i]}");
                    // Whoever waited longer than the interval, and a tick, had nothing to get until now.
                    if (passed > 0) Assert.InRange(now - sentAt[i], intervals[i], intervals[i] + 6);
                }

                (counts[i], sentAt[i]) = (count, now);
            }
        }
    }

    private TopicChannel Channel(int interval = 0)
    {
        var channel = new TopicChannel(A.Ticker, Delivery.Latest, _rig.Workers, 1, 1 << 20) { Interval = interval };
        channel.Publish(A.Frame(1), 0, Accept.NewEpoch);
        return channel;
    }

    private FakeClient Connect(int interval) => _rig.Connect(new View(WireFormat.WebSocket, interval: interval));

    private void Publish(TopicChannel channel, params long[] offsets)
    {
        foreach (var offset in offsets)
        {
            channel.Publish(A.Frame(offset), 0, Accept.NewEpoch);
            _rig.Run();
        }
    }

    private void Pass(int milliseconds)
    {
        for (var i = 0; i < milliseconds; i++)
        {
            _rig.Time.Advance(TimeSpan.FromMilliseconds(1));
            _rig.Run();
        }
    }
}
