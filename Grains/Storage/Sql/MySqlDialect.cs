using System.Data.Common;
using MySqlConnector;

namespace E2EEvents.Grains.Storage.Sql;

/// <summary>MariaDB and MySQL.</summary>
internal sealed class MySqlDialect : Dialect
{
    private const string Insert = "INSERT INTO e2e_topics (payload, service_id, grain_id, record, version) VALUES (?, ?, ?, ?, 1) ON DUPLICATE KEY UPDATE version = version";
    private const string Update = "UPDATE e2e_topics SET payload = ?, version = version + 1, written = CURRENT_TIMESTAMP(6) WHERE service_id = ? AND grain_id = ? AND record = ? AND version = ?";
    private const string Select = "SELECT version, payload FROM e2e_topics WHERE service_id = ? AND grain_id = ? AND record = ?";
    private const string Delete = "DELETE FROM e2e_topics WHERE service_id = ? AND grain_id = ? AND record = ? AND version = ?";

    public MySqlDialect(string connectionString)
    {
        var settings = new MySqlConnectionStringBuilder(connectionString)
        {
            UseAffectedRows = true, // rows changed, not rows found: an insert that met a row counts 0
            AllowUserVariables = true, // in the statements of OrleansQuery
        };
        var given = new DbConnectionStringBuilder { ConnectionString = connectionString };
        if (!given.ContainsKey("Connection Timeout") && !given.ContainsKey("ConnectionTimeout") && !given.ContainsKey("Connect Timeout")) settings.ConnectionTimeout = 5;
        if (!given.ContainsKey("Default Command Timeout") && !given.ContainsKey("DefaultCommandTimeout") && !given.ContainsKey("Command Timeout")) settings.DefaultCommandTimeout = 10;
        ConnectionString = settings.ConnectionString;
    }

    public override string Invariant => "MySql.Data.MySqlConnector";

    public override string ConnectionString { get; }

    public override SqlDatabase Database => SqlDatabase.MySql;

    public override string CurrentSchema => "DATABASE()";

    public override DbDataSource NewSource() => new MySqlDataSource(ConnectionString);

    public override Failure Classify(Exception e) => e is not MySqlException error ? Failure.Database : (int)error.ErrorCode switch
    {
        1205 or 1213 => Failure.Collision, // lock wait, deadlock
        1048 or 1062 or 1153 or 1264 or 1366 or 1406 or 3819 or 4025 => Failure.Row, // null, duplicate, packet, range, text, length, constraint (MySQL, MariaDB)
        _ => Failure.Database,
    };

    public override Task LockSchemaAsync(DbConnection connection, CancellationToken cancellationToken) => RunAsync(connection, "DO GET_LOCK('e2e_schema', 30)", cancellationToken);

    public override Task UnlockSchemaAsync(DbConnection connection, CancellationToken cancellationToken) => RunAsync(connection, "DO RELEASE_LOCK('e2e_schema')", cancellationToken);

    public override async Task<List<string>> FlawsAsync(DbConnection connection, CancellationToken cancellationToken)
    {
        var found = await ReadPairsAsync(
            connection, "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('innodb_flush_log_at_trx_commit', 'log_bin', 'sync_binlog')", cancellationToken).ConfigureAwait(false);
        var flaws = new List<string>();
        Check("innodb_flush_log_at_trx_commit");
        if (found.TryGetValue("log_bin", out var binlog) && binlog is "ON" or "1") Check("sync_binlog"); // a crash is recovered from it
        return flaws;

        void Check(string name)
        {
            if (found.TryGetValue(name, out var value) && value != "1") flaws.Add($"MariaDB or MySQL has {name} = {value}, so that a commit may be lost. Run: SET GLOBAL {name} = 1; (and set it in the server's configuration).");
        }
    }

    /// <summary>One round trip for all rows, each followed by a question for its count: the driver's batches tell only the sum.</summary>
    public override async Task<int[]> CommitAsync(DbConnection connection, string service, IReadOnlyList<PendingWrite> writes, CancellationToken cancellationToken)
    {
        var transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        await using (transaction.ConfigureAwait(false))
        {
            var batch = connection.CreateBatch();
            await using (batch.ConfigureAwait(false))
            {
                batch.Transaction = transaction;
                foreach (var write in writes)
                {
                    var command = batch.CreateBatchCommand();
                    Fill(command, service, write, Insert, Update);
                    batch.BatchCommands.Add(command);
                    var count = batch.CreateBatchCommand();
                    count.CommandText = "SELECT ROW_COUNT()";
                    batch.BatchCommands.Add(count);
                }

                var rows = await ReadCountsAsync(batch, writes.Count, cancellationToken).ConfigureAwait(false);
                await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
                return rows;
            }
        }
    }

    public override DbCommand NewRead(DbConnection connection, string service, string grain, string record) => NewCommand(connection, Select, service, grain, record);

    public override DbCommand NewDelete(DbConnection connection, string service, string grain, string record, long version) => NewCommand(connection, Delete, service, grain, record, version);

    private static async Task<int[]> ReadCountsAsync(DbBatch batch, int count, CancellationToken cancellationToken)
    {
        var rows = new int[count];
        var reader = await batch.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await using (reader.ConfigureAwait(false))
        {
            for (var i = 0; i < count; i++)
            {
                if (!await reader.ReadAsync(cancellationToken).ConfigureAwait(false)) throw new InvalidDataException("The database did not count a row.");
                rows[i] = reader.GetInt32(0);
                await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
            }
        }

        return rows;
    }

    private static async Task RunAsync(DbConnection connection, string text, CancellationToken cancellationToken)
    {
        var command = NewCommand(connection, text);
        await using (command.ConfigureAwait(false)) await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }
}
