using E2EEvents.Grains.Interfaces.Regions;
using E2EEvents.Grains.Region;
using E2EEvents.Grains.Topics;

namespace E2EEvents.Grains.Replication;

/// <summary>Reads on in home's catalogue, which numbers its additions, and tells each topic's replica to stand by; all of them again every half minute, because a silo may have died.</summary>
[GrainType("standby")]
internal sealed class StandbyGrain(TopicServices services, HomeMap homes, IRegionCalls calls) : Grain, IStandbyGrain
{
    private const int PageKeys = 500;
    private const int AtOnce = 32;
    private static readonly TimeSpan AllAgainEvery = TimeSpan.FromSeconds(30);

    private readonly List<string> _keys = [];
    private string _kind = "";
    private string _home = "";
    private int _shard;
    private long _toldAllAt;
    private int _told;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        var key = this.GetPrimaryKeyString().Split('/');
        (_kind, _shard) = (key[0], int.Parse(key[1], System.Globalization.CultureInfo.InvariantCulture));
        _toldAllAt = services.Time.GetTimestamp();
        return base.OnActivateAsync(cancellationToken);
    }

    public async Task GoOnAsync(CancellationToken cancellationToken)
    {
        if (homes.IsHome(_kind))
        {
            DeactivateOnIdle();
            return;
        }

        var home = homes.HomeOf(_kind);
        if (home != _home) _keys.Clear(); // each region numbers its catalogue itself
        (_home, _told) = (home, home == _home ? _told : 0);
        if (services.Time.GetElapsedTime(_toldAllAt) > AllAgainEvery)
        {
            _keys.Clear(); // a home that lost its catalogue numbers it anew
            (_told, _toldAllAt) = (0, services.Time.GetTimestamp());
        }

        await ReadCatalogueAsync(cancellationToken);
        while (_told < _keys.Count)
        {
            var count = Math.Min(AtOnce, _keys.Count - _told);
            var telling = new Task[count];
            for (var i = 0; i < count; i++) telling[i] = TellAsync(_keys[_told + i], cancellationToken);
            await Task.WhenAll(telling).WaitAsync(services.Options.WriteTimeout, services.Time, cancellationToken);
            _told += count;
        }
    }

    private Task TellAsync(string key, CancellationToken cancellationToken) =>
        GrainFactory.GetGrain<IReplicaGrain>(TopicKindAttribute.ReaderIdOf(new TopicKey(_kind, key), isHome: false)).StandByAsync(cancellationToken);

    private async Task ReadCatalogueAsync(CancellationToken cancellationToken)
    {
        for (var more = true; more;)
        {
            var call = LinkCalls.Encode(new ListCall(_kind, _shard, _keys.Count, PageKeys));
            var page = LinkCalls.Decode<CataloguePage>(await calls.CallAsync(homes.HomeOf(_kind), LinkMethod.List, call, cancellationToken));
            _keys.AddRange(page.Keys);
            more = page.More && page.Keys.Length > 0;
        }
    }
}
