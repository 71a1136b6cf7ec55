namespace E2EEvents.Connectors.Ingest;

/// <summary>Lets a connector run where its kind has its home. Elsewhere it keeps this region's checkpoint behind home's, so that it can go on from there.</summary>
internal sealed class HomeFollower(ConnectorParts parts, string kind, Lease lease)
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(1);

    // Of two copies the older one is stored. A checkpoint says that all before it is in the topics' records at home; a standby region's copies of those
    // come a second or more later. Going on from a checkpoint that is too old costs repeats, which topics drop; from one too new, events.
    private static readonly TimeSpan CopyEvery = TimeSpan.FromSeconds(5);

    /// <summary>Ends once the kind has its home here, and stays.</summary>
    public async Task HomeAsync(CancellationToken cancellationToken)
    {
        Checkpoint? older = null;
        var copiedAt = long.MinValue / 2;
        string? told = null;
        while (true)
        {
            var found = await parts.Kinds.FindAsync(kind, parts.Calls, cancellationToken);
            if (found is { IsHere: true, Leaving: false }) return;
            var phase = found is null ? $"standing by, the region has no kind {kind} yet" : $"standing by, {kind} has its home in region {found.Home}";
            parts.Status.CheckpointStored(null);
            parts.Status.Enter(phase, ready: true);
            if (told != phase) Log.FollowsHome(parts.Logger, parts.Connector.Name, phase);
            told = phase;
            if (found is { IsHere: false } && parts.Time.GetElapsedTime(copiedAt) >= CopyEvery)
            {
                copiedAt = parts.Time.GetTimestamp();
                older = await CopyAsync(older, cancellationToken);
            }

            await Task.Delay(Every, parts.Time, cancellationToken);
        }
    }

    /// <summary>Ends once the kind leaves, or has left.</summary>
    public async Task LeavesAsync(CancellationToken cancellationToken)
    {
        while (await parts.Kinds.FindAsync(kind, parts.Calls, cancellationToken) is null or { IsHere: true, Leaving: false }) await Task.Delay(Every, parts.Time, cancellationToken);
    }

    private async Task<Checkpoint?> CopyAsync(Checkpoint? older, CancellationToken cancellationToken)
    {
        try
        {
            var name = parts.Connector.Name;
            var now = await parts.Calls.OnceAsync(token => parts.Region.ReadHomeCheckpointAsync(name, kind, token), cancellationToken);
            parts.Status.Worked("copy");
            if (older?.Token is { } token)
            {
                var here = await parts.Calls.OnceAsync(t => parts.Region.ReadCheckpointAsync(name, t), cancellationToken);
                if (here.Token != token && await parts.Calls.OnceAsync(t => parts.Region.WriteCheckpointAsync(name, token, here.Version, lease.Number, t), cancellationToken) is null) lease.Lost();
            }

            return now;
        }
        catch (Exception away) when (!cancellationToken.IsCancellationRequested) // survived: home or the link is away; the checkpoint that is here does
        {
            parts.Status.Failed("copy", away.Message);
            return null; // not known to be old enough any more
        }
    }
}
