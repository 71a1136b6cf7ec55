using E2EEvents.Hosting;
using Microsoft.Extensions.Logging;

namespace E2EEvents.Connectors.Ingest;

/// <summary>Calls to the region for one connector: each has a deadline, and is made again (with growing pauses) until it succeeds.</summary>
internal sealed class RegionCalls(string connector, ConnectorOptions options, ConnectorStatus status, ConnectorsMetrics metrics, ILogger logger, TimeProvider time)
{
    /// <summary>Calls until it succeeds.</summary>
    /// <param name="operation">What is done: a short word for metrics and logs.</param>
    /// <param name="call">The call.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <param name="limit">Deadline of each attempt; null = that of all calls.</param>
    public async Task<T> UntilDoneAsync<T>(string operation, Func<CancellationToken, Task<T>> call, CancellationToken cancellationToken, TimeSpan? limit = null)
    {
        var backoff = NewBackoff();
        while (true)
        {
            try
            {
                var result = await OnceAsync(call, cancellationToken, limit);
                status.Worked(operation);
                return result;
            }
            catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
            {
                await PauseAsync(operation, failure, backoff, cancellationToken);
            }
        }
    }

    /// <summary>As the other, for a call without an answer.</summary>
    public Task UntilDoneAsync(string operation, Func<CancellationToken, Task> call, CancellationToken cancellationToken, TimeSpan? limit = null) =>
        UntilDoneAsync<bool>(operation, async token => { await call(token); return true; }, cancellationToken, limit);

    /// <summary>One call with its deadline: <paramref name="limit"/>, or that of all calls.</summary>
    public async Task<T> OnceAsync<T>(Func<CancellationToken, Task<T>> call, CancellationToken cancellationToken, TimeSpan? limit = null)
    {
        using var deadline = new CancellationTokenSource(limit ?? options.CallTimeout, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            // The call is asked to end, and is left alone if it does not.
            return await call(linked.Token).WaitAsync(linked.Token);
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"No answer of the region within {(limit ?? options.CallTimeout).TotalSeconds:0.#} s.");
        }
    }

    /// <summary>Reports a failure and pauses before the next attempt.</summary>
    public async Task PauseAsync(string operation, Exception failure, Backoff backoff, CancellationToken cancellationToken)
    {
        var pause = backoff.Next();
        Failed(operation, failure, backoff.Failures);
        await Task.Delay(pause, time, cancellationToken);
    }

    /// <summary>Reports a failure.</summary>
    /// <param name="operation">What failed.</param>
    /// <param name="failure">How.</param>
    /// <param name="failures">How many times in a row, this one included.</param>
    public void Failed(string operation, Exception failure, int failures)
    {
        metrics.Retried(connector, operation);
        status.Failed(operation, failure.Message);
        // The first attempts, then fewer and fewer: an outage with many topics must not flood the log.
        if (int.IsPow2(failures)) Log.CallFailed(logger, connector, operation, failures, $"{failure.GetType().Name}: {failure.Message}");
    }

    /// <summary>Pauses as the options say.</summary>
    public Backoff NewBackoff() => new(options.FirstPause, options.LongestPause, time, Random.Shared.NextDouble);
}
