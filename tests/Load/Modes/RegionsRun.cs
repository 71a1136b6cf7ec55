using System.Text.Json;
using E2EEvents.Load.Clients;
using E2EEvents.Load.Measuring;
using E2EEvents.Load.Servers;
using E2EEvents.Load.Sources;

namespace E2EEvents.Load.Modes;

/// <summary>A home and an edge region with a crowd at each, and the link between them.</summary>
internal sealed class RegionsRun : IAsyncDisposable
{
    private static readonly TimeSpan JoinLimit = TimeSpan.FromSeconds(120);

    private readonly RoleProcess _regions;
    private readonly RoleProcess? _publisher;

    private RegionsRun(LoadOptions options, Clock clock, RoleProcess regions, RoleProcess? publisher, RegionsReady ready, string[] topics)
    {
        (Options, Clock, _regions, _publisher, Processes) = (options, clock, regions, publisher, ready.Processes);
        Topics = new TopicSet(topics, options.TopicsPerConnection, options.Delivery);
        AtHome = new Crowd(1, options.Transports[0], new Target(new Uri(ready.Home), options.Addresses), Topics, clock, options.Query, options.PollEvery);
        AtEdge = new Crowd(options.Threads, options.Transports[0], new Target(new Uri(ready.Edge), options.Addresses), Topics, clock, options.Query, options.PollEvery);
        Meter = new Meter(Processes, clock, []);
    }

    public LoadOptions Options { get; }

    public Clock Clock { get; }

    public TopicSet Topics { get; }

    /// <summary>Clients of home's gateway: what the way without the link takes.</summary>
    public Crowd AtHome { get; }

    public Crowd AtEdge { get; }

    public Meter Meter { get; }

    public IReadOnlyDictionary<string, int> Processes { get; }

    /// <summary>Connections that take each topic once.</summary>
    public int OneEach => (Topics.Count + Topics.PerConnection - 1) / Topics.PerConnection;

    public static async Task<RegionsRun> StartAsync(LoadOptions options, Clock clock, CancellationToken cancellationToken)
    {
        var kind = options.Delivery == Delivery.Every ? "match" : "ticker"; // kinds that the edge's silo knows; it never looks at their states
        string[] up =
        [
            "up-regions", .. options.SourceWords, "--kind", kind, "--server", options.Server, "--stream", options.Stream,
            "--distance", options.Distance.TotalMilliseconds.ToString(System.Globalization.CultureInfo.InvariantCulture),
            "--stall-rate", options.StallRate.ToString(System.Globalization.CultureInfo.InvariantCulture),
        ];
        var (regions, first) = await RoleProcess.StartAsync(up, options.ServerCores, cancellationToken);
        RoleProcess? publisher = null;
        try
        {
            var ready = first.Deserialize<RegionsReady>(JsonSerializerOptions.Web)!;
            if (ready.Redis is null) return new RegionsRun(options, clock, regions, null, ready, FakeRegion.TopicNames(kind, options.Topics));
            string[] publish = ["publish", "--redis", ready.Redis, "--stream", options.Stream, .. options.SourceWords];
            (publisher, _) = await RoleProcess.StartAsync(publish, options.LoadCores, cancellationToken);
            return new RegionsRun(options, clock, regions, publisher, ready, Events.TopicNames(options.Topics, options.Delivery));
        }
        catch
        {
            if (publisher is not null) await publisher.DisposeAsync();
            await regions.DisposeAsync();
            throw;
        }
    }

    public async Task JoinAsync(Crowd crowd, int count, CancellationToken cancellationToken)
    {
        var joined = await crowd.OpenAsync(count, Options.ConnectRate, neverRead: false, JoinLimit, cancellationToken);
        if (joined < count) throw new InvalidOperationException($"{joined} of {count} connections got their first state. Lost: {string.Join(", ", (await crowd.FiguresAsync()).Losses)}.");
    }

    public Task StartSourceAsync(CancellationToken cancellationToken) => (_publisher ?? _regions).AskAsync("start", cancellationToken);

    public async Task<SourceReport> StopSourceAsync(CancellationToken cancellationToken) =>
        (await (_publisher ?? _regions).AskAsync("stop", cancellationToken)).Deserialize<SourceReport>(JsonSerializerOptions.Web)!;

    public async Task<LinkBytes> BytesAsync(CancellationToken cancellationToken) =>
        (await _regions.AskAsync("bytes", cancellationToken)).Deserialize<LinkBytes>(JsonSerializerOptions.Web)!;

    public Task StallAsync(bool on, CancellationToken cancellationToken) => _regions.AskAsync(on ? "stall" : "flow", cancellationToken);

    public Task PauseAsync(TimeSpan pause, CancellationToken cancellationToken) => Clock.DelayAsync(pause, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await AtHome.DisposeAsync();
        await AtEdge.DisposeAsync();
        if (_publisher is not null) await _publisher.DisposeAsync();
        await _regions.DisposeAsync();
    }
}
