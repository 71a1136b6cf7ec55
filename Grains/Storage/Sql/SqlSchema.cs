using System.Data.Common;
using System.Globalization;

namespace E2EEvents.Grains.Storage.Sql;

/// <summary>The tables of a region: what creates them, and whether they are those that this program knows.</summary>
internal static class SqlSchema
{
    /// <summary>Version that this program reads and writes; raise it with a script that changes the tables.</summary>
    public const int Version = 1;

    /// <summary>All statements, in their order, to be run in an empty database.</summary>
    public static string ScriptOf(SqlDatabase database)
    {
        var folder = $"Storage/Sql/{database}/";
        var assembly = typeof(SqlSchema).Assembly;
        var names = Array.FindAll(assembly.GetManifestResourceNames(), name => name.StartsWith(folder, StringComparison.Ordinal));
        Array.Sort(names, StringComparer.Ordinal);
        return string.Join('\n', Array.ConvertAll(names, name =>
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
            return reader.ReadToEnd();
        }));
    }

    /// <summary>Creates the tables if there are none and it may. Silos that start together wait for each other.</summary>
    /// <returns>What is wrong, and what to do; null = nothing.</returns>
    public static async Task<string?> EnsureAsync(Dialect dialect, DbConnection connection, bool mayCreate, CancellationToken cancellationToken)
    {
        if (await VersionAsync(dialect, connection, cancellationToken).ConfigureAwait(false) is { } found) return FlawOf(found);
        if (!mayCreate)
        {
            return $"The database has no tables of E2E Events, and Storage:CreateSchema is false. Run in it what this prints: dotnet E2EEvents.Silo.dll schema {dialect.Database}";
        }

        await dialect.LockSchemaAsync(connection, cancellationToken).ConfigureAwait(false);
        try
        {
            if (await VersionAsync(dialect, connection, cancellationToken).ConfigureAwait(false) is { } meanwhile) return FlawOf(meanwhile);
            var command = connection.CreateCommand();
            command.CommandText = ScriptOf(dialect.Database);
            await using (command.ConfigureAwait(false)) await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
            return null;
        }
        finally
        {
            await dialect.UnlockSchemaAsync(connection, CancellationToken.None).ConfigureAwait(false);
        }
    }

    private static string? FlawOf(int found) => found switch
    {
        Version => null,
        < Version => $"The database's tables have version {found}; this program needs {Version}. Bring them up to date as docs/storage.md says, then start it again.",
        _ => $"The database's tables have version {found}, which is newer than this program's {Version}: a newer program made them. Start that one.",
    };

    /// <summary>Version of the tables; null = there are none.</summary>
    private static async Task<int?> VersionAsync(Dialect dialect, DbConnection connection, CancellationToken cancellationToken)
    {
        if (await AskAsync($"SELECT COUNT(*) FROM information_schema.tables WHERE table_name = 'e2e_schema' AND table_schema = {dialect.CurrentSchema}").ConfigureAwait(false) is not > 0) return null;
        return await AskAsync("SELECT version FROM e2e_schema").ConfigureAwait(false);

        async Task<int?> AskAsync(string query)
        {
            var command = connection.CreateCommand();
            command.CommandText = query;
            await using (command.ConfigureAwait(false))
            {
                var answer = await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false);
                return answer is null or DBNull ? null : Convert.ToInt32(answer, CultureInfo.InvariantCulture);
            }
        }
    }
}
