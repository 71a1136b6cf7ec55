using E2EEvents.EdgeGateway.Fanout;

namespace E2EEvents.EdgeGateway.Tests.Fanout;

/// <summary>What streams are told of staleness.</summary>
public sealed class FreshnessTests : IDisposable
{
    private readonly FanoutRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Theory]
    [InlineData(WireFormat.Sse)]
    [InlineData(WireFormat.SseMany)]
    [InlineData(WireFormat.WebSocket)]
    public void SetStale_OnAndOff_IsToldOnceEach(WireFormat format)
    {
        var channel = Channel("a", 1);
        var client = _rig.Connect(format).Join(channel);
        channel.SetStale(true);
        channel.SetStale(true);
        _rig.Run();
        channel.SetStale(false);
        _rig.Run();
        Assert.Equal(["change", "stale", "fresh"], client.Received.ConvertAll(got => got.Name));
        Assert.Equal("""{"topics":["match/a"]}""", client.Received[1].Text.Replace("\"event\":\"stale\",", "", StringComparison.Ordinal));
    }

    [Fact]
    public void Attach_StaleTopic_IsToldOnceBehindTheState()
    {
        var channel = Channel("a", 1);
        channel.SetStale(true);
        var before = _rig.Connect().Join(channel);
        var client = _rig.Connect();
        channel.SetStale(false);
        channel.SetStale(true);
        var attached = client.Attach(channel); // its turn comes behind the news about freshness that are queued already
        _rig.Run();
        Assert.True(A.Now(attached));
        Assert.Equal(["change", "stale"], client.Received.ConvertAll(got => got.Name));
        Assert.Equal(["change", "stale"], before.Received.ConvertAll(got => got.Name)); // it was fresh for no longer than a moment
    }

    [Fact]
    public void SetStale_AttachQueuedBefore_IsToldOnce()
    {
        var channel = Channel("a", 1);
        var client = _rig.Connect();
        var attached = client.Attach(channel);
        channel.SetStale(true);
        _rig.Run();
        Assert.True(A.Now(attached));
        Assert.Equal(["change", "stale"], client.Received.ConvertAll(got => got.Name));
    }

    [Fact]
    public void SetStale_ClientBlockedMeanwhile_IsToldHowThingsStandNow()
    {
        var channel = Channel("a", 1);
        var client = _rig.Connect(mode: SinkMode.Blocking).Join(channel);
        for (var i = 0; i < 7; i++)
        {
            channel.SetStale(i % 2 == 0);
            _rig.Run();
        }

        client.Sink.Mode = SinkMode.Synchronous;
        client.Sink.Release();
        _rig.Run();
        Assert.Equal(["change", "stale"], client.Received.ConvertAll(got => got.Name));
    }

    private TopicChannel Channel(string key, long offset)
    {
        var channel = _rig.Channel(new TopicKey("match", key), Delivery.Every);
        for (var i = 1; i <= offset; i++) channel.Publish(A.Frame(i), 0, Accept.NewEpoch);
        return channel;
    }
}
