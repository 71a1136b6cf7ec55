using System.Linq;
using E2EEvents.Testing.Servers;

namespace E2EEvents.Streams.Tests;

/// <summary>A failover under load; apart from the others, so that they need not wait for each other.</summary>
public sealed class SentinelLoadTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Failover_UnderLoadWithAckReplicas_GoesOnAndLosesNothing()
    {
        await using var servers = new SentinelServers();
        await ((IAsyncLifetime)servers).InitializeAsync();
        await using var silos = await TestSilos.StartAsync(
            servers.Configuration, silos: 2, options: streams => (streams.AckReplicas, streams.CallTimeout) = (1, TimeSpan.FromSeconds(2)), expected: [4010, 4012, 4013, 4020]);
        using var ending = new CancellationTokenSource();
        var producing = Enumerable.Range(0, 10).Select(stream => SentinelTests.ProduceAsync(silos, $"s{stream}", 0, 0, ending.Token)).ToList();
        await Eventually.TrueAsync(() => silos.Ledger.Of("s0").Count > 100, Soon);
        await servers.Servers[0].KillAsync();
        await SentinelServers.IsMasterAsync(servers.Servers[1]);
        await servers.Servers[0].StartAsync(TestContext.Current.CancellationToken); // becomes the replica without which nothing is acknowledged
        await SentinelServers.ReplicatingAsync(servers.Servers[1], 1);
        var before = silos.Ledger.DistinctOf("s0").Count;
        await Eventually.TrueAsync(() => silos.Ledger.DistinctOf("s0").Count > before + 50, Soon);
        await ending.CancelAsync();
        var acknowledged = await Task.WhenAll(producing).WaitAsync(Soon, TestContext.Current.CancellationToken);
        for (var stream = 0; stream < 10; stream++) await silos.TakenAsync($"s{stream}", acknowledged[stream], Soon);
    }
}
