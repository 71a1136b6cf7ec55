using System.Globalization;
using Xunit;

namespace E2EEvents.Testing.Servers;

/// <summary>A master and a replica, AOF always, watched by three Sentinels of which two decide, after a second of silence. Usable as a class fixture.</summary>
public sealed class SentinelServers : IAsyncLifetime
{
    /// <summary>Name under which the Sentinels know the master.</summary>
    public const string Service = "streams";

    private readonly List<SentinelServer> _sentinels = [];

    /// <summary>The two servers; the first is the master to begin with.</summary>
    public List<RedisServer> Servers { get; } = [];

    /// <summary>The Sentinels, as StackExchange.Redis reads them.</summary>
    public string Configuration => $"{string.Join(',', _sentinels.ConvertAll(sentinel => sentinel.Endpoint))},serviceName={Service}";

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        var master = new RedisServer();
        Servers.Add(master);
        await master.StartAsync(CancellationToken.None);
        var replica = new RedisServer { Settings = ["--replicaof", "127.0.0.1", master.Port.ToString(CultureInfo.InvariantCulture), "--repl-diskless-sync-delay", "0"] };
        Servers.Add(replica);
        await replica.StartAsync(CancellationToken.None);
        await ReplicatingAsync(master, 1);
        for (var i = 0; i < 3; i++)
        {
            var sentinel = new SentinelServer(master.Port);
            _sentinels.Add(sentinel);
            await sentinel.StartAsync(CancellationToken.None);
        }

        foreach (var sentinel in _sentinels)
        {
            await Eventually.TrueAsync(async token => (await sentinel.AskAsync("INFO sentinel", token)).Contains("slaves=1,sentinels=3", StringComparison.Ordinal), TimeSpan.FromSeconds(30));
        }
    }

    /// <summary>Waits until <paramref name="count"/> replicas of <paramref name="master"/> are in step.</summary>
    public static Task ReplicatingAsync(RedisServer master, int count) =>
        Eventually.TrueAsync(async token => (await master.AskAsync("INFO replication", token)).Split("state=online").Length - 1 == count, TimeSpan.FromSeconds(60)); // hundreds of megabytes may have to be copied

    /// <summary>Waits until the Sentinels have made <paramref name="server"/> the master.</summary>
    public static Task IsMasterAsync(RedisServer server) =>
        Eventually.TrueAsync(async token => (await server.AskAsync("ROLE", token)).Contains("master", StringComparison.Ordinal), TimeSpan.FromSeconds(30));

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var sentinel in _sentinels) await sentinel.DisposeAsync();
        foreach (var server in Servers) await server.DisposeAsync();
    }
}

/// <summary>A real Redis Sentinel.</summary>
internal sealed class SentinelServer(int master) : RealServer
{
    protected override string Name => "sentinel";

    protected override string Executable => "redis-server";

    protected override IEnumerable<string> Arguments => [Path.Combine(Folder, "sentinel.conf"), "--sentinel"];

    public Task<string> AskAsync(string command, CancellationToken cancellationToken) => ProtocolChecks.AskAsync(Port, command, cancellationToken);

    protected override void WriteConfiguration() => WriteFile("sentinel.conf", string.Create(CultureInfo.InvariantCulture, $"""
        port {Port}
        bind 127.0.0.1
        dir {Folder}
        sentinel monitor {SentinelServers.Service} 127.0.0.1 {master} 2
        sentinel down-after-milliseconds {SentinelServers.Service} 1000
        sentinel failover-timeout {SentinelServers.Service} 4000

        """));

    protected override async Task<bool> CheckAsync(System.Net.Sockets.NetworkStream stream, CancellationToken cancellationToken) =>
        (await ProtocolChecks.AskAsync(stream, "PING\r\n", cancellationToken)).StartsWith("+PONG", StringComparison.Ordinal);
}
