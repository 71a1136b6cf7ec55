using System.Text.Json;
using E2EEvents.Load.Clients;
using E2EEvents.Load.Sources;

namespace E2EEvents.Load.Servers;

/// <summary>What is measured, with the source that feeds it.</summary>
internal interface IServer : IAsyncDisposable
{
    /// <summary>What CPU and memory are of, in words.</summary>
    string Measured { get; }

    Uri Url { get; }

    /// <summary>Processes whose cost counts; the one that holds the connections is called gateway.</summary>
    IReadOnlyDictionary<string, int> Processes { get; }

    TopicSet Topics { get; }

    Task StartSourceAsync(CancellationToken cancellationToken);

    /// <summary>Stops it; null if it cannot be stopped.</summary>
    Task<SourceReport?> StopSourceAsync(CancellationToken cancellationToken);
}

/// <summary>A gateway with the source in its process.</summary>
internal sealed class GatewayServer : IServer
{
    private readonly RoleProcess _role;

    private GatewayServer(RoleProcess role, ServeGateway.Ready ready, TopicSet topics) =>
        (_role, Url, Processes, Topics) = (role, new Uri(ready.Url), ready.Processes, topics);

    public string Measured => "gateway alone, the source inside its process (no silo, no connector)";

    public Uri Url { get; }

    public IReadOnlyDictionary<string, int> Processes { get; }

    public TopicSet Topics { get; }

    public static async Task<IServer> StartAsync(LoadOptions options, CancellationToken cancellationToken)
    {
        string[] arguments =
        [
            "serve-gateway", "--topics", Invariant(options.Topics), "--rate", Invariant(options.Rate), "--bytes", Invariant(options.Bytes),
            "--delivery", options.Delivery == Delivery.Every ? "every" : "latest", "--port", Invariant(options.Port),
        ];
        var (role, ready) = await RoleProcess.StartAsync(arguments, options.ServerCores, cancellationToken);
        var names = new string[options.Topics];
        for (var i = 0; i < names.Length; i++) names[i] = $"{FakeRegion.Kind}/{FakeRegion.KeyOf(i)}";
        return new GatewayServer(role, ready.Deserialize<ServeGateway.Ready>(JsonSerializerOptions.Web)!, new TopicSet(names, options.TopicsPerConnection, options.Delivery));
    }

    public Task StartSourceAsync(CancellationToken cancellationToken) => _role.AskAsync("start", cancellationToken);

    public async Task<SourceReport?> StopSourceAsync(CancellationToken cancellationToken) =>
        (await _role.AskAsync("stop", cancellationToken)).Deserialize<SourceReport>(JsonSerializerOptions.Web);

    public ValueTask DisposeAsync() => _role.DisposeAsync();

    private static string Invariant(IFormattable value) => value.ToString(null, System.Globalization.CultureInfo.InvariantCulture);
}

/// <summary>A gateway that runs already, with whatever feeds it.</summary>
internal sealed class RunningServer(LoadOptions options) : IServer
{
    public string Measured => Processes.Count == 0 ? "a running server; its processes were not named, so no CPU and memory" : "a running server";

    public Uri Url { get; } = new(options.Server);

    public IReadOnlyDictionary<string, int> Processes { get; } = Named(options.ProcessIds);

    public TopicSet Topics { get; } = new(options.TopicNames, options.TopicsPerConnection, options.Delivery);

    public Task StartSourceAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task<SourceReport?> StopSourceAsync(CancellationToken cancellationToken) => Task.FromResult<SourceReport?>(null);

    public ValueTask DisposeAsync() => default;

    private static Dictionary<string, int> Named(int[] ids)
    {
        var result = new Dictionary<string, int>();
        for (var i = 0; i < ids.Length; i++) result[i == 0 ? "gateway" : $"other {i}"] = ids[i];
        return result;
    }
}
