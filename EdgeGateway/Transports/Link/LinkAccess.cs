using E2EEvents.EdgeGateway.Feeds;
using E2EEvents.Grains.Interfaces.Regions;

namespace E2EEvents.EdgeGateway.Transports.Link;

/// <summary>What another region may ask about.</summary>
internal static class LinkAccess
{
    /// <exception cref="LinkRefusedException">No topic, or of a kind that the region may not take or that is not here.</exception>
    public static async ValueTask<TopicKey> TopicAsync(RegionTree tree, KindMap kinds, string caller, string? text, CancellationToken cancellationToken)
    {
        if (!TopicKey.TryParse(text, out var topic, out var error)) throw new LinkRefusedException(error!);
        await CheckKindAsync(tree, kinds, caller, topic.Kind, cancellationToken).ConfigureAwait(false);
        return topic;
    }

    /// <exception cref="LinkRefusedException">The region may not take the kind, or it is not here.</exception>
    public static async ValueTask CheckKindAsync(RegionTree tree, KindMap kinds, string caller, string? kind, CancellationToken cancellationToken)
    {
        // Whether it exists is no business of a region that may not take it.
        if (kind is null || !tree.MayTake(caller, kind)) throw new LinkRefusedException($"Region {caller} may not take '{kind}' (Regions:All:{caller}:Kinds).");
        if (!await kinds.KnowsAsync(kind, cancellationToken).ConfigureAwait(false)) throw new LinkRefusedException($"'{kind}' is not a topic kind here.");
    }
}
