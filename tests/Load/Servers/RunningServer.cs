using E2EEvents.Load.Clients;
using E2EEvents.Load.Sources;

namespace E2EEvents.Load.Servers;

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
