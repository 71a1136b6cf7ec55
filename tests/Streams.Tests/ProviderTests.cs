using E2EEvents.Testing.Servers;
using StackExchange.Redis;

namespace E2EEvents.Streams.Tests;

/// <summary>The provider in silos on a real Redis.</summary>
public sealed class ProviderTests(RedisServer redis) : IClassFixture<RedisServer>, IAsyncLifetime
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);
    private ConnectionMultiplexer _client = null!;

    public async ValueTask InitializeAsync()
    {
        _client = await ConnectionMultiplexer.ConnectAsync(redis.Endpoint + ",allowAdmin=true");
        await _client.GetServers()[0].FlushAllDatabasesAsync();
    }

    public ValueTask DisposeAsync() => _client.DisposeAsync();

    [Fact]
    public async Task Append_ManyStreams_AllTakenInOrderAndTheLogIsEmpty()
    {
        await using var silos = await TestSilos.StartAsync(redis.Endpoint, silos: 2);
        var appending = new List<Task>();
        for (var stream = 0; stream < 20; stream++) appending.Add(silos.AppendAsync($"s{stream}", 0, 200));
        await Task.WhenAll(appending);
        for (var stream = 0; stream < 20; stream++)
        {
            await silos.TakenAsync($"s{stream}", 200);
            Assert.Equal(200, silos.Ledger.Of($"s{stream}").Count);
        }

        await Eventually.EqualAsync(0L, Waiting, Soon);
    }

    [Fact]
    public async Task Append_WithoutSilos_WaitsInTheLogForThem()
    {
        await using (var first = await TestSilos.StartAsync(redis.Endpoint))
        {
            first.Ledger.Before = _ => throw new InvalidOperationException("not now");
            await first.AppendAsync("s", 0, 50);
            await Eventually.EqualAsync(50L, Waiting, Soon);
        }

        await using var second = await TestSilos.StartAsync(redis.Endpoint);
        await second.TakenAsync("s", 50);
    }

    private long Waiting()
    {
        var waiting = 0L;
        for (var queue = 0; queue < 8; queue++) waiting += _client.GetDatabase().StreamLength(StreamsAdapter.TagOf("streams-tests", TestSilos.Provider, queue) + ":log");
        return waiting;
    }
}
