using System.Data.Common;
using Npgsql;
using NpgsqlTypes;

namespace E2EEvents.Grains.Storage.Sql;

internal sealed class PostgresDialect : Dialect
{
    private const string Insert = """
        INSERT INTO e2e_topics (service_id, grain_id, record, payload, version)
        SELECT $1, w.grain_id, w.record, w.payload, 1 FROM unnest($2, $3, $4) AS w (grain_id, record, payload)
        ON CONFLICT DO NOTHING RETURNING grain_id, record
        """;

    private const string Update = """
        UPDATE e2e_topics AS t SET payload = w.payload, version = t.version + 1, written = now()
        FROM unnest($2, $3, $4, $5) AS w (grain_id, record, payload, version)
        WHERE t.service_id = $1 AND t.grain_id = w.grain_id AND t.record = w.record AND t.version = w.version
        RETURNING t.grain_id, t.record
        """;

    private const string Select = "SELECT version, payload FROM e2e_topics WHERE service_id = $1 AND grain_id = $2 AND record = $3";
    private const string Delete = "DELETE FROM e2e_topics WHERE service_id = $1 AND grain_id = $2 AND record = $3 AND version = $4";

    public PostgresDialect(string connectionString)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString);
        if (!settings.ContainsKey("Timeout")) settings.Timeout = 5; // s to connect; the default of 15 is longer than anybody waits
        if (!settings.ContainsKey("Command Timeout")) settings.CommandTimeout = 10;
        if (!settings.ContainsKey("Max Auto Prepare")) settings.MaxAutoPrepare = 16; // our few statements are parsed once for each connection
        if (!settings.ContainsKey("Application Name")) settings.ApplicationName = "E2E Events";
        ConnectionString = settings.ConnectionString;
    }

    public override string Invariant => "Npgsql";

    public override string ConnectionString { get; }

    public override SqlDatabase Database => SqlDatabase.PostgreSql;

    public override string CurrentSchema => "current_schema()";

    public override DbDataSource NewSource() => NpgsqlDataSource.Create(ConnectionString);

    /// <summary>By SQLSTATE: classes 22 (data), 23 (constraint) and 54 (limit) are about a row; 40001 and 40P01 are serialisation and deadlock, 55P03 a lock not got.</summary>
    public override Failure Classify(Exception e) => e is not PostgresException { SqlState: { Length: 5 } state } ? Failure.Database : state switch
    {
        "40001" or "40P01" or "55P03" => Failure.Collision,
        ['2', '2' or '3', ..] or ['5', '4', ..] => Failure.Row,
        _ => Failure.Database,
    };

    public override Task LockSchemaAsync(DbConnection connection, CancellationToken cancellationToken) => RunAsync(connection, "SELECT pg_advisory_lock(hashtext('e2e_schema'))", cancellationToken);

    public override Task UnlockSchemaAsync(DbConnection connection, CancellationToken cancellationToken) => RunAsync(connection, "SELECT pg_advisory_unlock(hashtext('e2e_schema'))", cancellationToken);

    public override async Task<List<string>> FlawsAsync(DbConnection connection, CancellationToken cancellationToken)
    {
        var flaws = new List<string>();
        var query = "SELECT name, setting FROM pg_settings WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit')";
        foreach (var (name, value) in await ReadPairsAsync(connection, query, cancellationToken).ConfigureAwait(false))
        {
            if (value == "off") flaws.Add($"PostgreSQL has {name} off, so that a commit may be lost. Run: ALTER SYSTEM SET {name} = on; SELECT pg_reload_conf();");
        }

        return flaws;
    }

    /// <summary>
    /// A batch is one transaction and one round trip; in it one statement for rows that exist and one for new ones, because the database spends
    /// more on a statement than on a row.
    /// </summary>
    public override async Task<HashSet<RecordKey>> CommitAsync(DbConnection connection, string service, IReadOnlyList<PendingWrite> writes, CancellationToken cancellationToken)
    {
        var batch = ((NpgsqlConnection)connection).CreateBatch();
        await using (batch.ConfigureAwait(false))
        {
            Add(batch, Update, service, writes, isNew: false);
            Add(batch, Insert, service, writes, isNew: true);
            var written = new HashSet<RecordKey>();
            var reader = await batch.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                do await ReadKeysAsync(reader, written, cancellationToken).ConfigureAwait(false);
                while (await reader.NextResultAsync(cancellationToken).ConfigureAwait(false));
            }

            return written;
        }
    }

    public override DbCommand NewRead(DbConnection connection, string service, string grain, string record) => NewCommand(connection, Select, service, grain, record);

    public override DbCommand NewDelete(DbConnection connection, string service, string grain, string record, long version) => NewCommand(connection, Delete, service, grain, record, version);

    private static void Add(NpgsqlBatch batch, string statement, string service, IReadOnlyList<PendingWrite> writes, bool isNew)
    {
        var grains = new List<string>();
        var records = new List<string>();
        var payloads = new List<byte[]>();
        var versions = new List<long>();
        foreach (var write in writes)
        {
            if (write.Version is null != isNew) continue;
            grains.Add(write.Key.Grain);
            records.Add(write.Key.Record);
            payloads.Add(write.Payload);
            versions.Add(write.Version ?? 0);
        }

        if (grains.Count == 0) return;
        var command = new NpgsqlBatchCommand(statement);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = service });
        command.Parameters.Add(new NpgsqlParameter<List<string>> { TypedValue = grains, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text });
        command.Parameters.Add(new NpgsqlParameter<List<string>> { TypedValue = records, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text });
        command.Parameters.Add(new NpgsqlParameter<List<byte[]>> { TypedValue = payloads, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bytea });
        if (!isNew) command.Parameters.Add(new NpgsqlParameter<List<long>> { TypedValue = versions, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint });
        batch.BatchCommands.Add(command);
    }

    private static async Task RunAsync(DbConnection connection, string text, CancellationToken cancellationToken)
    {
        var command = NewCommand(connection, text);
        await using (command.ConfigureAwait(false)) await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }
}
