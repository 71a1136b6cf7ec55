using System.Globalization;
using E2EEvents.Testing.Certificates;
using E2EEvents.Testing.Processes;
using E2EEvents.Testing.Servers;

namespace E2EEvents.Testing.Regions;

/// <summary>
/// Several regions that follow each other over real links with certificates, each link through a fault proxy of its own; and an origin, a Redis
/// of its own, which outlives any region. The first region is home of every kind.
/// </summary>
public sealed class TestWorld : IAsyncDisposable
{
    private readonly Dictionary<string, RegionProcesses> _regions = [];
    private readonly Dictionary<string, int[]> _linkPorts = [];
    private readonly Dictionary<(string From, string To), WorldLink> _links = [];
    private readonly RegionPlan[] _plans;

    /// <summary>Prepares a world; nothing runs yet.</summary>
    public TestWorld(params RegionPlan[] plans)
    {
        _plans = plans;
        foreach (var plan in plans)
        {
            _regions.Add(plan.Name, new RegionProcesses(plan));
            var ports = new int[plan.Gateways];
            for (var i = 0; i < ports.Length; i++) ports[i] = FreePort.Next();
            _linkPorts.Add(plan.Name, ports);
        }

        foreach (var from in plans)
        {
            foreach (var to in plans)
            {
                if (from != to && from.Network is null) _links.Add((from.Name, to.Name), new WorldLink(_linkPorts[to.Name]));
            }
        }
    }

    /// <summary>Redis that connectors read (<see cref="RegionProcesses.Stream"/>).</summary>
    public RedisServer Origin { get; } = new();

    /// <summary>Certificates of all regions, from one authority.</summary>
    public TestCertificates Certificates { get; } = new();

    /// <summary>The home region.</summary>
    public RegionProcesses Home => _regions[_plans[0].Name];

    /// <summary>All regions, home first.</summary>
    public IReadOnlyCollection<RegionProcesses> Regions => _regions.Values;

    /// <summary>A region.</summary>
    public RegionProcesses this[string region] => _regions[region];

    /// <summary>Starts a world as planned.</summary>
    public static async Task<TestWorld> StartAsync(CancellationToken cancellationToken, params RegionPlan[] plans)
    {
        var world = new TestWorld(plans);
        try
        {
            await world.StartOriginAsync(cancellationToken);
            await world.Home.StartAsync(cancellationToken);
            foreach (var region in world.Regions) await region.StartAsync(cancellationToken);
            return world;
        }
        catch
        {
            await world.DisposeAsync();
            throw;
        }
    }

    /// <summary>Home and edges that follow it; gateways and silos one each; connectors at home.</summary>
    public static RegionPlan[] Star(params string[] names) =>
        Array.ConvertAll(names, name => new RegionPlan(name) { HasConnectors = name == names[0], Upstream = name == names[0] ? null : names[0] });

    /// <summary>Each region follows the one before it; the first is home.</summary>
    public static RegionPlan[] Chain(params string[] names)
    {
        var plans = Star(names);
        for (var i = 1; i < plans.Length; i++) plans[i] = plans[i] with { Upstream = names[i - 1] };
        return plans;
    }

    /// <summary>The way on which <paramref name="from"/> dials <paramref name="to"/>. Regions in a network namespace have none: cut their cable.</summary>
    public WorldLink Link(string from, string to) => _links[(from, to)];

    /// <summary>Port on which a gateway of a region takes links, without a proxy.</summary>
    public int LinkPort(string region, int gateway = 0) => _linkPorts[region][gateway];

    /// <summary>Starts the origin and tells every region about all others. Then regions may start in any order.</summary>
    public async Task StartOriginAsync(CancellationToken cancellationToken)
    {
        await Origin.StartAsync(cancellationToken);
        foreach (var plan in _plans) Configure(_regions[plan.Name]);
    }

    /// <summary>Kills everything and deletes it.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var region in Regions) await region.DisposeAsync();
        foreach (var link in _links.Values) await link.DisposeAsync();
        await Origin.DisposeAsync();
        Certificates.Dispose();
    }

    private void Configure(RegionProcesses region)
    {
        var name = region.Name;
        foreach (var process in region.All)
        {
            foreach (var (key, value) in SettingsOf(region)) process.Settings.TryAdd(key, value);
        }

        for (var i = 0; i < region.Gateways.Count; i++)
        {
            region.Gateways[i].Settings.TryAdd("Link:Urls", $"https://{LinkHost(region.Plan)}:{_linkPorts[name][i].ToString(CultureInfo.InvariantCulture)}");
        }

        if (region.Connectors is null) return;
        foreach (var (key, value) in RegionProcesses.ReadingRedis(Origin.Endpoint)) region.Connectors.Settings.TryAdd(key, value);
    }

    private Dictionary<string, string> SettingsOf(RegionProcesses region)
    {
        var name = region.Name;
        var settings = new Dictionary<string, string>
        {
            ["Cluster:ClusterId"] = name,
            ["Topics:DurableStorage"] = "true",
            ["Regions:Name"] = name,
            ["Regions:DefaultHome"] = Home.Name,
        };
        foreach (var (key, value) in Certificates.SettingsOf(name)) settings[key] = value;
        foreach (var other in _plans)
        {
            var key = "Regions:All:" + other.Name + ":";
            settings[key + "PublicUrl"] = _regions[other.Name].Gateway.ToString().TrimEnd('/');
            if (other.Upstream is { } upstream) settings[key + "Upstream"] = upstream;
            settings[key + "Links"] = _links.TryGetValue((name, other.Name), out var link) ? link.Addresses : DirectAddressOf(other, region.Plan);
        }

        return settings;
    }

    private string DirectAddressOf(RegionPlan of, RegionPlan seenFrom) =>
        $"{seenFrom.Network?.WanHostAddress ?? LinkHost(of)}:{_linkPorts[of.Name][0].ToString(CultureInfo.InvariantCulture)}";

    /// <summary>Where a region's gateways take links: at an address that regions in namespaces reach, if there are any.</summary>
    private string LinkHost(RegionPlan plan)
    {
        if (plan.Network is { } own) return own.Address;
        foreach (var other in _plans)
        {
            if (other.Network is { } network) return network.WanHostAddress;
        }

        return "127.0.0.1";
    }
}
