using System.Globalization;
using System.Linq;
using System.Text.Json;
using E2EEvents.Connectors.Ingest;
using E2EEvents.Connectors.Tests.Redis;
using E2EEvents.Grains.Interfaces.Kinds;
using E2EEvents.Grains.Interfaces.Wire;
using E2EEvents.Testing.Logs;
using E2EEvents.Testing.Processes;
using E2EEvents.Testing.Servers;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using StackExchange.Redis;

namespace E2EEvents.Connectors.Tests;

/// <summary>The connectors as they are composed in a process, against real silos and a real Redis.</summary>
public sealed class RegionTests : IAsyncLifetime
{
    private const int Tickers = 6;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(90);
    private readonly RedisServer _redis = new();
    private readonly List<ProductProcess> _silos = [];

    public async ValueTask InitializeAsync() => await _redis.StartAsync(TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        foreach (var silo in _silos) await silo.DisposeAsync();
        await _redis.DisposeAsync();
    }

    [Fact]
    public async Task Region_RecordsOfEveryFate_EndInTopicsAndDeadLetters()
    {
        await StartSilosAsync(1);
        using var log = Expecting().Expect(2006);
        using var host = await StartConnectorsAsync(log, "scores");
        await using var redis = await RedisReading.ClientAsync(_redis.Endpoint);
        await AddTradesAsync(redis, 0, 60);
        await redis.GetDatabase().StreamAddAsync("scores", "data", """{"no":"topic"}""");
        await redis.GetDatabase().StreamAddAsync("scores", [new("topic", "nosuch/x"), new("event", "{}")]);
        await redis.GetDatabase().StreamAddAsync("scores", [new("topic", "ticker/T0"), new("event", """{"type":"trade","price":-1,"size":1,"at":"2026-08-22T15:23:11Z"}""")]);
        await AddTradesAsync(redis, 60, 60);

        await AssertVolumesAsync(host, 120 / Tickers);
        var client = host.Services.GetRequiredService<IClusterClient>();
        var unmapped = await client.GetGrain<IDeadLetterGrain>("unmapped").FindAsync(new LetterQuery(10), CancellationToken.None);
        Assert.Equal(["""{"no":"topic"}""", """{"topic":"nosuch/x","event":"{}"}"""], unmapped.Letters.Select(letter => Records.Text(letter.Event.Data)).Order(StringComparer.Ordinal));
        var refused = await client.GetGrain<IDeadLetterGrain>("ticker").FindAsync(new LetterQuery(10), CancellationToken.None);
        Assert.Contains("'price' is -1", Assert.Single(refused.Letters).Reason, StringComparison.Ordinal);
        await host.StopAsync(CancellationToken.None);
        var checkpoint = (await redis.GetDatabase().StreamInfoAsync("scores")).LastGeneratedId;
        Assert.Contains($"\"{checkpoint}\"", await CheckpointAsync("scores"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Region_SiloKilledWithEventsInItsQueues_PublishesAgainWhatWasLost()
    {
        await StartSilosAsync(2);
        using var log = Expecting();
        using var host = await StartConnectorsAsync(log, "scores");
        await using var redis = await RedisReading.ClientAsync(_redis.Endpoint);
        var adding = AddTradesAsync(redis, 0, 3_000);
        await Eventually.TrueAsync(async _ => await VolumeAsync(host, 0) > 20, Limit);
        await _silos[1].KillAsync();
        await adding;
        await AssertVolumesAsync(host, 3_000 / Tickers);
        await host.StopAsync(CancellationToken.None);
    }

    private static LogCapture Expecting() => new LogCapture { Lowest = LogLevel.Information }
        .Expect(2003).Expect(2004) // a silo that starts, or dies
        .Expect(line => line.Category.StartsWith("Orleans", StringComparison.Ordinal) || line.Category.StartsWith("Microsoft", StringComparison.Ordinal));

    private static async Task AddTradesAsync(ConnectionMultiplexer redis, int first, int count)
    {
        var adding = new List<Task>();
        for (var i = first; i < first + count; i++)
        {
            var at = DateTimeOffset.FromUnixTimeMilliseconds(1_787_412_191_000 + i);
            adding.Add(redis.GetDatabase().StreamAddAsync("scores", [new("topic", $"ticker/T{i % Tickers}"), new("event", $$"""{"type":"trade","price":1.5,"size":1,"at":"{{at:O}}"}""")]));
            if (i % 200 == 0) await Task.WhenAll(adding);
        }

        await Task.WhenAll(adding);
    }

    // A trade of size 1 each: the volume is their number, no more and no less.
    private static async Task AssertVolumesAsync(IHost host, int expected)
    {
        for (var ticker = 0; ticker < Tickers; ticker++)
        {
            decimal volume = -1;
            await Eventually.TrueAsync(async _ => (volume = await VolumeAsync(host, ticker)) >= expected, Limit, () => $"T{ticker}: {volume}");
            Assert.Equal(expected, volume);
        }
    }

    private static async Task<decimal> VolumeAsync(IHost host, int ticker)
    {
        try
        {
            var topic = host.Services.GetRequiredService<IClusterClient>().GetGrain<ITopicGrain>(TopicKindAttribute.GrainIdOf(new TopicKey("ticker", $"T{ticker}")));
            var answer = await topic.ReadAsync(null, 1024 * 1024, CancellationToken.None);
            return FrameCodec.Decode(answer.Frames) is [.., var last] ? JsonSerializer.Deserialize<Ticker>(last.State.Span, StateEncoder.StateOptions)!.Volume : 0;
        }
        catch (Exception e) when (e is TimeoutException or OrleansException or ArgumentException)
        {
            return -1; // its silo has just died, or none is known yet
        }
    }

    private async Task<string> CheckpointAsync(string connector)
    {
        using var log = Expecting();
        using var host = await StartConnectorsAsync(log, null);
        var checkpoint = await host.Services.GetRequiredService<IRegion>().ReadCheckpointAsync(connector, CancellationToken.None);
        await host.StopAsync(CancellationToken.None);
        return checkpoint.Token!;
    }

    private async Task StartSilosAsync(int count)
    {
        for (var i = 0; i < count; i++)
        {
            _silos.Add(new ProductProcess("Silo", new Dictionary<string, string>
            {
                ["Silo:Roles"] = "silo",
                ["Silo:SiloPort"] = FreePort.Next().ToString(CultureInfo.InvariantCulture),
                ["Silo:AdvertisedAddress"] = "127.0.0.1",
                ["Cluster:OrleansGatewayPort"] = FreePort.Next().ToString(CultureInfo.InvariantCulture),
                ["Cluster:Provider"] = "Redis",
                ["Cluster:Redis"] = _redis.Endpoint,
            }));
        }

        await Task.WhenAll(_silos.ConvertAll(silo => silo.StartAsync(TestContext.Current.CancellationToken)));
    }

    private async Task<IHost> StartConnectorsAsync(LogCapture log, string? connector)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Logging.AddProvider(log.AsProvider());
        builder.Configuration.AddInMemoryCollection(connector is null ? [] : new Dictionary<string, string?>
        {
            [$"Connectors:{connector}:Type"] = "Redis",
            [$"Connectors:{connector}:Configuration"] = _redis.Endpoint,
            [$"Connectors:{connector}:Streams:0"] = connector,
        });
        if (connector is null) log.Expect(2011);
        builder.UseOrleansClient(client =>
        {
            client.Configure<ClusterOptions>(ids => (ids.ClusterId, ids.ServiceId) = ("e2e", "e2e-events"));
            client.Configure<ClientMessagingOptions>(messaging => messaging.ResponseTimeout = TimeSpan.FromSeconds(5));
            client.UseRedisClustering(options => options.ConfigurationOptions = ConfigurationOptions.Parse(_redis.Endpoint));
            client.AddIngest(new ConfigurationBuilder().AddInMemoryCollection([new("Cluster:Redis", _redis.Endpoint)]).Build());
        });
        builder.AddConnectors();
        var host = builder.Build();
        await host.StartAsync(TestContext.Current.CancellationToken);
        return host;
    }
}
