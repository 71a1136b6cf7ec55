using E2EEvents.Connectors.Redis;
using E2EEvents.Testing.Logs;
using E2EEvents.Testing.Servers;

namespace E2EEvents.Connectors.Tests.Redis;

/// <summary>Servers that are set up otherwise: with a password, speaking the older protocol, as a cluster.</summary>
public sealed class RedisServerTests
{
    private const string Password = "s3cret-w0rd";

    [Theory]
    [InlineData("protocol=resp2")]
    [InlineData("protocol=resp3")]
    public async Task Read_EitherProtocolWithPassword_GivesTheEntriesOfAllStreams(string protocol)
    {
        await using var server = await WithPasswordAsync();
        using var log = new LogCapture();
        await using var redis = await RedisReading.ClientAsync($"{server.Endpoint},password={Password}");
        await redis.GetDatabase().StreamAddAsync("a", "data", """{"n":1}""");
        await redis.GetDatabase().StreamAddAsync("b", "data", """{"n":2}""");
        var options = new RedisConnectorOptions { Type = "Redis", Configuration = $"{server.Endpoint},password={Password},{protocol}", Streams = ["a", "b"] };
        await using var reading = await RedisReading.BeginAsync(RedisReading.Connector(options, log));
        Assert.Equal(["""{"n":1}""", """{"n":2}"""], await reading.NextAsync(2));
        Assert.All(log.Lines, line => Assert.DoesNotContain(Password, line.ToString(), StringComparison.Ordinal));
    }

    [Fact]
    public async Task Read_WrongPassword_FailsWithoutShowingIt()
    {
        await using var server = await WithPasswordAsync();
        using var log = new LogCapture();
        var options = new RedisConnectorOptions { Type = "Redis", Configuration = $"{server.Endpoint},password=wr0ng-w0rd", Streams = ["a"] };
        var failure = await Assert.ThrowsAnyAsync<Exception>(() => RedisReading.BeginAsync(RedisReading.Connector(options, log)));
        Assert.DoesNotContain("wr0ng-w0rd", failure.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Read_ClusterWithStreamsInDifferentSlots_IsRefusedWithTheCure()
    {
        await using var server = new RedisServer { Persistence = RedisPersistence.None, Settings = ["--cluster-enabled", "yes", "--cluster-config-file", "nodes.conf"] };
        await server.StartAsync(TestContext.Current.CancellationToken);
        await using var redis = await RedisReading.ClientAsync($"{server.Endpoint},allowAdmin=true");
        await redis.GetServers()[0].ExecuteAsync("CLUSTER", "ADDSLOTSRANGE", "0", "16383");
        await Eventually.TrueAsync(
            async _ => ((string)(await redis.GetServers()[0].ExecuteAsync("CLUSTER", "INFO"))!).Contains("cluster_state:ok", StringComparison.Ordinal), TimeSpan.FromSeconds(10));

        using var log = new LogCapture();
        var scattered = new RedisConnectorOptions { Type = "Redis", Configuration = server.Endpoint, Streams = ["a", "b"] };
        var failure = await Assert.ThrowsAsync<InvalidOperationException>(() => RedisReading.BeginAsync(RedisReading.Connector(scattered, log)));
        Assert.Contains("{tag}", failure.Message, StringComparison.Ordinal);

        var together = new RedisConnectorOptions { Type = "Redis", Configuration = server.Endpoint, Streams = ["{x}a", "{x}b"] };
        await using var reading = await RedisReading.BeginAsync(RedisReading.Connector(together, log));
        await using var writer = await RedisReading.ClientAsync(server.Endpoint);
        await writer.GetDatabase().StreamAddAsync("{x}b", "data", """{"n":1}""");
        await reading.NextIsAsync("""{"n":1}""");
    }

    private static async Task<RedisServer> WithPasswordAsync()
    {
        var server = new RedisServer { Persistence = RedisPersistence.None };
        await server.StartAsync(TestContext.Current.CancellationToken);
        await using var redis = await RedisReading.ClientAsync($"{server.Endpoint},allowAdmin=true");
        await redis.GetServers()[0].ConfigSetAsync("requirepass", Password);
        return server;
    }
}
