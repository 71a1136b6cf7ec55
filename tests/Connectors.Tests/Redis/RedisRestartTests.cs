using System.Globalization;
using System.Linq;
using E2EEvents.Connectors.Redis;
using E2EEvents.Connectors.Tests.Ingest;
using E2EEvents.Testing.Faults;
using E2EEvents.Testing.Logs;
using E2EEvents.Testing.Servers;
using StackExchange.Redis;

namespace E2EEvents.Connectors.Tests.Redis;

/// <summary>Host and Redis connector together, while Redis or the host go down.</summary>
public sealed class RedisRestartTests
{
    private const int Reconnecting = 2001;
    private const string Stream = "scores";
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Host_RedisKilledUnderReading_ReconnectsAndAppliesEveryEntryOnce()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        await using var server = new RedisServer();
        await server.StartAsync(cancellationToken);
        using var log = new LogCapture();
        await using var run = new HostHarness { Log = log, Real = RedisReading.Connector(Options(server), log) };
        log.Expect(Reconnecting);
        await run.StartAsync();

        await using var redis = await RedisReading.ClientAsync(server.Endpoint);
        var written = 0;
        var writing = Task.Run(async () =>
        {
            // An entry whose answer is lost is written again: the stream may hold it twice, and is what counts.
            while (Volatile.Read(ref written) < 1_500)
            {
                try
                {
                    await redis.GetDatabase().StreamAddAsync(Stream, [new("topic", $"match/{written % 5}"), new("event", $$"""{"n":{{written}}}""")]);
                    Interlocked.Increment(ref written);
                }
                catch (Exception e) when (e is RedisException or TimeoutException)
                {
                    await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, cancellationToken);
                }
            }
        }, cancellationToken);
        for (var kill = 1; kill <= 2; kill++)
        {
            var some = kill * 400;
            await Eventually.TrueAsync(() => Volatile.Read(ref written) >= some, Limit, () => written);
            await server.KillAsync();
            await server.StartAsync(cancellationToken);
        }

        await writing.WaitAsync(Limit, cancellationToken);
        await AssertAppliedAsync(redis, run.Region);
        Assert.True(log.Has(Reconnecting));
    }

    [Fact]
    public async Task Host_Restarted_AppliesEveryEntryOnce()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        await using var server = new RedisServer { Persistence = RedisPersistence.None };
        await server.StartAsync(cancellationToken);
        await using var redis = await RedisReading.ClientAsync(server.Endpoint);
        var region = new FakeRegion();
        for (var restart = 0; restart < 5; restart++)
        {
            var adding = new List<Task>();
            for (var i = 0; i < 300; i++) adding.Add(redis.GetDatabase().StreamAddAsync(Stream, [new("topic", $"match/{i % 5}"), new("event", $$"""{"n":{{i}}}""")]));
            await Task.WhenAll(adding);
            using var log = new LogCapture();
            await using var run = new HostHarness { Log = log, Region = region, Real = RedisReading.Connector(Options(server), log) };
            log.Expect(2012);
            run.Options.DrainTimeout = TimeSpan.Zero; // as if killed: what is in flight is left
            await run.StartAsync();
            var wanted = (restart * 300) + 150;
            await Eventually.TrueAsync(() => region.AppliedEvents > wanted, Limit, () => region.AppliedEvents);
            if (restart == 4) await AssertAppliedAsync(redis, region);
            await run.StopAsync();
        }

        var containers = region.Containers.Sum(container => container.Events);
        Assert.InRange(containers, 1_500, 2_000); // the checkpoint was of use
    }

    [Fact]
    public async Task Host_NetworkDiesSilently_IsNoticedAndNothingIsMissed()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        await using var server = new RedisServer { Persistence = RedisPersistence.None };
        await server.StartAsync(cancellationToken);
        await using var redis = await RedisReading.ClientAsync(server.Endpoint);
        await using var proxy = new FaultProxy(server.Port);
        using var log = new LogCapture().Expect(Reconnecting);
        var options = Options(server);
        options.Configuration = $"127.0.0.1:{proxy.Port},connectTimeout=1000,connectRetry=1";
        await using var run = new HostHarness { Log = log, Real = RedisReading.Connector(options, log) };
        await run.StartAsync();
        await AddAsync(1);
        await Eventually.EqualAsync(1, () => run.Region.AppliedEvents, Limit);

        proxy.Stall(); // no reset, no end: only silence
        await AddAsync(2);
        await log.SeesAsync(Reconnecting, Limit); // a read that should have been answered after 1 s was not within 6 s
        Assert.False(run.Status.Ready);
        proxy.Flow();
        await AssertAppliedAsync(redis, run.Region);
        Assert.Equal(2, run.Region.AppliedEvents);

        Task AddAsync(int number) => redis.GetDatabase().StreamAddAsync(Stream, [new("topic", "match/a"), new("event", $$"""{"n":{{number}}}""")]);
    }

    private static RedisConnectorOptions Options(RedisServer server) => new() { Type = "Redis", Configuration = server.Endpoint, Streams = [Stream] };

    // Each topic has applied exactly its entries, in the stream's order.
    private static async Task AssertAppliedAsync(ConnectionMultiplexer redis, FakeRegion region)
    {
        var entries = await redis.GetDatabase().StreamRangeAsync(Stream);
        await Eventually.TrueAsync(() => region.AppliedEvents >= entries.Length, Limit, () => $"{region.AppliedEvents} of {entries.Length}");
        foreach (var topic in entries.GroupBy(entry => (string)entry["topic"]!))
        {
            Assert.Equal(topic.Select(entry => (string)entry["event"]!), region.Applied(topic.Key).Select(e => Records.Text(e.Data)));
        }

        Assert.Equal(entries.Length.ToString(CultureInfo.InvariantCulture), region.AppliedEvents.ToString(CultureInfo.InvariantCulture));
    }
}
