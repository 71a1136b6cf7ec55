using System.Data.Common;
using System.Diagnostics.Metrics;
using E2EEvents.Grains.Storage;
using E2EEvents.Grains.Storage.Sql;
using E2EEvents.Testing.Servers;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using MySqlConnector;
using Npgsql;

namespace E2EEvents.Grains.Tests.Storage;

/// <summary>The product's storage on a test's database.</summary>
internal static class SqlDatabases
{
    public static DatabaseServer New(string database, bool durable = false) => database == nameof(SqlDatabase.PostgreSql) ? new PostgresServer { Durable = durable } : new MariaDbServer { Durable = durable };

    public static SqlDatabase KindOf(DatabaseServer server) => server is PostgresServer ? SqlDatabase.PostgreSql : SqlDatabase.MySql;

    public static Dialect DialectOf(DatabaseServer server) => Dialect.Of(KindOf(server), server.ConnectionString);

    public static StorageHealth NewHealth() => new(TimeProvider.System, NullLogger<StorageHealth>.Instance);

    public static SqlTopicStorage NewStorage(DatabaseServer server, SqlOptions? options = null, StorageHealth? health = null, SiloMetrics? metrics = null) =>
        new(DialectOf(server), "test", Options.Create(options ?? new SqlOptions()), new JsonStorageSerializer(), health ?? NewHealth(), metrics ?? NewMetrics(), TimeProvider.System);

    public static SiloMetrics NewMetrics() => new(new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<IMeterFactory>());

    public static async Task<string?> EnsureAsync(DatabaseServer server, bool mayCreate = true)
    {
        await using var connection = await OpenAsync(server);
        return await SqlSchema.EnsureAsync(DialectOf(server), connection, mayCreate, CancellationToken.None);
    }

    public static async Task<DbConnection> OpenAsync(DatabaseServer server)
    {
        DbConnection connection = server is PostgresServer ? new NpgsqlConnection(server.ConnectionString + ";Pooling=false") : new MySqlConnection(server.ConnectionString + ";Pooling=false;AllowUserVariables=true");
        await connection.OpenAsync();
        return connection;
    }

    public static async Task<object?> RunAsync(DatabaseServer server, string statements)
    {
        await using var connection = await OpenAsync(server);
        await using var command = connection.CreateCommand();
        command.CommandText = statements;
        return await command.ExecuteScalarAsync();
    }
}
