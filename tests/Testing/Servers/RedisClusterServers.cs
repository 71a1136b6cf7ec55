using E2EEvents.Testing.Processes;
using Xunit;

namespace E2EEvents.Testing.Servers;

/// <summary>A real Redis Cluster of three masters, each with a replica; AOF always. Usable as a class fixture.</summary>
public sealed class RedisClusterServers : IAsyncLifetime
{
    private const int Count = 3;
    private readonly List<RedisServer> _servers = [];

    /// <summary>The masters.</summary>
    public IReadOnlyList<RedisServer> Masters => _servers[..Count];

    /// <summary>All endpoints, as StackExchange.Redis reads them.</summary>
    public string Configuration => string.Join(',', _servers.ConvertAll(master => master.Endpoint));

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        for (var i = 0; i < 2 * Count; i++)
        {
            var server = new RedisServer { Settings = ["--cluster-enabled", "yes", "--cluster-config-file", "nodes.conf", "--cluster-node-timeout", "15000"] };
            _servers.Add(server);
            await server.StartAsync(CancellationToken.None);
        }

        await ChildProcess.RunAsync("redis-cli", ["--cluster", "create", .. _servers.ConvertAll(server => server.Endpoint), "--cluster-replicas", "1", "--cluster-yes"], null, Path.GetTempPath());
        foreach (var server in _servers) await Eventually.TrueAsync(async token => (await server.AskAsync("CLUSTER INFO", token)).Contains("cluster_state:ok", StringComparison.Ordinal), TimeSpan.FromSeconds(20));
        foreach (var master in Masters) await SentinelServers.ReplicatingAsync(master, 1);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var server in _servers) await server.DisposeAsync();
    }
}
