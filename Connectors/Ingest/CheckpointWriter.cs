using Microsoft.Extensions.Logging;

namespace E2EEvents.Connectors.Ingest;

/// <summary>Stores the checkpoint of one connector and then tells the connector what is safe. One call at a time.</summary>
internal sealed class CheckpointWriter(
    IConnector connector, Checkpoint stored, Lease lease, ConnectorOptions options, IRegion region, RegionCalls calls, ILogger logger, TimeProvider time)
{
    private Checkpoint _stored = stored;

    /// <summary>The token of the stored checkpoint; null = none.</summary>
    public string? Token => _stored.Token;

    /// <summary>Stores a token, however often it takes.</summary>
    /// <returns>False if another process has the lease: this one must not go on.</returns>
    public async Task<bool> WriteAsync(ResumeToken token, CancellationToken cancellationToken)
    {
        while (_stored.Token != token.Value)
        {
            var answer = await calls.UntilDoneAsync(
                "checkpoint", t => region.WriteCheckpointAsync(connector.Name, token.Value, _stored.Version, lease.Number, t), cancellationToken);
            if (answer is null)
            {
                lease.Lost();
                return false;
            }

            _stored = answer; // not this token if an attempt that was given up has come in late: then once more
        }

        await AcknowledgeAsync(token, cancellationToken);
        return true;
    }

    private async Task AcknowledgeAsync(ResumeToken token, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(options.CallTimeout, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            await connector.SettledAsync(token, linked.Token).AsTask().WaitAsync(linked.Token);
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
        {
            Log.AcknowledgeFailed(logger, connector.Name, failure);
        }
    }
}
