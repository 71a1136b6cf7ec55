using E2EEvents.Testing.Faults;

namespace E2EEvents.Testing.Regions;

/// <summary>What a region consists of. Settings are configuration keys as in appsettings (<c>Cluster:Redis</c>).</summary>
/// <param name="Name">Name of the region and of its cluster.</param>
public sealed record RegionPlan(string Name)
{
    /// <summary>What the region stands on. Default: Redis.</summary>
    public RegionProvider Provider { get; init; } = RegionProvider.Redis;

    /// <summary>Silos.</summary>
    public int Silos { get; init; } = 1;

    /// <summary>Gateways.</summary>
    public int Gateways { get; init; } = 1;

    /// <summary>Region that it follows; null = every home directly.</summary>
    public string? Upstream { get; init; }

    /// <summary>True if it has a connector process.</summary>
    public bool HasConnectors { get; init; }

    /// <summary>Of the connector process, beside the cluster's.</summary>
    public IReadOnlyDictionary<string, string> ConnectorSettings { get; init; } = new Dictionary<string, string>();

    /// <summary>Of the gateways.</summary>
    public IReadOnlyDictionary<string, string> GatewaySettings { get; init; } = new Dictionary<string, string>();

    /// <summary>Of the silos.</summary>
    public IReadOnlyDictionary<string, string> SiloSettings { get; init; } = new Dictionary<string, string>();

    /// <summary>Of all processes.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();

    /// <summary>Another copy of the repository, whose silo is started too, before the others.</summary>
    public string? OtherRoot { get; init; }

    /// <summary>Network namespace that its processes run in; Redis stays outside (a database would not be reached). Default: the tests' own.</summary>
    public NetworkNamespace? Network { get; init; }
}

/// <summary>Where a region's processes find each other and its silos keep state; the values of <c>Cluster:Provider</c>.</summary>
public enum RegionProvider
{
    /// <summary>A Redis, the one that every region has.</summary>
    Redis,

    /// <summary>A PostgreSQL of the region's own, beside its Redis.</summary>
    PostgreSql,

    /// <summary>A MariaDB of the region's own, beside its Redis.</summary>
    MySql,
}
