using System.Linq;
using E2EEvents.Grains.Storage.Sql;
using E2EEvents.Grains.Topics;
using E2EEvents.Testing.Servers;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Time.Testing;
using Orleans.Storage;

namespace E2EEvents.Grains.Tests.Storage;

/// <summary>What sharing a transaction must not do to the topics that share it; on real databases.</summary>
public sealed class SqlTopicStorageTests
{
    public static TheoryData<string> Databases => [nameof(SqlDatabase.PostgreSql), nameof(SqlDatabase.MySql)];

    [Theory]
    [MemberData(nameof(Databases))]
    public async Task Write_ManyAtOnce_ShareTransactionsAndAConflictIsOneTopicsAffair(string database)
    {
        await using var server = SqlDatabases.New(database);
        await using var storage = await StartAsync(server);
        await WriteAsync(storage, 7, New()); // a topic that the others do not know to be there
        var before = await TransactionsAsync(server);

        var writes = Enumerable.Range(0, 200).Select(i => WriteAsync(storage, i, New())).ToList();
        await Settled(writes);

        Assert.IsType<InconsistentStateException>(writes[7].Exception!.InnerException);
        Assert.Equal(199, writes.Count(write => write.IsCompletedSuccessfully));
        Assert.Equal(200L, await CountAsync(server));
        Assert.InRange(await TransactionsAsync(server) - before, 1, 20);
    }

    [Theory]
    [MemberData(nameof(Databases))]
    public async Task Write_OneRowIsRefused_OnlyThatTopicFails(string database)
    {
        await using var server = SqlDatabases.New(database);
        await using var storage = await StartAsync(server);
        var length = database == nameof(SqlDatabase.PostgreSql) ? "octet_length" : "LENGTH";
        await SqlDatabases.RunAsync(server, $"ALTER TABLE e2e_topics ADD CONSTRAINT small CHECK ({length}(payload) < 5000)");
        var large = New();
        large.State = large.State! with { Frames = [new StoredFrame(1, System.Text.Encoding.UTF8.GetBytes($"\"{new string('x', 6000)}\""), false, 0, 0, null)], Offset = 1 };

        var writes = Enumerable.Range(0, 50).Select(i => WriteAsync(storage, i, i == 20 ? large : New())).ToList();
        await Settled(writes);

        Assert.IsType<IOException>(writes[20].Exception!.InnerException);
        Assert.Equal(49, writes.Count(write => write.IsCompletedSuccessfully));
    }

    [Theory]
    [MemberData(nameof(Databases))]
    public async Task Write_RowsLockedInTheOtherOrder_DeadlockIsTriedAgain(string database)
    {
        await using var server = SqlDatabases.New(database);
        await using var storage = await StartAsync(server);
        var states = new[] { New(), New() };
        await Task.WhenAll(WriteAsync(storage, 1, states[0]), WriteAsync(storage, 2, states[1]));
        await using var stranger = await SqlDatabases.OpenAsync(server);
        await ExecuteAsync(stranger, "BEGIN");
        await ExecuteAsync(stranger, $"UPDATE e2e_topics SET written = written WHERE service_id = 'test' AND grain_id = '{Grain(2)}'");

        var writes = states.Select((state, i) => WriteAsync(storage, i + 1, state)).ToList(); // holds 1, waits for 2
        await Eventually.TrueAsync(async _ => await WaitingAsync(server) > 0, TimeSpan.FromSeconds(10));
        try
        {
            await ExecuteAsync(stranger, $"UPDATE e2e_topics SET written = written WHERE service_id = 'test' AND grain_id = '{Grain(1)}'"); // closes the circle
            await ExecuteAsync(stranger, "COMMIT");
        }
        catch (System.Data.Common.DbException)
        {
            await ExecuteAsync(stranger, "ROLLBACK"); // it was the stranger who had to give way
        }

        await Task.WhenAll(writes);
    }

    [Fact]
    public async Task Write_StandbyDoesNotAcknowledge_IsNotTakenAsStored()
    {
        await using var server = SqlDatabases.New(nameof(SqlDatabase.PostgreSql));
        await using var storage = await StartAsync(server, options: new SqlOptions { Timeout = TimeSpan.FromSeconds(1) });
        await SqlDatabases.RunAsync(server, "ALTER SYSTEM SET synchronous_standby_names = 'nobody'");
        await SqlDatabases.RunAsync(server, "SELECT pg_reload_conf()");
        await Eventually.TrueAsync(async _ => (string?)await SqlDatabases.RunAsync(server, "SHOW synchronous_standby_names") == "nobody", TimeSpan.FromSeconds(10));

        // Cancelled while it waits for the standby, the server says "done", with a warning.
        await Assert.ThrowsAsync<IOException>(() => WriteAsync(storage, 1, New()));
    }

