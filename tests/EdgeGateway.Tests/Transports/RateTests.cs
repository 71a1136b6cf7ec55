using E2EEvents.EdgeGateway.Tests.Transports.Fakes;
using E2EEvents.Testing.Clients;

namespace E2EEvents.EdgeGateway.Tests.Transports;

/// <summary><c>?maxRate=</c> on streams.</summary>
public sealed class RateTests
{
    [Theory]
    [InlineData("topics/ticker/x/events?maxRate=0")]
    [InlineData("topics/ticker/x/events?maxRate=0.09")]
    [InlineData("topics/ticker/x/events?maxRate=1001")]
    [InlineData("topics/ticker/x/events?maxRate=NaN")]
    [InlineData("topics/ticker/x/events?maxRate=-1")]
    [InlineData("topics/ticker/x/events?maxRate=1e1")]
    [InlineData("topics/ticker/x/events?maxRate=2&maxRate=3")]
    [InlineData("topics/match/x/events?maxRate=2")] // every change is promised
    [InlineData("events?topic=ticker/x&topic=match/x&maxRate=2")]
    public async Task MaxRate_ThatCannotBe_IsRefused(string path)
    {
        await using var rig = await GatewayRig.StartAsync();
        rig.Region.Topic(A.Match).Publish();
        rig.Region.Topic(A.Ticker).Publish();
        GatewayRig.AssertProblem(await rig.Topics.SendAsync(path, A.Token), 400, "bad-parameter");
    }

    [Fact]
    public async Task MaxRate_OfTheKind_HoldsForAllAndIsListed()
    {
        var region = new FakeRegion { TickerRate = 0.5 };
        await using var rig = await GatewayRig.StartAsync(region);
        await Eventually.TrueAsync(async token => (await rig.Topics.SendAsync("kinds", token)).Body.Contains("\"kind\":\"ticker\",\"delivery\":\"latest\",\"maxRate\":0.5", StringComparison.Ordinal), GatewayRig.Soon);
        var topic = region.Topic(A.Ticker).Publish();
        var ticker = new Transcript(A.Ticker, Delivery.Latest);
        await using var client = await WsClient.ConnectAsync(rig.Uri, [ticker], A.Token);
        await ticker.ReachesAsync(1, GatewayRig.Soon);

        topic.Publish(20);

        await ticker.ReachesAsync(21, GatewayRig.Soon);
        Assert.Equal(2, ticker.Taken);
    }

    [Theory]
    [InlineData("ws")]
    [InlineData("sse")]
    public async Task MaxRate_OfABusyTopic_SkipsSomeAndEndsWithTheNewest(string transport)
    {
        await using var rig = await GatewayRig.StartAsync();
        var topic = rig.Region.Topic(A.Ticker).Publish();
        var (slow, all) = (new Transcript(A.Ticker, Delivery.Latest), new Transcript(A.Ticker, Delivery.Latest));
        var options = new StreamOptions { Query = "maxRate=2" };
        await using IStreamClient client = transport == "ws" ? await WsClient.ConnectAsync(rig.Uri, [slow], A.Token, options) : await SseClient.ConnectAsync(rig.Uri, [slow], A.Token, options);
        await using var other = await WsClient.ConnectAsync(rig.Uri, [all], A.Token);
        await slow.ReachesAsync(1, GatewayRig.Soon);
        await all.ReachesAsync(1, GatewayRig.Soon);
        for (var i = 2; i <= 40; i++)
        {
            topic.Publish();
            await all.ReachesAsync(i, GatewayRig.Soon);
        }

        await slow.ReachesAsync(40, GatewayRig.Soon);
        Assert.True(slow.Taken < 40, $"{slow.Taken} updates at two a second");
    }
}
