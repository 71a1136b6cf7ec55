using E2EEvents.Testing.Processes;
using E2EEvents.Testing.Servers;
using StackExchange.Redis;

namespace E2EEvents.Torture.Faults;

/// <summary>Something that is broken and mended again.</summary>
/// <param name="Name">In reports.</param>
/// <param name="Target">What it breaks; one fault at a time per target.</param>
/// <param name="IsKill">True if it is a <c>kill -9</c>.</param>
/// <param name="Longest">Longest time between the two.</param>
/// <param name="BreakAsync">Breaks it.</param>
/// <param name="MendAsync">Mends it.</param>
internal sealed record Fault(string Name, string Target, bool IsKill, TimeSpan Longest, Func<Task> BreakAsync, Func<CancellationToken, Task> MendAsync)
{
    private static readonly TimeSpan Short = TimeSpan.FromSeconds(6);
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(12);

    /// <summary>All that can be broken. Some are there twice because they matter more.</summary>
    public static List<Fault> AllOf(World world)
    {
        var all = new List<Fault>();
        foreach (var silo in world.Silos) all.AddRange([Kill(silo, "silo", Short), Kill(silo, "silo", Short), Stop(silo, "silo"), Freeze(silo, "silo")]);
        foreach (var gateway in world.Gateways) all.AddRange([Kill(gateway, "gateway", Short), Stop(gateway, "gateway"), Freeze(gateway, "gateway")]);
        foreach (var connectors in world.Connectors) all.AddRange([Kill(connectors, "connectors", Long), Kill(connectors, "connectors", Short), Stop(connectors, "connectors"), Freeze(connectors, "connectors")]);
        all.AddRange(Server(world.Redis, "redis"));
        if (world.Store.Server != world.Redis) all.AddRange(Server(world.Store.Server, "database"));
        all.AddRange(Server(world.OriginRedis, "origin"));
        all.Add(new Fault("database read-only", world.Store.Server == world.Redis ? "redis" : "database", false, Short, () => world.Store.SetReadOnlyAsync(true, Deadline()), _ => world.Store.SetReadOnlyAsync(false, Deadline())));
        all.Add(new Fault("redis full", "redis", false, Short, () => SetMaxMemoryAsync(world.Redis, "1mb"), _ => SetMaxMemoryAsync(world.Redis, "0")));
        return all;
    }

    private static Fault Kill(ProductProcess process, string name, TimeSpan longest) => new($"{name} killed", process.Name, true, longest, process.KillAsync, _ => StartAsync(process));

    private static Fault Stop(ProductProcess process, string name) => new($"{name} stopped", process.Name, false, Short, () => process.StopAsync(TimeSpan.FromSeconds(60)), _ => StartAsync(process));

    private static Fault Freeze(ProductProcess process, string name) => new(
        $"{name} frozen", process.Name, false, Long, () => Done(process.Freeze), async _ =>
        {
            process.Thaw();
            await StartAsync(process); // a silo that the others have given up ends by itself
        });

    private static List<Fault> Server(RealServer server, string name) =>
    [
        new($"{name} killed", name, true, Short, server.KillAsync, server.StartAsync),
        new($"{name} restarted", name, false, Short, server.StopAsync, server.StartAsync),
        new($"{name} frozen", name, false, Long, () => Done(server.Freeze), _ => Done(server.Thaw)),
    ];

    private static Task StartAsync(ProductProcess process) => process.IsRunning ? Task.CompletedTask : process.LaunchAsync();

    private static Task Done(Action action)
    {
        action();
        return Task.CompletedTask;
    }

    private static async Task SetMaxMemoryAsync(RedisServer redis, string bytes)
    {
        await using var connection = await ConnectionMultiplexer.ConnectAsync($"{redis.Endpoint},allowAdmin=true");
        await connection.GetServers()[0].ConfigSetAsync("maxmemory", bytes);
    }

    private static CancellationToken Deadline() => new CancellationTokenSource(TimeSpan.FromSeconds(20), TimeProvider.System).Token;
}
