using Orleans.Placement;

namespace E2EEvents.Grains.Feeds;

/// <summary>The address of a feed: lives on the silo named in its key, and passes pulls to the silo's registry.</summary>
[GrainType("feed"), FeedPlacement, Immovable]
internal sealed class FeedGrain(FeedRegistry feeds, ILocalSiloDetails silo) : Grain, IFeedGrain
{
    private string _gateway = "";

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        var (gateway, address) = FeedKey.Parse(this.GetPrimaryKeyString());
        if (address != silo.SiloAddress.ToParsableString()) throw new InvalidOperationException($"The feed of {gateway} at {address} came up on {silo.SiloAddress}.");
        _gateway = gateway;
        return base.OnActivateAsync(cancellationToken);
    }

    public Task<FeedAnswer> PullAsync(FeedPull pull, CancellationToken cancellationToken) => feeds.PullAsync(_gateway, pull, cancellationToken);
}
