using System.Data;
using System.Data.Common;

namespace E2EEvents.Grains.Storage.Sql;

/// <summary>What a failed access says about the next.</summary>
internal enum Failure
{
    /// <summary>Nothing is known of the next one: no connection, no space, read-only, no answer in time.</summary>
    Database,

    /// <summary>One of the rows cannot be stored; others can.</summary>
    Row,

    /// <summary>Transactions got into each other's way; again at once is right.</summary>
    Collision,
}

/// <summary>In what databases differ.</summary>
internal abstract class Dialect
{
    /// <summary>Name of the driver in Orleans.</summary>
    public abstract string Invariant { get; }

    /// <summary>As given, with what our statements need and with waits that end.</summary>
    public abstract string ConnectionString { get; }

    /// <summary>Folder of the scripts.</summary>
    public abstract SqlDatabase Database { get; }

    /// <summary>Expression for where tables are looked for and created.</summary>
    public abstract string CurrentSchema { get; }

    public static Dialect Of(SqlDatabase database, string connectionString) => database switch
    {
        SqlDatabase.PostgreSql => new PostgresDialect(connectionString),
        _ => new MySqlDialect(connectionString),
    };

    /// <summary>A pool of connections; the caller disposes it.</summary>
    public abstract DbDataSource NewSource();

    public abstract Failure Classify(Exception e);

    /// <summary>Keeps other silos from creating tables until the connection is closed or <see cref="UnlockSchemaAsync"/>.</summary>
    public abstract Task LockSchemaAsync(DbConnection connection, CancellationToken cancellationToken);

    public abstract Task UnlockSchemaAsync(DbConnection connection, CancellationToken cancellationToken);

    /// <summary>What keeps an acknowledged commit from being on disk; each with the statement that mends it.</summary>
    public abstract Task<List<string>> FlawsAsync(DbConnection connection, CancellationToken cancellationToken);

    /// <summary>Stores all in one transaction, or none when it throws.</summary>
    /// <returns>Those that were written; for the others someone else wrote before.</returns>
    public abstract Task<HashSet<RecordKey>> CommitAsync(DbConnection connection, string service, IReadOnlyList<PendingWrite> writes, CancellationToken cancellationToken);

    public abstract DbCommand NewRead(DbConnection connection, string service, string grain, string record);

    public abstract DbCommand NewDelete(DbConnection connection, string service, string grain, string record, long version);

    protected static void Add(DbParameterCollection parameters, DbParameter parameter, DbType type, object value)
    {
        (parameter.DbType, parameter.Value) = (type, value);
        parameters.Add(parameter);
    }

    protected static DbCommand NewCommand(DbConnection connection, string text, params object[] values)
    {
        var command = connection.CreateCommand();
        command.CommandText = text;
        foreach (var value in values) Add(command.Parameters, command.CreateParameter(), value is long ? DbType.Int64 : DbType.String, value);
        return command;
    }

    /// <summary>Adds the keys that the next result holds, as grain id and record.</summary>
    protected static async Task ReadKeysAsync(DbDataReader reader, HashSet<RecordKey> keys, CancellationToken cancellationToken)
    {
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false)) keys.Add(new RecordKey(reader.GetString(0), reader.GetString(1)));
    }

    protected static async Task<Dictionary<string, string>> ReadPairsAsync(DbConnection connection, string query, CancellationToken cancellationToken)
    {
        var command = NewCommand(connection, query);
        await using (command.ConfigureAwait(false))
        {
            var pairs = new Dictionary<string, string>();
            var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false)) pairs[reader.GetString(0)] = reader.GetString(1);
            }

            return pairs;
        }
    }
}
