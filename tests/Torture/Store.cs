using System.Globalization;
using E2EEvents.Testing.Servers;
using MySqlConnector;
using Npgsql;
using StackExchange.Redis;

namespace E2EEvents.Torture;

/// <summary>The database of the region under torture.</summary>
internal abstract class Store : IAsyncDisposable
{
    public abstract RealServer Server { get; }

    /// <summary>What the region's processes are told.</summary>
    public abstract Dictionary<string, string> Settings { get; }

    public static Store Of(Database database, RedisServer redis) => database switch
    {
        Database.Postgres => new PostgresStore(),
        Database.MariaDb => new MariaDbStore(),
        _ => new RedisStore(redis),
    };

    /// <summary>Stops its server; the one of the streams is not its own.</summary>
    public abstract ValueTask DisposeAsync();

    public abstract Task StartAsync(CancellationToken cancellationToken);

    /// <summary>Makes every write fail, or ends that.</summary>
    public abstract Task SetReadOnlyAsync(bool readOnly, CancellationToken cancellationToken);
}

internal sealed class PostgresStore : Store
{
    private readonly PostgresServer _server = new() { Durable = true };

    public override RealServer Server => _server;

    public override ValueTask DisposeAsync() => _server.DisposeAsync();

    public override Dictionary<string, string> Settings => new()
    {
        ["Cluster:Provider"] = "PostgreSql",
        ["Cluster:Sql"] = Connection("postgres"),
    };

    public override Task StartAsync(CancellationToken cancellationToken) => _server.StartAsync(cancellationToken);

    public override async Task SetReadOnlyAsync(bool readOnly, CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection(Connection("postgres") + ";Pooling=false;Options=-c default_transaction_read_only=off");
        await connection.OpenAsync(cancellationToken);
        await using var set = new NpgsqlCommand($"ALTER SYSTEM SET default_transaction_read_only = {(readOnly ? "on" : "off")}", connection);
        await set.ExecuteNonQueryAsync(cancellationToken);
        await using var reload = new NpgsqlCommand("SELECT pg_reload_conf()", connection);
        await reload.ExecuteNonQueryAsync(cancellationToken);
    }

    private string Connection(string database) => string.Create(CultureInfo.InvariantCulture, $"Host=127.0.0.1;Port={_server.Port};Database={database};Username=postgres");
}

internal sealed class MariaDbStore : Store
{
    private readonly MariaDbServer _server = new() { Durable = true };

    public override RealServer Server => _server;

    public override ValueTask DisposeAsync() => _server.DisposeAsync();

    public override Dictionary<string, string> Settings => new()
    {
        ["Cluster:Provider"] = "MySql",
        ["Cluster:Sql"] = Connection("e2e") + ";Database=e2e",
    };

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await _server.StartAsync(cancellationToken);
        // A user without the right to write to a read-only server, as an application has it.
        await ExecuteAsync("CREATE DATABASE e2e CHARACTER SET utf8mb4; CREATE USER e2e@127.0.0.1; GRANT ALL ON e2e.* TO e2e@127.0.0.1", cancellationToken);
    }

    public override Task SetReadOnlyAsync(bool readOnly, CancellationToken cancellationToken) => ExecuteAsync($"SET GLOBAL read_only = {(readOnly ? 1 : 0)}", cancellationToken);

    private async Task ExecuteAsync(string statements, CancellationToken cancellationToken)
    {
        await using var connection = new MySqlConnection(Connection("root") + ";Pooling=false;Allow User Variables=true"); // for the @ of a user
        await connection.OpenAsync(cancellationToken);
        await using var command = new MySqlCommand(statements, connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private string Connection(string user) => string.Create(CultureInfo.InvariantCulture, $"Server=127.0.0.1;Port={_server.Port};User ID={user}");
}

internal sealed class RedisStore(RedisServer server) : Store
{
    public override RealServer Server => server;

    public override Dictionary<string, string> Settings => new()
    {
        ["Cluster:Provider"] = "Redis",
        ["Topics:DurableStorage"] = "true",
    };

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

    public override Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask; // the world has started it

    /// <summary>Writes need a replica, which is not there.</summary>
    public override async Task SetReadOnlyAsync(bool readOnly, CancellationToken cancellationToken)
    {
        await using var connection = await ConnectionMultiplexer.ConnectAsync($"{server.Endpoint},allowAdmin=true");
        await connection.GetServers()[0].ConfigSetAsync("min-replicas-to-write", readOnly ? "1" : "0");
    }
}
