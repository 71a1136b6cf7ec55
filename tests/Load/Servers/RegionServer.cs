using System.Text.Json;
using E2EEvents.Load.Clients;
using E2EEvents.Load.Sources;

namespace E2EEvents.Load.Servers;

/// <summary>The whole path: a publisher adds to a Redis stream, connectors, silo and gateway bring it to the clients.</summary>
internal sealed class RegionServer : IServer
{
    private readonly RoleProcess _region;
    private readonly RoleProcess _publisher;

    private RegionServer(RoleProcess region, RoleProcess publisher, Ready ready, TopicSet topics) =>
        (_region, _publisher, Url, Processes, Topics) = (region, publisher, new Uri(ready.Url), ready.Processes, topics);

    public string Measured => "a region: Redis stream, connectors, silo, gateway; the publisher's CPU is not in it";

    public Uri Url { get; }

    public IReadOnlyDictionary<string, int> Processes { get; }

    public TopicSet Topics { get; }

    public static async Task<IServer> StartAsync(LoadOptions options, CancellationToken cancellationToken)
    {
        string[] up = ["up", "--stream", options.Stream, "--streams", options.Streams, "--fsync", options.SyncAlways ? "always" : "everysec"];
        var (region, first) = await RoleProcess.StartAsync(up, options.ServerCores, cancellationToken);
        try
        {
            var ready = first.Deserialize<Ready>(JsonSerializerOptions.Web)!;
            string[] publish = ["publish", "--redis", ready.Redis!, "--stream", options.Stream, .. options.SourceWords];
            var (publisher, _) = await RoleProcess.StartAsync(publish, options.LoadCores, cancellationToken);
            return new RegionServer(region, publisher, ready, new TopicSet(Events.TopicNames(options.Topics, options.Delivery), options.TopicsPerConnection, options.Delivery));
        }
        catch
        {
            await region.DisposeAsync();
            throw;
        }
    }

    public Task StartSourceAsync(CancellationToken cancellationToken) => _publisher.AskAsync("start", cancellationToken);

    public async Task<SourceReport?> StopSourceAsync(CancellationToken cancellationToken) =>
        (await _publisher.AskAsync("stop", cancellationToken)).Deserialize<SourceReport>(JsonSerializerOptions.Web);

    public async ValueTask DisposeAsync()
    {
        await _publisher.DisposeAsync();
        await _region.DisposeAsync();
    }
}
