using System.Globalization;
using System.Text.Json;
using E2EEvents.Load.Sources;
using E2EEvents.Testing.Certificates;
using E2EEvents.Testing.Faults;
using E2EEvents.Testing.Processes;
using E2EEvents.Testing.Regions;

namespace E2EEvents.Load.Servers;

/// <summary>
/// Role <c>up-regions</c>: a home and an edge region that follows it over a real link, through a proxy that makes the distance. The edge is a whole region.
/// Home is either whole too (<c>--server region</c>), or a gateway with a source inside (<c>--server gateway</c>) for exact rates.
/// Orders: <c>bytes</c>, <c>stall</c>, <c>flow</c>; with a source inside also <c>start</c> and <c>stop</c>.
/// </summary>
internal sealed class ServeRegions(LoadOptions options) : IAsyncDisposable
{
    private const string Home = FakeRegion.Name;
    private const string Edge = "edge";

    private readonly TestCertificates _certificates = new(Home, Edge);
    private readonly int _linkPort = FreePort.Next();
    private RegionProcesses? _home;
    private RoleProcess? _source;
    private RegionProcesses? _edge;
    private FaultProxy? _link;

    public static async Task<int> RunAsync(LoadOptions options)
    {
        await using var regions = new ServeRegions(options);
        var ready = await regions.StartAsync();
        await RoleHost.ServeAsync(ready, regions.ObeyAsync);
        return 0;
    }

    public async ValueTask DisposeAsync()
    {
        if (_edge is not null) await _edge.DisposeAsync();
        if (_source is not null) await _source.DisposeAsync();
        if (_home is not null) await _home.DisposeAsync();
        if (_link is not null) await _link.DisposeAsync();
        _certificates.Dispose();
    }

    private async Task<RegionsReady> StartAsync()
    {
        _link = new FaultProxy(_linkPort) { Delay = options.Distance, BufferBytes = 1 << 20 }; // a second's bytes are on their way
        var processes = new Dictionary<string, int>();
        var url = options.Server == "region" ? await StartHomeAsync(processes) : await StartSourceAsync(processes);
        _edge = new RegionProcesses(new RegionPlan(Edge) { Settings = SettingsOf(Edge), GatewaySettings = GatewaySettings });
        await _edge.StartAsync(CancellationToken.None);
        processes["edge silo"] = _edge.Silos[0].ProcessId;
        processes["edge gateway"] = _edge.Gateways[0].ProcessId;
        return new RegionsReady(url, _edge.Gateway.ToString().TrimEnd('/'), processes, _home?.Redis.Endpoint);
    }

    private static Dictionary<string, string> GatewaySettings => new()
    {
        ["Gateway:NewTopicsPerSecond"] = "1000000", // a crowd that joins at once is the point here
        ["Gateway:DrainWindow"] = "00:00:00",
    };

    private async Task<string> StartHomeAsync(Dictionary<string, int> processes)
    {
        _home = new RegionProcesses(new RegionPlan(Home)
        {
            Settings = SettingsOf(Home),
            GatewaySettings = new Dictionary<string, string>(GatewaySettings) { ["Link:Urls"] = LinkUrl },
            HasConnectors = true,
            ConnectorSettings = new Dictionary<string, string>
            {
                ["Connectors:load:Type"] = "Redis",
                ["Connectors:load:Streams:0"] = options.Stream,
                ["Connectors:load:Map:0:Topic"] = "{topic}",
                ["Connectors:load:Map:0:Event"] = "event",
                ["Connectors:load:Map:0:Time"] = "due",
                ["Connectors:load:Map:0:TimeUnit"] = "Microseconds",
            },
        });
        await _home.StartServersAsync(CancellationToken.None);
        _home.Connectors!.Settings["Connectors:load:Configuration"] = _home.Redis.Endpoint;
        await _home.StartAsync(CancellationToken.None);
        processes["connectors"] = _home.Connectors.ProcessId;
        processes["home silo"] = _home.Silos[0].ProcessId;
        processes["home gateway"] = _home.Gateways[0].ProcessId;
        return _home.Gateway.ToString().TrimEnd('/');
    }

    private async Task<string> StartSourceAsync(Dictionary<string, int> processes)
    {
        string[] arguments = ["serve-gateway", .. options.SourceWords, "--kind", options.Kind];
        var (source, ready) = await RoleProcess.StartAsync(arguments, null, CancellationToken.None, new Dictionary<string, string>(SettingsOf(Home)) { ["Link:Urls"] = LinkUrl });
        _source = source;
        var gateway = ready.Deserialize<Ready>(JsonSerializerOptions.Web)!;
        processes["home gateway"] = gateway.Processes["gateway"];
        return gateway.Url;
    }

    private string LinkUrl => $"https://127.0.0.1:{_linkPort.ToString(CultureInfo.InvariantCulture)}";

    private Dictionary<string, string> SettingsOf(string region)
    {
        var settings = new Dictionary<string, string>(_certificates.SettingsOf(region))
        {
            ["Cluster:ClusterId"] = region,
            ["Regions:Name"] = region,
            ["Regions:DefaultHome"] = Home,
            ["Regions:All:home:Links"] = $"127.0.0.1:{_link!.Port.ToString(CultureInfo.InvariantCulture)}",
            ["Regions:All:edge:Upstream"] = Home,
            ["Logging:LogLevel:Default"] = "Warning",
        };
        return settings;
    }

    private async Task<object> ObeyAsync(string order)
    {
        switch (order)
        {
            case "bytes":
                return new LinkBytes(_link!.BytesToClient, _link.BytesToServer, _link.Accepted);
            case "stall":
                if (options.StallRate > 0) _link!.BytesPerSecond = options.StallRate;
                else _link!.Stall();
                return "stalled";
            case "flow":
                _link!.BytesPerSecond = 0;
                _link.Flow();
                return "flows";
            default:
                return _source is null ? $"'{order}' is no order of this role" : await _source.AskAsync(order, CancellationToken.None);
        }
    }
}
