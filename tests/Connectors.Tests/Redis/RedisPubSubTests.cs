using E2EEvents.Connectors.Redis;
using E2EEvents.Testing.Logs;
using E2EEvents.Testing.Servers;
using StackExchange.Redis;

namespace E2EEvents.Connectors.Tests.Redis;

/// <summary>Against a real Redis.</summary>
public sealed class RedisPubSubTests(RedisServer server) : IClassFixture<RedisServer>
{
    private const int AtMostOnce = 2053;
    private const int ListeningAgain = 2054;
    private const int Overflow = 2055;

    [Fact]
    public async Task Read_ChannelsAndPatterns_GiveMessagesInOrderWithAnIdEach()
    {
        using var log = new LogCapture().Expect(AtMostOnce);
        await using var redis = await RedisReading.ClientAsync(server.Endpoint);
        await using var reading = await RedisReading.BeginAsync(Connector(log, options => (options.Channels, options.Patterns) = (["a"], ["goals.*"])));
        var ids = new HashSet<string>();
        for (var i = 0; i < 200; i++) await redis.GetSubscriber().PublishAsync(RedisChannel.Literal("goals.x"), $$"""{"n":{{i}}}""");
        for (var i = 0; i < 200; i++)
        {
            var record = await reading.NextAsync();
            Assert.Equal($$"""{"n":{{i}},"channel":"goals.x"}""", Records.Text(record.Data));
            Assert.Null(record.Ordinal);
            Assert.True(ids.Add(record.EventId!));
            Assert.True(record.OriginTime > 0);
        }

        await redis.GetSubscriber().PublishAsync(RedisChannel.Literal("a"), "no JSON");
        await reading.NextIsAsync("""{"channel":"a","data":"no JSON"}""");
        Assert.True(log.Has(AtMostOnce)); // said at the start
    }

    [Fact]
    public async Task Read_ConnectionLost_FailsAndSaysAtTheNextReadingWhatThatMeans()
    {
        using var log = new LogCapture().Expect(AtMostOnce).Expect(ListeningAgain);
        await using var own = new RedisServer { Persistence = RedisPersistence.None };
        await own.StartAsync(TestContext.Current.CancellationToken);
        var connector = Connector(log, options => (options.Configuration, options.Channels) = (own.Endpoint, ["a"]));
        await using (var reading = await RedisReading.BeginAsync(connector))
        {
            await own.KillAsync();
            await Assert.ThrowsAnyAsync<Exception>(() => reading.NextAsync());
            Assert.False(log.Has(ListeningAgain));
        }

        await own.StartAsync(TestContext.Current.CancellationToken);
        await using var again = await RedisReading.BeginAsync(connector, new ResumeToken("pubsub"));
        Assert.True(log.Has(ListeningAgain));
        await using var redis = await RedisReading.ClientAsync(own.Endpoint);
        await redis.GetSubscriber().PublishAsync(RedisChannel.Literal("a"), "{}");
        await again.NextIsAsync("""{"channel":"a"}""");
    }

    [Fact]
    public async Task Read_SlowRegion_DropsTheNewestAndCountsThem()
    {
        using var log = new LogCapture().Expect(AtMostOnce).Expect(Overflow);
        await using var redis = await RedisReading.ClientAsync(server.Endpoint);
        await using var reading = await RedisReading.BeginAsync(Connector(log, options => (options.Channels, options.PubSubQueue) = (["full"], 3)));
        for (var i = 0; i < 10; i++) await redis.GetSubscriber().PublishAsync(RedisChannel.Literal("full"), $$"""{"n":{{i}}}""");
        await log.SeesAsync(Overflow, TimeSpan.FromSeconds(10));
        var seen = await reading.NextAsync(3);
        Assert.Equal(["""{"n":0,"channel":"full"}""", """{"n":1,"channel":"full"}""", """{"n":2,"channel":"full"}"""], seen);
    }

    private IConnector Connector(LogCapture log, Action<RedisConnectorOptions> change)
    {
        var options = new RedisConnectorOptions { Type = "Redis", Configuration = server.Endpoint, Mode = RedisMode.PubSub };
        change(options);
        return RedisReading.Connector(options, log);
    }
}
