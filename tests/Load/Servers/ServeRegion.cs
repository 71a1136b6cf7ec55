using System.Globalization;
using E2EEvents.Testing.Processes;
using E2EEvents.Testing.Servers;

namespace E2EEvents.Load.Servers;

/// <summary>Role <c>up</c>: a region as an operator runs it, private to a run: Redis, one silo, one gateway and the connectors, each its own process, on free ports.</summary>
internal static class ServeRegion
{
    public static async Task<int> RunAsync(LoadOptions options)
    {
        await using var redis = new RedisServer { Persistence = options.SyncAlways ? RedisPersistence.Always : RedisPersistence.EverySecond };
        await redis.StartAsync(CancellationToken.None);
        await using var silo = new ProductProcess("Silo", Settings(redis, options, new()
        {
            ["Silo:Roles"] = "silo",
            ["Silo:SiloPort"] = FreePort.Next().ToString(CultureInfo.InvariantCulture),
            ["Silo:AdvertisedAddress"] = "127.0.0.1",
            ["Cluster:OrleansGatewayPort"] = FreePort.Next().ToString(CultureInfo.InvariantCulture),
        }));
        await using var gateway = new ProductProcess("EdgeGateway", Settings(redis, options, new()
        {
            ["Gateway:NewTopicsPerSecond"] = "1000000", // a crowd that joins at once is the point here
            ["Gateway:DrainWindow"] = "00:00:00",
        }));
        await using var connectors = new ProductProcess("Connectors", Settings(redis, options, new()
        {
            ["Connectors:load:Type"] = "Redis",
            ["Connectors:load:Configuration"] = redis.Endpoint,
            ["Connectors:load:Streams:0"] = options.Stream,
            ["Connectors:load:Map:0:Topic"] = "{topic}",
            ["Connectors:load:Map:0:Event"] = "event",
            ["Connectors:load:Map:0:Time"] = "due",
            ["Connectors:load:Map:0:TimeUnit"] = "Microseconds",
        }));
        await silo.StartAsync(CancellationToken.None);
        await Task.WhenAll(gateway.StartAsync(CancellationToken.None), connectors.StartAsync(CancellationToken.None));
        var processes = new Dictionary<string, int>
        {
            ["gateway"] = gateway.ProcessId,
            ["silo"] = silo.ProcessId,
            ["connectors"] = connectors.ProcessId,
            ["redis"] = redis.ProcessId,
        };
        await RoleHost.ServeAsync(new Ready(gateway.PublicUri.ToString().TrimEnd('/'), processes, redis.Endpoint), order => Task.FromResult<object>($"'{order}' is no order of this role"));
        return 0;
    }

    private static Dictionary<string, string> Settings(RedisServer redis, LoadOptions options, Dictionary<string, string> settings) => new(settings)
    {
        ["Cluster:Provider"] = "Redis",
        ["Cluster:Redis"] = redis.Endpoint,
        ["Cluster:Streams"] = options.Streams,
        ["Logging:LogLevel:Default"] = "Warning",
    };
}
