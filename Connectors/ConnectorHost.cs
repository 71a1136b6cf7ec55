using E2EEvents.Connectors.Ingest;
using Microsoft.Extensions.Hosting;

namespace E2EEvents.Connectors;

/// <summary>
/// Runs one configured connector as long as the process lives: from the checkpoint on, and again from the checkpoint after anything unforeseen.
/// When another process writes the checkpoint, this one stands by until the other is silent.
/// </summary>
internal sealed class ConnectorHost(Func<ConnectorParts> makeParts) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => RunAsync(makeParts(), stoppingToken);

    private static async Task RunAsync(ConnectorParts parts, CancellationToken stoppingToken)
    {
        var backoff = parts.Calls.NewBackoff();
        try
        {
            while (!stoppingToken.IsCancellationRequested)
            {
                try
                {
                    var follower = parts.Options.Follows is { } kind ? new HomeFollower(parts, kind) : null;
                    if (follower is not null) await follower.HomeAsync(stoppingToken);
                    var checkpoint = await ReadCheckpointAsync(parts, stoppingToken);
                    Log.Starting(parts.Logger, parts.Connector.Name, parts.Status.Type, checkpoint.Token is null ? "nothing (no checkpoint yet)" : $"checkpoint {checkpoint.Version}");
                    var end = await RunAsync(new ConnectorRun(parts, checkpoint), follower, stoppingToken);
                    backoff.Reset();
                    if (end == RunEnd.Conflict) await StandByAsync(parts, stoppingToken);
                }
                catch (Exception bug) when (!stoppingToken.IsCancellationRequested)
                {
                    var pause = backoff.Next();
                    parts.Status.Failed("connector", bug.Message);
                    Log.Broken(parts.Logger, parts.Connector.Name, pause.TotalMilliseconds, bug);
                    await Task.Delay(pause, parts.Time, stoppingToken);
                    parts.Status.Worked("connector");
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Stopped while waiting.
        }
        finally
        {
            parts.Status.Enter("stopped", ready: false);
            Log.Stopped(parts.Logger, parts.Connector.Name, parts.Status.CheckpointLag > 0 ? "all but what was in flight" : "everything read");
            if (parts.Connector is IAsyncDisposable disposable) await disposable.DisposeAsync();
        }
    }

    /// <summary>Runs until the process stops, or the kind that it follows leaves.</summary>
    private static async Task<RunEnd> RunAsync(ConnectorRun run, HomeFollower? follower, CancellationToken stoppingToken)
    {
        if (follower is null) return await run.RunAsync(stoppingToken);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        using var stopRun = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        var watching = StopWhenLeavingAsync(follower, stopRun, over.Token);
        try
        {
            return await run.RunAsync(stopRun.Token);
        }
        finally
        {
            await over.CancelAsync();
            await watching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static async Task StopWhenLeavingAsync(HomeFollower follower, CancellationTokenSource stopRun, CancellationToken over)
    {
        await follower.LeavesAsync(over);
        await stopRun.CancelAsync();
    }

    private static Task<Checkpoint> ReadCheckpointAsync(ConnectorParts parts, CancellationToken cancellationToken) =>
        parts.Calls.UntilDoneAsync("checkpoint", token => parts.Region.ReadCheckpointAsync(parts.Connector.Name, token), cancellationToken);

    private static async Task StandByAsync(ConnectorParts parts, CancellationToken cancellationToken)
    {
        parts.Status.CheckpointStored(null);
        parts.Status.Enter("standing by, another process runs this connector", ready: true);
        Log.StandingBy(parts.Logger, parts.Connector.Name, parts.Options.StandbyInterval.TotalSeconds);
        var seen = await ReadCheckpointAsync(parts, cancellationToken);
        while (true)
        {
            await Task.Delay(parts.Options.StandbyInterval, parts.Time, cancellationToken);
            var now = await ReadCheckpointAsync(parts, cancellationToken);
            if (now.Version == seen.Version) return;
            seen = now;
        }
    }
}
