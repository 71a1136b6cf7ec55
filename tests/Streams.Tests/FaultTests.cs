using System.Linq;
using E2EEvents.Testing.Servers;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using StackExchange.Redis;

namespace E2EEvents.Streams.Tests;

/// <summary>Redis, silos and consumers fail under load: nothing acknowledged is lost, and all goes on by itself.</summary>
public sealed class FaultTests : IAsyncLifetime
{
    private const int ReadFailed = 4010, DeleteFailed = 4012, Full = 4020, ConnectFailed = 4001;
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);
    private readonly RedisServer _redis = new();

    public async ValueTask InitializeAsync() => await _redis.StartAsync(TestContext.Current.CancellationToken);

    public ValueTask DisposeAsync() => _redis.DisposeAsync();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Redis_KilledOrRestartedUnderLoad_LosesNothingAcknowledged(bool killed)
    {
        await using var silos = await TestSilos.StartAsync(_redis.Endpoint, silos: 2, expected: [ReadFailed, DeleteFailed]);
        using var ending = new CancellationTokenSource();
        var producing = Enumerable.Range(0, 10).Select(stream => ProduceAsync(silos, $"s{stream}", ending.Token)).ToList();
        for (var round = 0; round < 2; round++)
        {
            await Eventually.TrueAsync(() => silos.Ledger.Of("s0").Count > 50 * (round + 1), Soon);
            if (killed) await _redis.KillAsync();
            else await _redis.StopAsync();
            await _redis.StartAsync(TestContext.Current.CancellationToken);
        }

        var before = silos.Ledger.Of("s0").Count;
        await Eventually.TrueAsync(() => silos.Ledger.Of("s0").Count > before + 50, Soon);
        await ending.CancelAsync();
        foreach (var (stream, acknowledged) in await Task.WhenAll(producing)) await AllTakenAsync(silos, stream, acknowledged);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Silo_KilledOrStoppedUnderLoad_OthersTakeItsQueuesOver(bool killed)
    {
        await using var silos = await TestSilos.StartAsync(_redis.Endpoint, silos: 3);
        using var ending = new CancellationTokenSource();
        var producing = Enumerable.Range(0, 20).Select(stream => ProduceAsync(silos, $"s{stream}", ending.Token)).ToList();
        for (var stream = 0; stream < 20; stream++) await Eventually.TrueAsync(() => silos.Ledger.Of($"s{stream}").Count > 20, Soon);
        var silo = silos.Cluster.Silos[2];
        if (killed) await silos.Cluster.KillSiloAsync(silo);
        else await silos.Cluster.StopSiloAsync(silo);
        var after = Enumerable.Range(0, 20).Select(stream => silos.Ledger.Of($"s{stream}").Count).ToArray();
        for (var stream = 0; stream < 20; stream++) await Eventually.TrueAsync(() => silos.Ledger.Of($"s{stream}").Count > after[stream] + 20, Soon);
        await ending.CancelAsync();
        foreach (var (stream, acknowledged) in await Task.WhenAll(producing)) await AllTakenAsync(silos, stream, acknowledged);
    }

    [Fact]
    public async Task Log_Full_ProducersWaitAndGoOnOnceConsumersCatchUp()
    {
        var open = new TaskCompletionSource();
        await using var silos = await TestSilos.StartAsync(_redis.Endpoint, options: streams => (streams.Queues, streams.MaxEntries, streams.FullWait) = (1, 50, TimeSpan.FromMinutes(1)), expected: [Full]);
        silos.Ledger.Before = _ => open.Task;
        var appending = Task.WhenAll(Enumerable.Range(0, 20).Select(part => silos.AppendAsync("s", part * 10, 10)));
        await Eventually.EqualAsync(HealthStatus.Unhealthy, () => HealthOf(silos).Status, Soon);
        Assert.Contains("full", HealthOf(silos).Entries["streams-numbers"].Description, StringComparison.Ordinal);
        Assert.False(appending.IsCompleted);
        open.SetResult();
        await appending.WaitAsync(Soon, TestContext.Current.CancellationToken);
        await Eventually.TrueAsync(() => silos.Ledger.Of("s").Distinct().Count() == 200, Soon);
        await Eventually.EqualAsync(HealthStatus.Healthy, () => HealthOf(silos).Status, Soon);
    }

    [Fact]
    public async Task Log_FullForTooLong_ProducersAreToldSo()
    {
        var open = new TaskCompletionSource();
        await using var silos = await TestSilos.StartAsync(
            _redis.Endpoint, options: streams => (streams.Queues, streams.MaxEntries, streams.FullWait) = (1, 5, TimeSpan.FromMilliseconds(200)), expected: [Full]);
        silos.Ledger.Before = _ => open.Task;
        await silos.AppendAsync("s", 0, 5);
        var refused = await Assert.ThrowsAsync<StreamAppendException>(() => silos.AppendAsync("s", 5, 1));
        Assert.Contains("Queue 0 of the streams 'numbers' is full: 5 entries wait, 5 may.", refused.Message, StringComparison.Ordinal);
        Assert.False(refused.IsUnknown);
        open.SetResult();
        await silos.TakenAsync("s", 5);
    }

    [Fact]
    public async Task Redis_OutOfMemory_DeliveriesGoOnAndAppendsComeBackByThemselves()
    {
        await SetAsync("maxmemory", "4mb");
        var open = new TaskCompletionSource();
        await using var silos = await TestSilos.StartAsync(
            _redis.Endpoint, options: streams => (streams.Queues, streams.FullWait) = (1, TimeSpan.FromMilliseconds(200)), expected: [Full]);
        silos.Ledger.Before = _ => open.Task;
        var appended = 0;
        var refused = await Assert.ThrowsAsync<StreamAppendException>(async () =>
        {
            for (; appended < 10_000; appended++) await silos.Stream("s").OnNextAsync(new Number(appended, new byte[10_000]));
        });
        Assert.Contains("out of memory", refused.Message, StringComparison.Ordinal);
        Assert.Equal(HealthStatus.Unhealthy, HealthOf(silos).Status);
        open.SetResult();
        await silos.TakenAsync("s", appended, Soon); // delivering and deleting need no memory
        await Eventually.EqualAsync(HealthStatus.Healthy, () => HealthOf(silos).Status, Soon);
        await silos.AppendAsync("s", appended, 10);
        await silos.TakenAsync("s", appended + 10, Soon);
    }

    [Fact]
    public async Task Silo_StartsInFrontOfAFullRedis_ReadsItAndSoMakesRoom()
    {
        await SetAsync("maxmemory", "4mb");
        var ledger = new Ledger { Before = _ => Task.FromException(new InvalidOperationException("not yet")) };
        var appended = 0;
        await using (var before = await TestSilos.StartAsync(_redis.Endpoint, options: Impatient, ledger: ledger, expected: [Full]))
        {
            await Assert.ThrowsAsync<StreamAppendException>(async () =>
            {
                for (; appended < 10_000; appended++) await before.Stream("s").OnNextAsync(new Number(appended, new byte[10_000]));
            });
        }

        ledger.Before = _ => Task.CompletedTask;
        await using var silos = await TestSilos.StartAsync(_redis.Endpoint, options: Impatient, ledger: ledger);
        await silos.TakenAsync("s", appended, Soon);
        await Eventually.EqualAsync(HealthStatus.Healthy, () => HealthOf(silos).Status, Soon);

        static void Impatient(RedisStreamsOptions streams) => (streams.Queues, streams.FullWait) = (1, TimeSpan.FromMilliseconds(200));
    }

    [Fact]
    public async Task Redis_RefusesAppends_TheProducersHealthSaysSoUntilItTakesThemAgain()
    {
        await using var silos = await TestSilos.StartAsync(_redis.Endpoint);
        var health = silos.Cluster.Client.ServiceProvider.GetRequiredService<HealthCheckService>();
        await SetAsync("min-replicas-to-write", "1"); // there is none
        await Assert.ThrowsAsync<StreamAppendException>(() => silos.AppendAsync("s", 0, 1));
        var report = await health.CheckHealthAsync(TestContext.Current.CancellationToken);
        Assert.Contains("NOREPLICAS", report.Entries["streams-numbers"].Description, StringComparison.Ordinal);
        Assert.Equal(HealthStatus.Unhealthy, report.Status);

        await SetAsync("min-replicas-to-write", "0");
        await silos.AppendAsync("s", 0, 1);
        Assert.Equal(HealthStatus.Healthy, (await health.CheckHealthAsync(TestContext.Current.CancellationToken)).Status);
    }

    [Fact]
    public async Task Consumer_ThrowsForAWhile_ItsStreamWaitsAndOthersGoOn()
    {
        await using var silos = await TestSilos.StartAsync(_redis.Endpoint);
        var isBroken = true;
        silos.Ledger.Before = stream => isBroken && stream == "broken" ? throw new InvalidOperationException("storage is away") : Task.CompletedTask;
        await silos.AppendAsync("broken", 0, 50);
        for (var stream = 0; stream < 20; stream++) await silos.AppendAsync($"s{stream}", 0, 50);
        for (var stream = 0; stream < 20; stream++) await silos.TakenAsync($"s{stream}", 50);
        Assert.Empty(silos.Ledger.Of("broken"));
        isBroken = false;
        await silos.TakenAsync("broken", 50);
    }

    [Fact]
    public async Task Redis_AwayAtStart_SiloStartsAndTheStreamsComeWithIt()
    {
        await _redis.StopAsync();
        await using var silos = await TestSilos.StartAsync(_redis.Endpoint, options: streams => streams.CallTimeout = TimeSpan.FromMilliseconds(500), expected: [ConnectFailed, ReadFailed]);
        Assert.Equal(HealthStatus.Unhealthy, HealthOf(silos).Status);
        await Assert.ThrowsAsync<StreamAppendException>(() => silos.AppendAsync("s", 0, 1));
        await _redis.StartAsync(TestContext.Current.CancellationToken);
        await Eventually.EqualAsync(HealthStatus.Healthy, () => HealthOf(silos).Status, Soon);
        using var ending = new CancellationTokenSource();
        var producing = ProduceAsync(silos, "s", ending.Token);
        await Eventually.TrueAsync(() => silos.Ledger.Of("s").Count > 10, Soon);
        await ending.CancelAsync();
        var (stream, acknowledged) = await producing;
        await AllTakenAsync(silos, stream, acknowledged);
    }

    private static HealthReport HealthOf(TestSilos silos) =>
        silos.Cluster.Silos[0].ServiceProvider.GetRequiredService<HealthCheckService>().CheckHealthAsync(TestContext.Current.CancellationToken).GetAwaiter().GetResult();

    /// <summary>Appends 0, 1, 2 … one after the other until told to stop; what fails is appended again.</summary>
    private static async Task<(string Stream, int Acknowledged)> ProduceAsync(TestSilos silos, string stream, CancellationToken ending) =>
        (stream, await silos.ProduceAsync(stream, 0, int.MaxValue, 0, ending));

    private static async Task AllTakenAsync(TestSilos silos, string stream, int acknowledged)
    {
        Assert.True(acknowledged > 0);
        await Eventually.TrueAsync(() => silos.Ledger.DistinctOf(stream).Count >= acknowledged, Soon, () => $"{stream}: {silos.Ledger.DistinctOf(stream).Count} of {acknowledged}");
        Assert.Equal(TestSilos.Numbers(acknowledged), silos.Ledger.DistinctOf(stream));
    }

    private async Task SetAsync(string name, string value)
    {
        await using var client = await ConnectionMultiplexer.ConnectAsync(_redis.Endpoint + ",allowAdmin=true");
        await client.GetServers()[0].ConfigSetAsync(name, value);
    }
}
