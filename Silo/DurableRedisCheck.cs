using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using StackExchange.Redis;
using ClusterOptions = E2EEvents.Hosting.ClusterOptions;

namespace E2EEvents.Silo;

/// <summary>
/// Asks the region's Redis whether <c>Topics:DurableStorage</c> can be true: every write synced to disk before it is acknowledged, and no replica
/// that could take over without it. Refuses to start otherwise: epochs that outlive lost writes would show clients two histories as one.
/// </summary>
internal sealed class DurableRedisCheck(IOptions<ClusterOptions> cluster, ILogger<DurableRedisCheck> logger) : IHostedService
{
    private static readonly (string Name, string Value)[] Needed = [("appendonly", "yes"), ("appendfsync", "always")];

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var options = ConfigurationOptions.Parse(cluster.Value.Redis ?? "");
        options.AllowAdmin = true; // CONFIG GET
        var redis = await ConnectionMultiplexer.ConnectAsync(options).WaitAsync(cancellationToken).ConfigureAwait(false);
        await using (redis.ConfigureAwait(false))
        {
            var flaws = new List<string>();
            foreach (var server in redis.GetServers()) flaws.AddRange(await FlawsAsync(server).WaitAsync(cancellationToken).ConfigureAwait(false));
            if (flaws.Count > 0) throw new OptionsValidationException("Topics", typeof(SiloOptions), flaws);
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private async Task<List<string>> FlawsAsync(IServer server)
    {
        var flaws = new List<string>();
        try
        {
            foreach (var (name, needed) in Needed)
            {
                var found = await server.ConfigGetAsync(name).ConfigureAwait(false);
                var value = found.Length > 0 ? found[0].Value : "";
                if (value != needed) flaws.Add($"Topics:DurableStorage is true, but Redis at {server.EndPoint} has {name} {value} instead of {needed}.");
            }

            if (server.IsReplica || await HasReplicasAsync(server).ConfigureAwait(false))
            {
                flaws.Add($"Topics:DurableStorage is true, but Redis at {server.EndPoint} is replicated: a failover may lose writes that clients have seen.");
            }
        }
        catch (RedisServerException e)
        {
            Log.DurabilityUnknown(logger, server.EndPoint.ToString()!, e.Message);
        }

        return flaws;
    }

    private static async Task<bool> HasReplicasAsync(IServer server)
    {
        foreach (var section in await server.InfoAsync("replication").ConfigureAwait(false))
        {
            foreach (var (key, value) in section)
            {
                if (key == "connected_slaves") return value != "0";
            }
        }

        return false;
    }
}
