using E2EEvents.Load.Peers.Clients;

namespace E2EEvents.Load.Tests.Peers;

public sealed class ProbesTests
{
    [Fact]
    public void Wait_WindowIsFull_GoesOnWithTheSlowestProbe()
    {
        using var probes = new Probes(count: 2, window: 2);
        Assert.True(probes.Wait(TimeSpan.Zero));
        Assert.True(probes.Wait(TimeSpan.Zero));
        Assert.False(probes.Wait(TimeSpan.Zero));
        probes[0].Saw(1);
        probes[0].Saw(2);
        Assert.False(probes.Wait(TimeSpan.Zero));
        probes[1].Saw(2);
        Assert.True(probes.Wait(TimeSpan.Zero));
        Assert.True(probes.Wait(TimeSpan.Zero));
        Assert.False(probes.Wait(TimeSpan.Zero));
    }
}
