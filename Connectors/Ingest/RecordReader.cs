using E2EEvents.Hosting;
using Microsoft.Extensions.Logging;

namespace E2EEvents.Connectors.Ingest;

/// <summary>Reads a connector for ever: after a failure it pauses and reads on after the last record that was accepted.</summary>
internal sealed class RecordReader(
    IConnector connector, ConnectorOptions options, ConnectorStatus status, ConnectorsMetrics metrics, ILogger logger, TimeProvider time)
{
    private const string Read = "origin";

    /// <summary>Ends, without an exception, only by cancellation.</summary>
    /// <param name="after">Where to begin; null = as configured.</param>
    /// <param name="accept">Takes a record; waits while there is no room.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public async Task RunAsync(ResumeToken? after, Func<SourceRecord, CancellationToken, Task> accept, CancellationToken cancellationToken)
    {
        var backoff = new Backoff(options.FirstPause, options.LongestPause, time, Random.Shared.NextDouble);
        while (!cancellationToken.IsCancellationRequested)
        {
            status.Enter("connecting", ready: false);
            long? connectedAt = null;
            Exception failure;
            try
            {
                await foreach (var record in connector.ReadAsync(after, cancellationToken))
                {
                    connectedAt ??= Connected();
                    if (!record.IsMark) backoff.Reset();
                    await accept(record, cancellationToken);
                    after = record.Token;
                }

                failure = new EndOfStreamException("The connector stopped reading without saying why.");
            }
            catch (Exception thrown)
            {
                failure = thrown;
            }

            if (cancellationToken.IsCancellationRequested) return;
            // A connection that is refused again and again right after it was made must not be tried without a pause.
            if (connectedAt is { } since && time.GetElapsedTime(since) >= options.LongestPause) backoff.Reset();
            await PauseAsync(failure, backoff, cancellationToken);
        }
    }

    private long Connected()
    {
        status.Worked(Read);
        status.Enter("reading", ready: true);
        Log.Reading(logger, connector.Name);
        return time.GetTimestamp();
    }

    private async Task PauseAsync(Exception failure, Backoff backoff, CancellationToken cancellationToken)
    {
        var pause = backoff.Next();
        status.Failed(Read, failure.Message);
        status.Enter("waiting to reconnect", ready: false);
        metrics.Reconnecting(connector.Name);
        Log.ReadingFailed(logger, connector.Name, backoff.Failures, pause.TotalMilliseconds, failure);
        await Task.Delay(pause, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
