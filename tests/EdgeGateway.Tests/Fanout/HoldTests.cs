using E2EEvents.EdgeGateway.Fanout;

namespace E2EEvents.EdgeGateway.Tests.Fanout;

/// <summary>Updates that come in one batch, with a worker that runs by itself.</summary>
public sealed class HoldTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(10);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Release_AfterABatch_LeavesInOneWrite(bool directSockets)
    {
        using var rig = new FanoutRig(new FanoutOptions { DirectSockets = directSockets });
        await rig.Workers.StartAsync(TestContext.Current.CancellationToken);
        var channel = rig.Channel(A.Match, Delivery.Every);
        channel.Publish(A.Frame(1), 0, Accept.NewEpoch);
        var client = rig.Connect();
        Assert.True(await client.Attach(channel));
        await rig.Worker.SlowAsync().WaitAsync(Soon, TestContext.Current.CancellationToken);
        await Eventually.TrueAsync(() => rig.Worker.IsAsleep, Soon); // its rounds are over, so the state was written
        var before = client.Sink.Writes;

        rig.Workers.Hold();
        for (var offset = 2; offset <= 11; offset++) channel.Publish(A.Frame(offset), 0, Accept.Next);
        rig.Workers.Release();

        await Eventually.TrueAsync(() => rig.Worker.Backlog == 0, Soon); // nothing else wakes it
        await rig.Worker.SlowAsync().WaitAsync(Soon, TestContext.Current.CancellationToken);
        Assert.Equal(11, client.Offsets[^1]);
        Assert.Equal(11, client.Offsets.Count);
        Assert.InRange(client.Sink.Writes - before, 1, 2); // two if the worker was just falling asleep
        await rig.Workers.StopAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Publish_NobodyHolds_IsDeliveredWithoutARelease()
    {
        using var rig = new FanoutRig();
        await rig.Workers.StartAsync(TestContext.Current.CancellationToken);
        var channel = rig.Channel(A.Match, Delivery.Every);
        channel.Publish(A.Frame(1), 0, Accept.NewEpoch);
        var client = rig.Connect();
        Assert.True(await client.Attach(channel));
        rig.Workers.Hold();
        rig.Workers.Release();
        channel.Publish(A.Frame(2), 0, Accept.Next);
        await Eventually.TrueAsync(() => rig.Worker.Backlog == 0, Soon);
        await rig.Workers.StopAsync(TestContext.Current.CancellationToken);
        Assert.Equal([1, 2], client.Offsets);
    }
}
