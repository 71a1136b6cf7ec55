using E2EEvents.Connectors.Ingest;
using Microsoft.Extensions.Hosting;

namespace E2EEvents.Connectors;

/// <summary>
/// Runs one configured connector as long as the process lives: while it has the lease, from the checkpoint on, and again from the checkpoint after
/// anything unforeseen. While another process has the lease, this one stands by.
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
                    await using var lease = await Lease.AcquireAsync(parts, stoppingToken);
                    await RunAsync(parts, lease, stoppingToken);
                    backoff.Reset();
                }
                catch (Exception bug) when (!stoppingToken.IsCancellationRequested)
                {
                    // The lease was given back: another process may do better.
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

    /// <summary>Runs until the process stops or the lease is over; where the connector follows a kind, only while that has its home here.</summary>
    private static async Task RunAsync(ConnectorParts parts, Lease lease, CancellationToken stoppingToken)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken, lease.Ended);
        var follower = parts.Options.Follows is { } kind ? new HomeFollower(parts, kind, lease) : null;
        try
        {
            while (!over.IsCancellationRequested)
            {
                if (follower is not null) await follower.HomeAsync(over.Token);
                var checkpoint = await parts.Calls.UntilDoneAsync("checkpoint", token => parts.Region.ReadCheckpointAsync(parts.Connector.Name, token), over.Token);
                Log.Starting(parts.Logger, parts.Connector.Name, parts.Status.Type, checkpoint.Token is null ? "nothing (no checkpoint yet)" : $"checkpoint {checkpoint.Version}");
                await RunAsync(new ConnectorRun(parts, checkpoint, lease), follower, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (lease.Ended.IsCancellationRequested)
        {
            // Asked for again.
        }
    }

    /// <summary>Runs until the process stops, the lease is over, or the kind that it follows leaves.</summary>
    private static async Task RunAsync(ConnectorRun run, HomeFollower? follower, CancellationToken stoppingToken)
    {
        if (follower is null)
        {
            await run.RunAsync(stoppingToken);
            return;
        }

        using var over = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        using var stopRun = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        var watching = StopWhenLeavingAsync(follower, stopRun, over.Token);
        try
        {
            await run.RunAsync(stopRun.Token);
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
}
