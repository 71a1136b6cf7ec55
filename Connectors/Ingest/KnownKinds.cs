namespace E2EEvents.Connectors.Ingest;

/// <summary>
/// The topic kinds of the region. A stream nobody subscribes to swallows events without a word, so a kind is looked up before anything is
/// published. Shared by the connectors of the process.
/// </summary>
internal sealed class KnownKinds(IRegion region, TimeProvider time)
{
    // Long enough that a flood of records of an unknown kind costs nothing, short enough for a kind that was just deployed.
    private static readonly TimeSpan RefreshAtMost = TimeSpan.FromSeconds(10);

    private volatile Known? _known;

    /// <summary>True if the region has the kind; asks the region again if it was not there a while ago.</summary>
    public async ValueTask<bool> ContainsAsync(string kind, RegionCalls calls, CancellationToken cancellationToken)
    {
        var known = _known;
        if (known is not null && (known.Kinds.Contains(kind) || time.GetElapsedTime(known.At) < RefreshAtMost)) return known.Kinds.Contains(kind);
        var kinds = await calls.UntilDoneAsync("kinds", region.KindsAsync, cancellationToken);
        _known = new Known(kinds, time.GetTimestamp());
        return kinds.Contains(kind);
    }

    private sealed record Known(IReadOnlySet<string> Kinds, long At);
}
