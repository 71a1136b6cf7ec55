using E2EEvents.EdgeGateway.Fanout;

namespace E2EEvents.EdgeGateway.Tests.Fanout;

/// <summary>What is held is measured for the whole process, so nothing else may run beside these tests.</summary>
[CollectionDefinition(nameof(MemoryTests), DisableParallelization = true)]
[Collection(nameof(MemoryTests))]
public sealed class MemoryTests : IDisposable
{
    private const int Clients = 5000;
    private readonly FanoutRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Fact]
    public void Publish_ManyClientsBlocked_HoldNoMoreThanTheirWrites()
    {
        var channel = _rig.Channel(A.Match, Delivery.Every);
        for (var offset = 1; offset <= 5; offset++)
        {
            channel.Publish(A.Frame(offset), 0, Accept.NewEpoch);
            _rig.Run();
        }

        var big = _rig.Connect().Join(channel, A.At(0)); // the buffers for gathering have grown by now
        var clients = new List<FakeClient>();
        for (var i = 0; i < Clients; i++) clients.Add(_rig.Connect(mode: SinkMode.Blocking));
        GC.Collect();
        GC.WaitForPendingFinalizers(); // of the tests before
        var before = GC.GetTotalMemory(forceFullCollection: true);
        foreach (var client in clients) client.Join(channel, A.At(3));
        var held = GC.GetTotalMemory(forceFullCollection: true) - before;
        Assert.InRange(held / Clients, -1000, 5000); // some of the tests before may be let go meanwhile; two states of 350 bytes, once gathered and once in the test's sink
        GC.KeepAlive(big);
    }
}
