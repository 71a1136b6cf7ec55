using System.Linq;

namespace E2EEvents.Grains.Tests.Cluster;

/// <summary>Kinds, feeds' places.</summary>
public sealed class RegionGrainTests
{
    [Fact]
    public async Task Kinds_List_HoldsEveryKindWithItsDelivery()
    {
        await using var region = await TestRegion.StartAsync();
        var kinds = await region.Cluster.Client.GetGrain<IKindsGrain>(0).ListAsync(CancellationToken.None);
        Assert.Contains(kinds, kind => (kind.Kind, kind.Delivery) == ("test-every", Delivery.Every));
        Assert.Contains(kinds, kind => (kind.Kind, kind.Delivery) == ("test-latest", Delivery.Latest));
        Assert.Equal(kinds.Select(kind => kind.Kind).Order(StringComparer.Ordinal), kinds.Select(kind => kind.Kind));
        Assert.All(kinds, kind => Assert.Equal(("home", 1L, true, false), (kind.Home, kind.Term, kind.IsHere, kind.Leaving)));
    }

    [Fact]
    public async Task Feed_EachSiloOfTheCluster_IsPinnedToTheSiloInItsKey()
    {
        await using var region = await TestRegion.StartAsync(2);
        foreach (var silo in region.Cluster.Silos)
        {
            for (var i = 0; i < 5; i++)
            {
                var feed = region.Cluster.Client.GetGrain<IFeedGrain>(FeedKey.Of($"gw{i}", silo.SiloAddress.ToParsableString()));
                await feed.PullAsync(new FeedPull(0, 0, [], 1024, TimeSpan.Zero), CancellationToken.None);
                Assert.True(region.Cluster.TryGetGrainContext(feed.GetGrainId(), out var context));
                Assert.Equal(silo.SiloAddress, context.Address.SiloAddress);
            }
        }
    }

    [Fact]
    public async Task Feed_SiloNotInTheCluster_FailsAtOnce()
    {
        await using var region = await TestRegion.StartAsync();
        var feed = region.Cluster.Client.GetGrain<IFeedGrain>(FeedKey.Of("gw", "127.0.0.1:1@1"));
        var failed = await Assert.ThrowsAnyAsync<Exception>(() => feed.PullAsync(new FeedPull(0, 0, [], 1024, TimeSpan.Zero), CancellationToken.None).WaitAsync(TestRegion.Deadline));
        Assert.IsNotType<TimeoutException>(failed);
    }

    [Fact]
    public async Task Start_OptionOutOfRange_TellsEveryError()
    {
        var failed = await Assert.ThrowsAnyAsync<Exception>(() => TestRegion.StartAsync(1, ("Topics:HistoryFrames", "0"), ("Topics:EventIds", "1"), ("Feeds:Lease", "00:00:00")));
        var text = failed.ToString();
        Assert.Contains("HistoryFrames", text, StringComparison.Ordinal);
        Assert.Contains("EventIds", text, StringComparison.Ordinal);
        Assert.Contains("Lease", text, StringComparison.Ordinal);
    }
}
