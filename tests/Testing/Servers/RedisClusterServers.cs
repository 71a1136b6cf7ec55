using E2EEvents.Testing.Processes;
using Xunit;

namespace E2EEvents.Testing.Servers;

/// <summary>A real Redis Cluster of three masters, AOF always. Usable as a class fixture.</summary>
public sealed class RedisClusterServers : IAsyncLifetime
{
    private readonly List<RedisServer> _masters = [];

    /// <summary>The masters.</summary>
    public IReadOnlyList<RedisServer> Masters => _masters;

    /// <summary>All endpoints, as StackExchange.Redis reads them.</summary>
    public string Configuration => string.Join(',', _masters.ConvertAll(master => master.Endpoint));

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        for (var i = 0; i < 3; i++)
        {
            var master = new RedisServer { Settings = ["--cluster-enabled", "yes", "--cluster-config-file", "nodes.conf", "--cluster-node-timeout", "15000"] };
            _masters.Add(master);
            await master.StartAsync(CancellationToken.None);
        }

        await ChildProcess.RunAsync("redis-cli", ["--cluster", "create", .. _masters.ConvertAll(master => master.Endpoint), "--cluster-yes"], null, Path.GetTempPath());
        foreach (var master in _masters) await Eventually.TrueAsync(async token => (await master.AskAsync("CLUSTER INFO", token)).Contains("cluster_state:ok", StringComparison.Ordinal), TimeSpan.FromSeconds(20));
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var master in _masters) await master.DisposeAsync();
    }
}
