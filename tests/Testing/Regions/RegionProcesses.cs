using E2EEvents.Testing.Processes;
using E2EEvents.Testing.Servers;

namespace E2EEvents.Testing.Regions;

/// <summary>A region as an operator runs it: a real Redis, a real database if it stands on one, silos, gateways and connectors, each its own process. Ports are known from the beginning.</summary>
public sealed class RegionProcesses : IAsyncDisposable
{
    /// <summary>Redis stream that connectors of <see cref="ReadingRedis"/> read.</summary>
    public const string Stream = "feed";

    /// <summary>Prepares a region; nothing runs yet.</summary>
    public RegionProcesses(RegionPlan plan)
    {
        Plan = plan;
        Redis = plan.Network is { } network
            ? new RedisServer { Settings = ["--bind", "127.0.0.1", network.HostAddress, "--protected-mode", "no"] }
            : new RedisServer();
        Database = plan.Provider switch
        {
            RegionProvider.PostgreSql => new PostgresServer { Durable = true },
            RegionProvider.MySql => new MariaDbServer { Durable = true },
            _ => null,
        };
        if (plan.OtherRoot is not null) Silos.Add(NewSilo(plan.OtherRoot));
        for (var i = 0; i < plan.Silos; i++) Silos.Add(NewSilo());
        for (var i = 0; i < plan.Gateways; i++) Gateways.Add(new ProductProcess("EdgeGateway", With(plan.GatewaySettings), network: plan.Network));
        if (plan.HasConnectors) Connectors = new ProductProcess("Connectors", With(plan.ConnectorSettings), network: plan.Network);
    }

    /// <summary>What it was made from.</summary>
    public RegionPlan Plan { get; }

    /// <summary>Its name.</summary>
    public string Name => Plan.Name;

    /// <summary>The region's own Redis: streams; without a database also membership and storage.</summary>
    public RedisServer Redis { get; }

    /// <summary>The region's own database: membership and storage. Its commits are on disk. Null = it stands on Redis.</summary>
    public DatabaseServer? Database { get; }

    /// <summary>Silos.</summary>
    public List<ProductProcess> Silos { get; } = [];

    /// <summary>Gateways.</summary>
    public List<ProductProcess> Gateways { get; } = [];

    /// <summary>The connector process, if it has one.</summary>
    public ProductProcess? Connectors { get; }

    /// <summary>Where its clients connect: the first gateway.</summary>
    public Uri Gateway => Gateways[0].PublicUri;

    /// <summary>All processes of ours.</summary>
    public IEnumerable<ProductProcess> All => [.. Silos, .. Gateways, .. Connectors is null ? Array.Empty<ProductProcess>() : [Connectors]];

    /// <summary>Settings of a connector that reads <see cref="Stream"/> of a Redis.</summary>
    public static Dictionary<string, string> ReadingRedis(string endpoint) => new()
    {
        ["Connectors:scores:Type"] = "Redis",
        ["Connectors:scores:Configuration"] = endpoint,
        ["Connectors:scores:Streams:0"] = Stream,
    };

    /// <summary>Starts those of its servers that do not run, and tells all processes where they are.</summary>
    public async Task StartServersAsync(CancellationToken cancellationToken)
    {
        if (!Redis.IsRunning) await Redis.StartAsync(cancellationToken);
        if (Database is { IsRunning: false }) await Database.StartAsync(cancellationToken);
        foreach (var process in All)
        {
            process.Settings["Cluster:Redis"] = $"{Plan.Network?.HostAddress ?? "127.0.0.1"}:{Redis.Port}";
            if (Database is not null) process.Settings.TryAdd("Cluster:Sql", Database.ConnectionString);
        }
    }

    /// <summary>Starts what does not run: servers, then silos, then gateways and connectors, and waits until each is ready.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await StartServersAsync(cancellationToken);
        await Task.WhenAll(Silos.ConvertAll(silo => StartAsync(silo, cancellationToken)));
        await Task.WhenAll([.. Gateways.ConvertAll(gateway => StartAsync(gateway, cancellationToken)), Connectors is null ? Task.CompletedTask : StartAsync(Connectors, cancellationToken)]);
    }

    /// <summary>Kills all of it as a power failure would (SIGKILL), its servers too.</summary>
    public async Task KillAsync()
    {
        foreach (var process in All)
        {
            if (process.IsRunning) await process.KillAsync();
        }

        await Redis.KillAsync();
        if (Database is not null) await Database.KillAsync();
    }

    /// <summary>Kills it and deletes its data.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var gateway in Gateways) await gateway.DisposeAsync();
        if (Connectors is not null) await Connectors.DisposeAsync();
        foreach (var silo in Silos) await silo.DisposeAsync();
        await Redis.DisposeAsync();
        if (Database is not null) await Database.DisposeAsync();
    }

    private static Task StartAsync(ProductProcess process, CancellationToken cancellationToken) => process.IsRunning ? Task.CompletedTask : process.StartAsync(cancellationToken);

    private ProductProcess NewSilo(string? root = null) => new("Silo", With(Plan.SiloSettings, new()
    {
        ["Silo:Roles"] = "silo",
        ["Silo:AdvertisedAddress"] = "127.0.0.1",
    }), root, Plan.Network);

    private Dictionary<string, string> With(IReadOnlyDictionary<string, string> settings, Dictionary<string, string>? more = null)
    {
        var all = new Dictionary<string, string>(more ?? []) { ["Cluster:Provider"] = Plan.Provider.ToString() };
        foreach (var (key, value) in Plan.Settings) all[key] = value;
        foreach (var (key, value) in settings) all[key] = value;
        return all;
    }
}
