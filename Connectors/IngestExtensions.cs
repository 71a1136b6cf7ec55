using E2EEvents.Hosting;
using E2EEvents.Streams;
using Microsoft.Extensions.Configuration;

namespace E2EEvents.Connectors;

/// <summary>Chooses the streams through which events go to topics.</summary>
internal static class IngestExtensions
{
    /// <summary>Adds the streams that <c>Cluster:Streams</c> names; the silos do the same.</summary>
    public static IClientBuilder AddIngest(this IClientBuilder client, IConfiguration configuration)
    {
        var cluster = configuration.GetSection("Cluster").Get<ClusterOptions>() ?? new ClusterOptions();
        if (cluster.StreamsInUse() == StreamsProvider.Memory) return client.AddMemoryStreams(IngestStream.Provider);
        return client.AddRedisStreams(IngestStream.Provider, streams =>
        {
            configuration.GetSection("Streams").Bind(streams);
            streams.UseRedis(cluster.Redis ?? "");
        });
    }
}
