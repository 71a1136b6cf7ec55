using System.Data.Common;
using E2EEvents.Testing.Servers;
using MySqlConnector;
using Npgsql;

namespace E2EEvents.EndToEnd.Storage;

/// <summary>What the operator of a database does to it.</summary>
internal static class DatabaseAdmin
{
    /// <summary>A user such as an application has: it owns its database, and nothing of the server.</summary>
    /// <returns>How it connects.</returns>
    public static async Task<string> CreateUserAsync(DatabaseServer server, CancellationToken cancellationToken)
    {
        if (server is PostgresServer)
        {
            await RunAsync(server, "CREATE USER app; GRANT CREATE ON SCHEMA public TO app", cancellationToken);
            return server.ConnectionString.Replace("Username=postgres", "Username=app", StringComparison.Ordinal);
        }

        await RunAsync(server, $"CREATE USER 'app'@'127.0.0.1'; GRANT ALL ON {MariaDbServer.Schema}.* TO 'app'@'127.0.0.1'", cancellationToken);
        return server.ConnectionString.Replace("User ID=root", "User ID=app", StringComparison.Ordinal);
    }

    /// <summary>Makes every write fail, or ends that.</summary>
    public static async Task SetReadOnlyAsync(DatabaseServer server, bool readOnly, CancellationToken cancellationToken)
    {
        if (server is not PostgresServer)
        {
            await RunAsync(server, $"SET GLOBAL read_only = {(readOnly ? 1 : 0)}", cancellationToken);
            return;
        }

        await RunAsync(server, $"ALTER SYSTEM SET default_transaction_read_only = {(readOnly ? "on" : "off")}", cancellationToken);
        await RunAsync(server, "SELECT pg_reload_conf()", cancellationToken);
    }

    public static async Task RunAsync(DatabaseServer server, string statements, CancellationToken cancellationToken)
    {
        await using DbConnection connection = server is PostgresServer
            ? new NpgsqlConnection(server.ConnectionString + ";Pooling=false;Options=-c default_transaction_read_only=off")
            : new MySqlConnection(server.ConnectionString + ";Pooling=false");
        await connection.OpenAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = statements;
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
