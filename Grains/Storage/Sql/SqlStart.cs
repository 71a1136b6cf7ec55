using System.Data.Common;
using E2EEvents.Grains.Topics;
using E2EEvents.Hosting;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace E2EEvents.Grains.Storage.Sql;

/// <summary>
/// Before the silo: waits for the database, sees to its tables, and asks it whether a commit is on disk. Refuses to start otherwise: epochs that
/// outlive lost writes would show clients two histories as one.
/// </summary>
internal sealed class SqlStart(Dialect dialect, IOptions<SqlOptions> options, IOptions<TopicOptions> topics, TimeProvider time, ILogger<SqlStart> logger) : IHostedService
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(45);

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var source = dialect.NewSource();
        await using (source.ConfigureAwait(false))
        {
            var connection = await ConnectAsync(source, cancellationToken).ConfigureAwait(false);
            await using (connection.ConfigureAwait(false))
            {
                var flaws = new List<string>();
                if (await EnsureSchemaAsync(connection, cancellationToken).ConfigureAwait(false) is { } flaw) flaws.Add(flaw);
                if (topics.Value.DurableStorage == true) flaws.AddRange(await DurabilityFlawsAsync(connection, cancellationToken).ConfigureAwait(false));
                if (flaws.Count > 0) throw new OptionsValidationException("Cluster", typeof(SqlOptions), flaws);
            }
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private async Task<DbConnection> ConnectAsync(DbDataSource source, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        var pauses = new Backoff(TimeSpan.FromMilliseconds(500), TimeSpan.FromSeconds(3), time, Random.Shared.NextDouble);
        while (true)
        {
            try
            {
                return await source.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (DbException e) when (time.GetElapsedTime(started) < Patience)
            {
                Log.DatabaseAway(logger, e.Message);
                await pauses.PauseAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (DbException e)
            {
                throw new OptionsValidationException("Cluster", typeof(SqlOptions), [$"The database of Cluster:Sql could not be reached for {Patience}: {e.Message}"]);
            }
        }
    }

    private async Task<string?> EnsureSchemaAsync(DbConnection connection, CancellationToken cancellationToken)
    {
        try
        {
            return await SqlSchema.EnsureAsync(dialect, connection, options.Value.CreateSchema, cancellationToken).ConfigureAwait(false);
        }
        catch (DbException e)
        {
            return $"The database's tables could not be read or created: {e.Message} Give the user of Cluster:Sql that right, or run what this prints as another user: dotnet E2EEvents.Silo.dll schema {dialect.Database}";
        }
    }

    private async Task<List<string>> DurabilityFlawsAsync(DbConnection connection, CancellationToken cancellationToken)
    {
        try
        {
            var flaws = await dialect.FlawsAsync(connection, cancellationToken).ConfigureAwait(false);
            return flaws.ConvertAll(flaw => flaw + " Or declare that writes may be lost: Topics:DurableStorage=false; epochs then end with each activation.");
        }
        catch (DbException e)
        {
            Log.DurabilityOnTrust(logger, e.Message);
            return [];
        }
    }
}
