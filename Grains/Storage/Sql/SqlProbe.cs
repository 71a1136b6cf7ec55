using System.Data.Common;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace E2EEvents.Grains.Storage.Sql;

/// <summary>Writes a little now and then while no topic does, so that health is red before events come, and green again without any.</summary>
internal sealed class SqlProbe(Dialect dialect, StorageHealth health, IOptions<SqlOptions> options, TimeProvider time) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var source = dialect.NewSource();
        await using (source.ConfigureAwait(false))
        {
            while (true)
            {
                await Task.Delay(options.Value.ProbeEvery, time, stoppingToken).ConfigureAwait(false);
                if (!health.IsRed && health.SinceSuccess < options.Value.ProbeEvery) continue;
                await ProbeAsync(source, stoppingToken).ConfigureAwait(false);
            }
        }
    }

    private async Task ProbeAsync(DbDataSource source, CancellationToken stoppingToken)
    {
        using var deadline = new CancellationTokenSource(options.Value.Timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, stoppingToken);
        try
        {
            var command = source.CreateCommand("UPDATE e2e_schema SET probed = CURRENT_TIMESTAMP");
            await using (command.ConfigureAwait(false)) await command.ExecuteNonQueryAsync(either.Token).ConfigureAwait(false);
            health.Succeeded();
        }
        catch (Exception e) when (!stoppingToken.IsCancellationRequested) // whatever it is: told by health and log, and tried again
        {
            if (dialect.Classify(e) != Failure.Collision) health.Failed(e, 0); // another silo's probe, otherwise
        }
    }
}
