using System.Linq;
using E2EEvents.Testing.Processes;
using E2EEvents.Testing.Servers;
using E2EEvents.Torture.Load;

namespace E2EEvents.Torture;

/// <summary>The region under torture, as an operator runs it, and its origin. Everything is a process of its own.</summary>
internal sealed class World : IAsyncDisposable
{
    public const string PublishKey = "torture-key-0123456789";

    private const int TopicsPerStream = 5;
    private static readonly string[] Streams = ["feed-a", "feed-b"];

    private World(TortureOptions options, Database database)
    {
        Store = Store.Of(database, Redis);
        for (var i = 0; i < TopicsPerStream * 2; i++) Fed.Add(i % 3 == 2 ? new Ledger($"newest-tally/t{i}", Delivery.Latest) : new Ledger($"tally/t{i}", Delivery.Every));
        for (var i = 0; i < 2; i++) Posted.Add(new Ledger($"tally/posted{i}", Delivery.Every));
        Seed = options.Seed;
    }

    public int Seed { get; }

    /// <summary>Where silos keep state and find each other.</summary>
    public Store Store { get; }

    /// <summary>The region's streams.</summary>
    public RedisServer Redis { get; } = new();

    /// <summary>The source of truth.</summary>
    public RedisServer OriginRedis { get; } = new();

    public List<ProductProcess> Silos { get; } = [];

    public List<ProductProcess> Gateways { get; } = [];

    public List<ProductProcess> Connectors { get; } = [];

    public List<Origin> Origins { get; } = [];

    /// <summary>Topics fed by connectors.</summary>
    public List<Ledger> Fed { get; } = [];

    /// <summary>Topics fed over HTTP.</summary>
    public List<Ledger> Posted { get; } = [];

    public IReadOnlyList<Ledger> Topics => [.. Fed, .. Posted];

    public IReadOnlyList<ProductProcess> Processes => [.. Silos, .. Gateways, .. Connectors];

    public IReadOnlyList<Uri> GatewayUris => Gateways.ConvertAll(gateway => gateway.PublicUri);

    public static async Task<World> StartAsync(TortureOptions options, Database database, CancellationToken cancellationToken)
    {
        var world = new World(options, database);
        try
        {
            await world.StartAsync(options, cancellationToken);
            return world;
        }
        catch
        {
            await world.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts what does not run; a silo that others had given up ends by itself.</summary>
    public async Task RepairAsync(CancellationToken cancellationToken)
    {
        foreach (var server in (RealServer[])[Redis, OriginRedis, Store.Server])
        {
            if (!server.IsRunning) await server.StartAsync(cancellationToken);
        }

        foreach (var process in Processes)
        {
            if (!process.IsRunning) await process.LaunchAsync();
        }
    }

    /// <summary>Waits until every process is ready; what ends meanwhile (a silo that was frozen learns that it was given up) is started again.</summary>
    public async Task ReadyAsync(TimeSpan deadline, CancellationToken cancellationToken)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (true)
        {
            await RepairAsync(cancellationToken);
            try
            {
                await Task.WhenAll(Processes.Select(process => process.ReadyAsync(cancellationToken, deadline)));
                return;
            }
            catch (InvalidOperationException e) when (TimeProvider.System.GetElapsedTime(started) < deadline)
            {
                Console.WriteLine(e.Message.Split('\n')[0] + " Starting it again.");
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in Processes) await process.DisposeAsync();
        foreach (var origin in Origins) await origin.DisposeAsync();
        await Redis.DisposeAsync();
        await OriginRedis.DisposeAsync();
        await Store.DisposeAsync();
    }

    private async Task StartAsync(TortureOptions options, CancellationToken cancellationToken)
    {
        await Task.WhenAll(Redis.StartAsync(cancellationToken), OriginRedis.StartAsync(cancellationToken));
        await Store.StartAsync(cancellationToken);
        var cluster = new Dictionary<string, string>(Store.Settings) { ["Cluster:Redis"] = Redis.Endpoint, ["Logging:LogLevel:Orleans"] = "Warning" };
        string[] silo = [typeof(World).Assembly.Location, "silo"];
        for (var i = 0; i < 2; i++)
        {
            Silos.Add(new ProductProcess("Silo", new Dictionary<string, string>(cluster) { ["Silo:Roles"] = "silo", ["Silo:AdvertisedAddress"] = "127.0.0.1" }, program: silo));
            Gateways.Add(new ProductProcess("EdgeGateway", new Dictionary<string, string>(cluster) { ["Gateway:PublishKeys:0"] = PublishKey, ["Gateway:DrainWindow"] = "00:00:02" }));
            Connectors.Add(new ProductProcess("Connectors", new Dictionary<string, string>([.. cluster, .. Reading(Streams[0]), .. Reading(Streams[1])])));
        }

        await Task.WhenAll(Silos.ConvertAll(process => process.StartAsync(cancellationToken)));
        await Task.WhenAll(Gateways.ConvertAll(process => process.StartAsync(cancellationToken)));
        await Task.WhenAll(Connectors.ConvertAll(process => process.StartAsync(cancellationToken)));
        for (var i = 0; i < Streams.Length; i++)
        {
            Origins.Add(new Origin(OriginRedis.Endpoint, Streams[i], Fed.GetRange(i * TopicsPerStream, TopicsPerStream), options.Rate / Streams.Length, poisonEvery: 500, new Random(options.Seed + i)));
        }
    }

    private Dictionary<string, string> Reading(string stream) => new()
    {
        [$"Connectors:{stream}:Type"] = "Redis",
        [$"Connectors:{stream}:Configuration"] = OriginRedis.Endpoint,
        [$"Connectors:{stream}:Streams:0"] = stream,
    };
}
