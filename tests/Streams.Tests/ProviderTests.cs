using E2EEvents.Testing.Servers;
using Microsoft.Extensions.DependencyInjection;
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

    [Fact]
    public async Task Entries_WithoutConsumerOrUnreadable_AreSetAsideAndStopNothing()
    {
        await using var silos = await TestSilos.StartAsync(redis.Endpoint, options: streams => streams.Queues = 1, expected: [4014]);
        await silos.Stream("x", "nobody").OnNextAsync(new Number(1));
        await _client.GetDatabase().StreamAddAsync(Tag + ":log", [new("ns", Taker.Space), new("key", "s"), new("events", "rubbish")]);
        await _client.GetDatabase().StreamAddAsync(Tag + ":log", "what", "ever");
        await silos.AppendAsync("s", 0, 10);
        await silos.TakenAsync("s", 10);
        var aside = await _client.GetDatabase().StreamRangeAsync(Tag + ":undeliverable");
        Assert.Equal(3, aside.Length);
        Assert.Contains("No grain class subscribes to the namespace 'nobody'", (string?)aside[0]["reason"], StringComparison.Ordinal);
        Assert.Equal("rubbish", aside[1]["events"]);
        Assert.Equal("ever", aside[2]["what"]);
        await Eventually.EqualAsync(0L, Waiting, Soon);
    }

    [Fact]
    public async Task Entries_OnesKeeperFails_AreHandedOverUntilItHasThem()
    {
        var keeper = new Keeper { Failures = 3 };
        await using var silos = await TestSilos.StartAsync(
            redis.Endpoint, options: streams => streams.Queues = 1, services: services => services.AddKeyedSingleton<IUndeliverableKeeper>(TestSilos.Provider, keeper), expected: [4014, 4010]);
        await silos.Stream("x", "nobody").OnNextAsync(new Number(7));
        await silos.AppendAsync("s", 0, 10);
        await silos.TakenAsync("s", 10);
        var kept = Assert.Single(keeper.Kept);
        Assert.Equal(new Number(7), Assert.Single(kept.Events!));
        Assert.Equal("nobody", kept.Stream!.Value.GetNamespace());
        await Eventually.EqualAsync(0L, Waiting, Soon);
    }

    [Fact]
    public async Task Append_TooBig_IsRefusedWithSizeAndLimit()
    {
        await using var silos = await TestSilos.StartAsync(redis.Endpoint, options: streams => streams.MaxEntryBytes = 2000);
        var refused = await Assert.ThrowsAsync<StreamAppendException>(() => silos.Stream("s").OnNextAsync(new Number(0, new byte[3000])));
        Assert.Contains("2000 may go into an entry", refused.Message, StringComparison.Ordinal);
        await silos.AppendAsync("s", 0, 1);
        await silos.TakenAsync("s", 1);
    }

    [Fact]
    public async Task Append_AsLargeAsAnyBatchOfConnectors_IsTakenWithoutSettings()
    {
        await using var silos = await TestSilos.StartAsync(redis.Endpoint);
        await silos.Stream("s").OnNextAsync(new Number(0, new byte[17 << 20])); // the largest MaxRecordBytes, and what goes with it
        await silos.TakenAsync("s", 1);
    }

    [Fact]
    public async Task Start_WithAnotherNumberOfQueues_IsRefused()
    {
        await using (await TestSilos.StartAsync(redis.Endpoint, options: streams => streams.Queues = 4)) { }
        var refused = await TestSilos.RefusedAsync(redis.Endpoint, streams => streams.Queues = 5, 4003);
        Assert.Contains("have 5 queues here, but 4 in Redis", refused.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("appendonly", "no", "a restart would lose acknowledged events")]
    [InlineData("maxmemory-policy", "allkeys-lru", "a full Redis would drop acknowledged events")]
    [InlineData("appendfsync", "no", "would lose half a minute of acknowledged events")]
    public async Task Start_OnARedisThatForgets_IsRefused(string setting, string value, string error)
    {
        var server = _client.GetServers()[0];
        var before = (await server.ConfigGetAsync(setting))[0].Value;
        await server.ConfigSetAsync(setting, value);
        try
        {
            var refused = await TestSilos.RefusedAsync(redis.Endpoint, null, 4003);
            Assert.Contains(error, refused.ToString(), StringComparison.Ordinal);
        }
        finally
        {
            await server.ConfigSetAsync(setting, before);
        }
    }

    [Fact]
    public async Task Start_OnARedisThatSyncsEverySecond_WarnsAndWorks()
    {
        var server = _client.GetServers()[0];
        await server.ConfigSetAsync("appendfsync", "everysec");
        try
        {
            await using var silos = await TestSilos.StartAsync(redis.Endpoint, expected: [4004]);
            await silos.AppendAsync("s", 0, 1);
            await silos.TakenAsync("s", 1);
            Assert.Contains(silos.Logged, line => line.Id.Id == 4004);
        }
        finally
        {
            await server.ConfigSetAsync("appendfsync", "always");
        }
    }

    private static string Tag => StreamsAdapter.TagOf(TestSilos.Service, TestSilos.Provider, 0);

    private long Waiting()
    {
        var waiting = 0L;
        for (var queue = 0; queue < 8; queue++) waiting += _client.GetDatabase().StreamLength(StreamsAdapter.TagOf(TestSilos.Service, TestSilos.Provider, queue) + ":log");
        return waiting;
    }

    private sealed class Keeper : IUndeliverableKeeper
    {
        private int _asked;

        public int Failures { get; init; }

        public List<Undeliverable> Kept { get; } = [];

        public Task KeepAsync(IReadOnlyList<Undeliverable> entries, CancellationToken cancellationToken)
        {
            if (++_asked <= Failures) throw new IOException("no room");
            Kept.AddRange(entries);
            return Task.CompletedTask;
        }
    }
}
