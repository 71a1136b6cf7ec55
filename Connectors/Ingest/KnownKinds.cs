namespace E2EEvents.Connectors.Ingest;

/// <summary>
/// The topic kinds of the region. A stream nobody subscribes to swallows events without a word, so a kind is looked up before anything is
/// published. Shared by the connectors of the process.
/// </summary>
internal sealed class KnownKinds(IRegion region, TimeProvider time)
{
    // Long enough that a flood of records of an unknown kind costs nothing, short enough for a kind that was just deployed.
    private static readonly TimeSpan RefreshAtMost = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan HomeFreshFor = TimeSpan.FromSeconds(1);

    private volatile Known? _known;
    private int _asking;

    /// <summary>True if the region has the kind; asks the region again if it was not there a while ago.</summary>
    public async ValueTask<bool> ContainsAsync(string kind, RegionCalls calls, CancellationToken cancellationToken)
    {
        var known = _known;
        if (known is null || (!known.Kinds.ContainsKey(kind) && time.GetElapsedTime(known.At) >= RefreshAtMost)) known = await ReadAsync(calls, cancellationToken);
        return known.Kinds.ContainsKey(kind);
    }

    /// <summary>The kind as it was about a second ago; null = unknown.</summary>
    public async ValueTask<KindInfo?> FindAsync(string kind, RegionCalls calls, CancellationToken cancellationToken)
    {
        var known = _known;
        if (known is null) known = await ReadAsync(calls, cancellationToken);
        else if (time.GetElapsedTime(known.At) >= HomeFreshFor && Interlocked.CompareExchange(ref _asking, 1, 0) == 0)
        {
            try
            {
                known = await ReadAsync(calls, cancellationToken); // one asks for all; the others go on with what is known
            }
            finally
            {
                Volatile.Write(ref _asking, 0);
            }
        }

        return known.Kinds.GetValueOrDefault(kind);
    }

    private async Task<Known> ReadAsync(RegionCalls calls, CancellationToken cancellationToken)
    {
        var at = time.GetTimestamp(); // before asking: what is answered is at least that fresh
        var kinds = new Dictionary<string, KindInfo>(StringComparer.Ordinal);
        foreach (var kind in await calls.UntilDoneAsync("kinds", region.KindsAsync, cancellationToken)) kinds[kind.Kind] = kind;
        return _known = new Known(kinds, at);
    }

    private sealed record Known(Dictionary<string, KindInfo> Kinds, long At);
}
