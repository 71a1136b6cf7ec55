using System.Data;
using System.Data.Common;
using System.Linq;
using MySqlConnector;

namespace E2EEvents.Grains.Storage.Sql;

/// <summary>MariaDB and MySQL.</summary>
internal sealed class MySqlDialect : Dialect
{
    private const string Insert = "INSERT INTO e2e_topics (service_id, grain_id, record, payload, version) VALUES ";
    private const string Replace = " ON DUPLICATE KEY UPDATE payload = VALUES(payload), version = VALUES(version), written = CURRENT_TIMESTAMP(6)";
    private const string Lock = "SELECT grain_id, record, version FROM e2e_topics FORCE INDEX (PRIMARY) WHERE service_id = ? AND grain_id IN (";
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
        1062 or 1205 or 1213 => Failure.Collision, // another inserted it first, lock wait, deadlock
        1048 or 1153 or 1264 or 1366 or 1406 or 3819 or 4025 => Failure.Row, // null, packet, range, text, length, constraint (MySQL, MariaDB)
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

    /// <summary>
    /// Locks the rows that are there and looks at their versions; then one statement for those that may be replaced and one for new ones. A statement
    /// for each row with its count cost ten times as much. A row that appears in between is a duplicate: the transaction is tried again, and sees it.
    /// </summary>
    public override async Task<HashSet<RecordKey>> CommitAsync(DbConnection connection, string service, IReadOnlyList<PendingWrite> writes, CancellationToken cancellationToken)
    {
        var transaction = await connection.BeginTransactionAsync(IsolationLevel.ReadCommitted, cancellationToken).ConfigureAwait(false);
        await using (transaction.ConfigureAwait(false))
        {
            var versions = await LockAsync(connection, transaction, service, writes, cancellationToken).ConfigureAwait(false);
            var replaced = new List<PendingWrite>();
            var added = new List<PendingWrite>();
            foreach (var write in writes)
            {
                var isThere = versions.TryGetValue(write.Key, out var version);
                if (isThere && version == write.Version) replaced.Add(write);
                else if (!isThere && write.Version is null) added.Add(write);
            }

            await PutAsync(connection, transaction, service, replaced, Replace, cancellationToken).ConfigureAwait(false);
            await PutAsync(connection, transaction, service, added, "", cancellationToken).ConfigureAwait(false);
            await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
            return [.. replaced.ConvertAll(write => write.Key), .. added.ConvertAll(write => write.Key)];
        }
    }

    public override DbCommand NewRead(DbConnection connection, string service, string grain, string record) => NewCommand(connection, Select, service, grain, record);

    public override DbCommand NewDelete(DbConnection connection, string service, string grain, string record, long version) => NewCommand(connection, Delete, service, grain, record, version);

    private static async Task<Dictionary<RecordKey, long>> LockAsync(
        DbConnection connection, DbTransaction transaction, string service, IReadOnlyList<PendingWrite> writes, CancellationToken cancellationToken)
    {
        // Two lists, not one of pairs: pairs are not looked up in the index by MariaDB, which would read and lock every row.
        var records = writes.Select(write => write.Key.Record).Distinct().ToList();
        var text = $"{Lock}{Marks(writes.Count)}) AND record IN ({Marks(records.Count)}) FOR UPDATE";
        var command = NewCommand(connection, text, service);
        command.Transaction = transaction;
        await using (command.ConfigureAwait(false))
        {
            foreach (var write in writes) Add(command.Parameters, command.CreateParameter(), DbType.String, write.Key.Grain);
            foreach (var record in records) Add(command.Parameters, command.CreateParameter(), DbType.String, record);
            var versions = new Dictionary<RecordKey, long>();
            var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false)) versions[new RecordKey(reader.GetString(0), reader.GetString(1))] = reader.GetInt64(2);
            }

            return versions;
        }
    }

    private static string Marks(int count) => string.Join(", ", Enumerable.Repeat("?", count));

    private static async Task PutAsync(
        DbConnection connection, DbTransaction transaction, string service, List<PendingWrite> writes, string ending, CancellationToken cancellationToken)
    {
        if (writes.Count == 0) return;
        var command = NewCommand(connection, Insert + string.Join(", ", Enumerable.Repeat("(?, ?, ?, ?, ?)", writes.Count)) + ending);
        command.Transaction = transaction;
        await using (command.ConfigureAwait(false))
        {
            foreach (var write in writes)
            {
                Add(command.Parameters, command.CreateParameter(), DbType.String, service);
                Add(command.Parameters, command.CreateParameter(), DbType.String, write.Key.Grain);
                Add(command.Parameters, command.CreateParameter(), DbType.String, write.Key.Record);
                Add(command.Parameters, command.CreateParameter(), DbType.Binary, write.Payload);
                Add(command.Parameters, command.CreateParameter(), DbType.Int64, (write.Version ?? 0) + 1);
            }

            await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private static async Task RunAsync(DbConnection connection, string text, CancellationToken cancellationToken)
    {
        var command = NewCommand(connection, text);
        await using (command.ConfigureAwait(false)) await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }
}
