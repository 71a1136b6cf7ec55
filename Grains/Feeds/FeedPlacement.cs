using Orleans.Placement;
using Orleans.Runtime.Placement;

namespace E2EEvents.Grains.Feeds;

/// <summary>Places a grain on the silo named in its key (<see cref="FeedKey"/>), and nowhere else.</summary>
[GenerateSerializer, Immutable, Alias("e2e.feed-placement")]
internal sealed class FeedPlacement : PlacementStrategy
{
    public static FeedPlacement Singleton { get; } = new();
}

[AttributeUsage(AttributeTargets.Class)]
internal sealed class FeedPlacementAttribute() : PlacementAttribute(FeedPlacement.Singleton);

/// <summary>Reads the silo from the key; a silo that is gone is an error at once, which tells the gateway to look for its topics elsewhere.</summary>
internal sealed class FeedPlacementDirector : IPlacementDirector
{
    public Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context)
    {
        var (gateway, silo) = FeedKey.Parse(target.GrainIdentity.Key.ToString()!);
        var address = SiloAddress.FromParsableString(silo);
        foreach (var candidate in context.GetCompatibleSilos(target))
        {
            if (candidate.Equals(address)) return Task.FromResult(candidate);
        }

        throw new SiloUnavailableException($"Silo {silo} is not in the cluster; gateway {gateway} must look for its topics elsewhere.");
    }
}
