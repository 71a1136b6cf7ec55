using E2EEvents.EdgeGateway.Tests.Transports;
using E2EEvents.Testing.Clients;

namespace E2EEvents.EdgeGateway.Tests.Feeds;

/// <summary>How topics are followed, on a fake region whose feed and topics answer in the order that a test wants.</summary>
public sealed class TopicFollowerTests
{
    [Fact]
    public async Task Follow_FeedTellsItsEndBeforeItsAnswerIsHere_IsFollowedAnew()
    {
        await using var rig = await GatewayRig.StartAsync();
        var other = new Transcript(A.Match, Delivery.Every);
        rig.Region.Topic(A.Match).Publish();
        await using var first = await WsClient.ConnectAsync(rig.Uri, [other], A.Token);
        await other.ReachesAsync(1, GatewayRig.Soon); // the feed is being pulled from now on

        var topic = rig.Region.Topic("ticker/late").Publish();
        topic.Answering = answer => rig.Region.Feed.EndAsync(answer.Follow); // as an activation that ends right after it answered
        var late = new Transcript("ticker/late", Delivery.Latest);
        await using var second = await WsClient.ConnectAsync(rig.Uri, [late], A.Token);
        await late.ReachesAsync(1, GatewayRig.Soon);
        topic.Publish();
        await late.ReachesAsync(2, GatewayRig.Soon);
    }
}
