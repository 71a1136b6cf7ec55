using System.Linq;
using E2EEvents.Testing.Servers;
using StackExchange.Redis;

namespace E2EEvents.Streams.Tests;

/// <summary>The provider on a Redis Cluster.</summary>
public sealed class ClusterServerTests(RedisClusterServers servers) : IClassFixture<RedisClusterServers>
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task Append_OnARedisCluster_AllTakenInOrderFromSeveralMasters(int ackReplicas)
    {
        await using var silos = await TestSilos.StartAsync(servers.Configuration, silos: 2, options: streams => streams.AckReplicas = ackReplicas);
        await Task.WhenAll(Enumerable.Range(0, 20).Select(stream => silos.AppendAsync($"s{stream}", 0, 100)));
        for (var stream = 0; stream < 20; stream++) await silos.TakenAsync($"s{stream}", 100);
        await using var client = await ConnectionMultiplexer.ConnectAsync(servers.Configuration);
        var masters = Enumerable.Range(0, 8).Select(queue => client.GetDatabase().IdentifyEndpoint(StreamsAdapter.TagOf("streams-tests", TestSilos.Provider, queue) + ":log")).Distinct().Count();
        Assert.True(masters > 1, "the queues lie on one master");
        for (var queue = 0; queue < 8; queue++)
        {
            RedisKey log = StreamsAdapter.TagOf("streams-tests", TestSilos.Provider, queue) + ":log";
            await Eventually.EqualAsync(0L, () => client.GetDatabase().StreamLength(log), TestSilos.Deadline);
        }
    }

    [Fact]
    public async Task Master_KilledAndRestarted_NothingAcknowledgedIsLost()
    {
        await using var silos = await TestSilos.StartAsync(servers.Configuration, expected: [4010, 4012]);
        var producing = Enumerable.Range(0, 20).Select(stream => silos.ProduceAsync($"k{stream}", 300)).ToList();
        await Eventually.TrueAsync(() => silos.Ledger.Of("k0").Count > 20, TestSilos.Deadline);
        await servers.Masters[0].KillAsync();
        await servers.Masters[0].StartAsync(TestContext.Current.CancellationToken);
        await Task.WhenAll(producing).WaitAsync(TimeSpan.FromSeconds(90), TestContext.Current.CancellationToken);
        for (var stream = 0; stream < 20; stream++) await silos.TakenAsync($"k{stream}", 300, TimeSpan.FromSeconds(60));
    }
}