    [Theory]
    [MemberData(nameof(Databases))]
    public async Task Server_KilledAndBack_HealthIsRedWhileItIsAwayAndWritesGoOn(string database)
    {
        await using var server = SqlDatabases.New(database, durable: true);
        var health = SqlDatabases.NewHealth();
        await using var storage = await StartAsync(server, health: health);
        var state = New();
        await WriteAsync(storage, 1, state);

        await server.KillAsync();
        await Assert.ThrowsAsync<IOException>(() => WriteAsync(storage, 2, New()));
        Assert.Equal(HealthStatus.Unhealthy, (await health.CheckHealthAsync(new HealthCheckContext())).Status);
        await server.StartAsync(TestContext.Current.CancellationToken);
        using var probe = new SqlProbe(SqlDatabases.DialectOf(server), health, Microsoft.Extensions.Options.Options.Create(new SqlOptions { ProbeEvery = TimeSpan.FromMilliseconds(100) }), TimeProvider.System);
        await probe.StartAsync(TestContext.Current.CancellationToken);

        await Eventually.TrueAsync(() => !health.IsRed, TimeSpan.FromSeconds(20)); // though no topic writes
        await probe.StopAsync(CancellationToken.None);
        await WriteAsync(storage, 1, state); // at the version it knew: nothing was lost
    }

    [Fact]
    public void Health_AfterAFailureAndASuccess_IsGreen()
    {
        var time = new FakeTimeProvider();
        var health = new StorageHealth(time, Microsoft.Extensions.Logging.Abstractions.NullLogger<StorageHealth>.Instance);
        Assert.False(health.IsRed);
        health.Failed(new IOException("no"), 3);
        Assert.True(health.IsRed);
        time.Advance(TimeSpan.FromSeconds(9));
        Assert.Equal(TimeSpan.FromSeconds(9), health.SinceSuccess);
        health.Succeeded();
        Assert.False(health.IsRed);
    }

    private static GrainState<TopicRecord> New() => new(new TopicRecord { Epoch = 1 });

    private static GrainId Grain(int number) => GrainId.Create("topic.news", $"n{number:000}");

    private static Task WriteAsync(SqlTopicStorage storage, int number, GrainState<TopicRecord> state) => storage.WriteStateAsync(TopicRecord.Name, Grain(number), state);

    private static Task Settled(IEnumerable<Task> writes) => Task.WhenAll(writes.Select(write => write.ContinueWith(_ => { }, TaskScheduler.Default))).WaitAsync(TimeSpan.FromSeconds(30));

    private static async Task<SqlTopicStorage> StartAsync(DatabaseServer server, StorageHealth? health = null, SqlOptions? options = null)
    {
        await server.StartAsync(TestContext.Current.CancellationToken);
        Assert.Null(await SqlDatabases.EnsureAsync(server));
        return SqlDatabases.NewStorage(server, options, health);
    }

    private static async Task<long> CountAsync(DatabaseServer server) => Convert.ToInt64(await SqlDatabases.RunAsync(server, "SELECT COUNT(*) FROM e2e_topics"), null);

    /// <summary>Transactions so far that wrote topics, as the rows themselves tell: those of one transaction have one time.</summary>
    private static async Task<long> TransactionsAsync(DatabaseServer server) => server is PostgresServer
        ? Convert.ToInt64(await SqlDatabases.RunAsync(server, "SELECT COUNT(DISTINCT xmin::text) FROM e2e_topics"), null)
        : Convert.ToInt64(await SqlDatabases.RunAsync(server, "SELECT VARIABLE_VALUE FROM information_schema.GLOBAL_STATUS WHERE VARIABLE_NAME = 'Binlog_commits'"), null);

    private static async Task<long> WaitingAsync(DatabaseServer server) => Convert.ToInt64(
        await SqlDatabases.RunAsync(server, server is PostgresServer ? "SELECT COUNT(*) FROM pg_locks WHERE NOT granted" : "SELECT VARIABLE_VALUE FROM information_schema.GLOBAL_STATUS WHERE VARIABLE_NAME = 'Innodb_row_lock_current_waits'"), null);

    private static async Task ExecuteAsync(System.Data.Common.DbConnection connection, string statement)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = statement;
        await command.ExecuteNonQueryAsync();
    }
}
