using E2EEvents.EdgeGateway.Feeds;
using E2EEvents.Grains.Interfaces.Regions;
using Microsoft.Extensions.Logging;

namespace E2EEvents.EdgeGateway.Transports.Link;

/// <summary>What a link session needs of its gateway.</summary>
internal sealed record LinkParts(
    TopicFollower Follower, KindMap Kinds, RegionTree Tree, LinkCallHandler Calls, LinkOptions Options, TimeSpan StaleAfter, string Instance,
    GatewayMetrics Metrics, ILogger Logger, TimeProvider Time);

/// <summary>The gateway's topics as a link's sender sees them.</summary>
internal sealed class LinkTopics(TopicFollower follower) : ILinkTopics
{
    public async Task<List<Frame>> ReadAsync(TopicKey topic, Position after, int maxBytes) =>
        FrameCodec.Decode((await follower.ReadAsync(topic, after, maxBytes, CancellationToken.None).ConfigureAwait(false)).Frames);

    public void Release(FollowedTopic topic) => follower.Release(topic);
}
