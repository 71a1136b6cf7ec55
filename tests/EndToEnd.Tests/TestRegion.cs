using System.Globalization;
using System.Text.Json;
using E2EEvents.Testing.Clients;
using E2EEvents.Testing.Processes;
using E2EEvents.Testing.Servers;
using StackExchange.Redis;

namespace E2EEvents.EndToEnd;

/// <summary>A region as an operator runs it: a real Redis, silos, gateways and connectors, each its own process.</summary>
internal sealed class TestRegion : IAsyncDisposable
{
    /// <summary>Redis stream that the connectors read.</summary>
    public const string Stream = "feed";

    private ConnectionMultiplexer? _redis;

    private TestRegion()
    {
    }

    public RedisServer Redis { get; } = new();

    public List<ProductProcess> Silos { get; } = [];

    public List<ProductProcess> Gateways { get; } = [];

    public ProductProcess Connectors { get; private set; } = null!;

    public Uri Gateway => Gateways[0].PublicUri;

    public IDatabase Database => _redis!.GetDatabase();

    /// <param name="cancellationToken">Ends the start.</param>
    /// <param name="silos">Silos of this repository's build.</param>
    /// <param name="gateways">Gateways.</param>
    /// <param name="gatewaySettings">Of the gateways.</param>
    /// <param name="root">Another copy of the repository, whose silo is started too.</param>
    public static async Task<TestRegion> StartAsync(CancellationToken cancellationToken, int silos = 1, int gateways = 1, Dictionary<string, string>? gatewaySettings = null, string? root = null)
    {
        var region = new TestRegion();
        try
        {
            await region.Redis.StartAsync(cancellationToken);
            region._redis = await ConnectionMultiplexer.ConnectAsync(region.Redis.Endpoint + ",abortConnect=false");
            if (root is not null) region.Silos.Add(region.NewSilo(root));
            for (var i = 0; i < silos; i++) region.Silos.Add(region.NewSilo());
            for (var i = 0; i < gateways; i++) region.Gateways.Add(new ProductProcess("EdgeGateway", region.With(gatewaySettings ?? [])));
            region.Connectors = new ProductProcess("Connectors", region.With(new()
            {
                ["Connectors:scores:Type"] = "Redis",
                ["Connectors:scores:Configuration"] = region.Redis.Endpoint,
                ["Connectors:scores:Streams:0"] = Stream,
            }));
            await Task.WhenAll(region.Silos.ConvertAll(silo => silo.StartAsync(cancellationToken)));
            await Task.WhenAll([.. region.Gateways.ConvertAll(gateway => gateway.StartAsync(cancellationToken)), region.Connectors.StartAsync(cancellationToken)]);
            return region;
        }
        catch
        {
            await region.DisposeAsync();
            throw;
        }
    }

    /// <summary>Adds an event to the stream that the connectors read, in their default form.</summary>
    public Task AddAsync(string topic, object e) => Database.StreamAddAsync(Stream, "data", Entry(topic, e));

    /// <summary>Adds many at once.</summary>
    public Task AddAllAsync(IEnumerable<(string Topic, object Event)> events)
    {
        var adding = new List<Task>();
        foreach (var (topic, e) in events) adding.Add(AddAsync(topic, e));
        return Task.WhenAll(adding);
    }

    public HttpTopicClient Http() => new(Gateway);

    public async ValueTask DisposeAsync()
    {
        foreach (var gateway in Gateways) await gateway.DisposeAsync();
        if (Connectors is not null) await Connectors.DisposeAsync();
        foreach (var silo in Silos) await silo.DisposeAsync();
        if (_redis is not null) await _redis.DisposeAsync();
        await Redis.DisposeAsync();
    }

    private static string Entry(string topic, object e)
    {
        // An event of a kind with several types is written as their common base, so that its "type" is written too.
        var type = e.GetType().BaseType is { IsAbstract: true } union ? union : e.GetType();
        return $$"""{"topic":"{{topic}}","event":{{JsonSerializer.Serialize(e, type, StateEncoder.EventOptions)}}}""";
    }

    private ProductProcess NewSilo(string? root = null) => new("Silo", With(new()
    {
        ["Silo:Roles"] = "silo",
        ["Silo:Storage"] = "Redis",
        ["Silo:SiloPort"] = FreePort.Next().ToString(CultureInfo.InvariantCulture),
        ["Silo:AdvertisedAddress"] = "127.0.0.1",
        ["Cluster:OrleansGatewayPort"] = FreePort.Next().ToString(CultureInfo.InvariantCulture),
    }), root);

    private Dictionary<string, string> With(Dictionary<string, string> settings) => new(settings)
    {
        ["Cluster:Clustering"] = "Redis",
        ["Cluster:Redis"] = Redis.Endpoint,
    };
}
