using System.Globalization;
using System.Text.Json;
using E2EEvents.Load.Clients;
using E2EEvents.Load.Sources;

namespace E2EEvents.Load.Servers;

/// <summary>A gateway with the source in its process.</summary>
internal sealed class GatewayServer : IServer
{
    private readonly RoleProcess _role;

    private GatewayServer(RoleProcess role, Ready ready, TopicSet topics) =>
        (_role, Url, Processes, Topics) = (role, new Uri(ready.Url), ready.Processes, topics);

    public string Measured => "gateway alone, the source inside its process (no silo, no connector)";

    public Uri Url { get; }

    public IReadOnlyDictionary<string, int> Processes { get; }

    public TopicSet Topics { get; }

    public static async Task<IServer> StartAsync(LoadOptions options, CancellationToken cancellationToken)
    {
        string[] arguments = ["serve-gateway", .. options.SourceWords, "--port", options.Port.ToString(CultureInfo.InvariantCulture)];
        var (role, ready) = await RoleProcess.StartAsync(arguments, options.ServerCores, cancellationToken);
        var names = FakeRegion.TopicNames(options.Kind, options.Topics);
        return new GatewayServer(role, ready.Deserialize<Ready>(JsonSerializerOptions.Web)!, new TopicSet(names, options.TopicsPerConnection, options.Delivery));
    }

    public Task StartSourceAsync(CancellationToken cancellationToken) => _role.AskAsync("start", cancellationToken);

    public async Task<SourceReport?> StopSourceAsync(CancellationToken cancellationToken) =>
        (await _role.AskAsync("stop", cancellationToken)).Deserialize<SourceReport>(JsonSerializerOptions.Web);

    public ValueTask DisposeAsync() => _role.DisposeAsync();
}
