using System.Linq;
using E2EEvents.Grains.Storage.Sql;
using E2EEvents.Testing.Servers;

namespace E2EEvents.Grains.Tests.Storage;

/// <summary>The tables of real databases: created once however many silos start, refused if they are another version's, and what of a server loses commits.</summary>
public sealed class SqlSchemaTests
{
    public static TheoryData<string> Databases => SqlTopicStorageTests.Databases;

    [Theory]
    [MemberData(nameof(Databases))]
    public async Task Ensure_ManySilosAtOnce_CreateTheTablesOnce(string database)
    {
        await using var server = await StartAsync(database);
        var flaws = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => SqlDatabases.EnsureAsync(server)));
        Assert.All(flaws, Assert.Null);
        Assert.Null(await SqlDatabases.EnsureAsync(server, mayCreate: false));
    }

    [Theory]
    [MemberData(nameof(Databases))]
    public async Task Ensure_NoTablesAndMayNotCreate_NamesTheCommand(string database)
    {
        await using var server = await StartAsync(database);
        Assert.Contains($"schema {database}", await SqlDatabases.EnsureAsync(server, mayCreate: false), StringComparison.Ordinal);
        await SqlDatabases.RunAsync(server, SqlSchema.ScriptOf(SqlDatabases.KindOf(server))); // what the command prints
        Assert.Null(await SqlDatabases.EnsureAsync(server, mayCreate: false));
    }

    [Theory]
    [MemberData(nameof(Databases))]
    public async Task Ensure_TablesOfAnotherVersion_SaysWhichAndWhatToDo(string database)
    {
        await using var server = await StartAsync(database);
        await SqlDatabases.EnsureAsync(server);
        await SqlDatabases.RunAsync(server, "UPDATE e2e_schema SET version = 2");
        Assert.Contains("newer", await SqlDatabases.EnsureAsync(server), StringComparison.Ordinal);
        await SqlDatabases.RunAsync(server, "UPDATE e2e_schema SET version = 0");
        Assert.Contains("Bring them up to date", await SqlDatabases.EnsureAsync(server), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Databases))]
    public async Task Durability_AsConfigured_IsToldWithTheStatementThatMendsIt(string database)
    {
        await using var loose = await StartAsync(database);
        await using var safe = await StartAsync(database, durable: true);
        Assert.Empty(await FlawsAsync(safe));
        Assert.NotEmpty(await FlawsAsync(loose));
        string[] mend = database == nameof(SqlDatabase.PostgreSql)
            ? ["ALTER SYSTEM SET synchronous_commit = off", "SELECT pg_reload_conf()"]
            : ["SET GLOBAL sync_binlog = 0"];
        foreach (var statement in mend) await SqlDatabases.RunAsync(safe, statement);
        await Eventually.TrueAsync(async _ => (await FlawsAsync(safe)).Count == 1, TimeSpan.FromSeconds(10));
        Assert.Contains(database == nameof(SqlDatabase.PostgreSql) ? "ALTER SYSTEM SET synchronous_commit = on" : "SET GLOBAL sync_binlog = 1", (await FlawsAsync(safe))[0], StringComparison.Ordinal);
    }

    private static async Task<List<string>> FlawsAsync(DatabaseServer server)
    {
        await using var connection = await SqlDatabases.OpenAsync(server);
        return await SqlDatabases.DialectOf(server).FlawsAsync(connection, CancellationToken.None);
    }

    private static async Task<DatabaseServer> StartAsync(string database, bool durable = false)
    {
        var server = SqlDatabases.New(database, durable);
        await server.StartAsync(TestContext.Current.CancellationToken);
        return server;
    }
}
