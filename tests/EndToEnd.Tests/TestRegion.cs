using E2EEvents.Testing.Clients;
using E2EEvents.Testing.Processes;
using E2EEvents.Testing.Regions;
using E2EEvents.Testing.Servers;
using StackExchange.Redis;

namespace E2EEvents.EndToEnd;

/// <summary>One region alone, whose connectors read its own Redis.</summary>
internal sealed class TestRegion : IAsyncDisposable
{
    /// <summary>Redis stream that the connectors read.</summary>
    public const string Stream = RegionProcesses.Stream;

    private readonly RegionProcesses _region;
    private OriginWriter? _origin;

    private TestRegion(RegionProcesses region) => _region = region;

    public RedisServer Redis => _region.Redis;

    /// <summary>Its database; only with a provider of SQL.</summary>
    public DatabaseServer Sql => _region.Database!;

    public List<ProductProcess> Silos => _region.Silos;

    public List<ProductProcess> Gateways => _region.Gateways;

    public ProductProcess Connectors => _region.Connectors!;

    public Uri Gateway => _region.Gateway;

    public IDatabase Database => _origin!.Database;

    /// <param name="cancellationToken">Ends the start.</param>
    /// <param name="silos">Silos of this repository's build.</param>
    /// <param name="gateways">Gateways.</param>
    /// <param name="gatewaySettings">Of the gateways.</param>
    /// <param name="root">Another copy of the repository, whose silo is started too.</param>
    /// <param name="provider">What it stands on.</param>
    /// <param name="siloSettings">Of the silos.</param>
    /// <param name="siloLater">True: the last silo is not started yet.</param>
    /// <param name="configure">Is handed the region when its servers run and before its processes start.</param>
    public static async Task<TestRegion> StartAsync(
        CancellationToken cancellationToken, int silos = 1, int gateways = 1, Dictionary<string, string>? gatewaySettings = null, string? root = null,
        RegionProvider provider = RegionProvider.Redis, Dictionary<string, string>? siloSettings = null, bool siloLater = false, Func<RegionProcesses, Task>? configure = null)
    {
        var region = new TestRegion(new RegionProcesses(new RegionPlan("e2e")
        {
            Provider = provider,
            SiloSettings = siloSettings ?? [],
            Silos = silos,
            Gateways = gateways,
            GatewaySettings = gatewaySettings ?? [],
            OtherRoot = root,
            HasConnectors = true,
        }));
        try
        {
            await region._region.StartServersAsync(cancellationToken);
            region._origin = await OriginWriter.ConnectAsync(region.Redis);
            foreach (var (key, value) in RegionProcesses.ReadingRedis(region.Redis.Endpoint)) region.Connectors.Settings[key] = value;
            if (configure is not null) await configure(region._region);
            if (siloLater) await region.Silos[0].StartAsync(cancellationToken);
            else await region._region.StartAsync(cancellationToken);
            if (siloLater) await Task.WhenAll([region.Connectors.StartAsync(cancellationToken), .. region.Gateways.ConvertAll(gateway => gateway.StartAsync(cancellationToken))]);
            return region;
        }
        catch
        {
            await region.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts what does not run.</summary>
    public Task StartAsync(CancellationToken cancellationToken) => _region.StartAsync(cancellationToken);

    /// <summary>Adds an event to the stream that the connectors read, in their default form.</summary>
    public Task AddAsync(string topic, object e) => _origin!.AddAsync(topic, e);

    /// <summary>Adds many at once.</summary>
    public Task AddAllAsync(IEnumerable<(string Topic, object Event)> events) => _origin!.AddAllAsync(events);

    public HttpTopicClient Http() => new(Gateway);

    public async ValueTask DisposeAsync()
    {
        if (_origin is not null) await _origin.DisposeAsync();
        await _region.DisposeAsync();
    }
}
