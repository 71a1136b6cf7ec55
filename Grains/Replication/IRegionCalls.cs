using E2EEvents.Grains.Interfaces.Regions;

namespace E2EEvents.Grains.Replication;

/// <summary>Asks another region over this silo's link to it; dials if there is none yet.</summary>
internal interface IRegionCalls
{
    /// <summary>One call and its reply. Bodies: <see cref="LinkCalls"/>.</summary>
    /// <param name="region">Any region with link addresses.</param>
    /// <param name="method">What is asked.</param>
    /// <param name="body">At most 1 MiB.</param>
    /// <param name="cancellationToken">Deadline: without one of its own a call ends after 5 s.</param>
    /// <exception cref="RegionCallException">The link is down, the answer is late, or the region refused; says which.</exception>
    Task<ReadOnlyMemory<byte>> CallAsync(string region, LinkMethod method, byte[] body, CancellationToken cancellationToken);
}

/// <summary>A call to another region that brought no answer.</summary>
internal sealed class RegionCallException(string message, bool isRefused = false) : Exception(message)
{
    /// <summary>True if the region answered, and refused: the same call would fail again.</summary>
    public bool IsRefused { get; } = isRefused;
}
