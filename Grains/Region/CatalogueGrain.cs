using E2EEvents.Grains.Storage;
using E2EEvents.Grains.Topics;
using Orleans.Concurrency;

namespace E2EEvents.Grains.Region;

/// <summary>One shard of a kind's topics, numbered in order of addition. Additions that come while a write is in flight share the next one.</summary>
[GrainType("catalogue"), Reentrant]
internal sealed class CatalogueGrain : Grain, ICatalogueGrain
{
    private const int MaxPage = 1000;

    private readonly TopicServices _services;
    private readonly StoredRecord<CatalogueRecord> _record;
    private readonly CommitLoop _commits;
    private readonly List<string> _keys = [];
    private readonly HashSet<string> _known = [];
    private int _stored;

    public CatalogueGrain(TopicServices services, IGrainContext context)
    {
        _services = services;
        _record = services.RecordOf<CatalogueRecord>("catalogue", context.GrainId);
        _commits = new CommitLoop(WriteAsync);
    }

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        foreach (var key in (await _record.ReadAsync(cancellationToken))?.Keys ?? []) Remember(key);
        _stored = _keys.Count;
        await base.OnActivateAsync(cancellationToken);
    }

    public async Task AddAsync(string[] keys, CancellationToken cancellationToken)
    {
        foreach (var key in keys) Remember(key);
        if (_stored == _keys.Count) return;
        try
        {
            await _commits.WrittenAsync();
        }
        catch (Exception e) // rethrown: the topic tries again
        {
            Log.RecordWriteFailed(_services.Logger, $"Catalogue {this.GetPrimaryKeyString()}", e);
            DeactivateOnIdle();
            throw;
        }
    }

    public Task<CataloguePage> ListAsync(long after, int max, CancellationToken cancellationToken)
    {
        var from = (int)Math.Clamp(after, 0, _stored);
        var count = Math.Min(Math.Clamp(max, 1, MaxPage), _stored - from);
        return Task.FromResult(new CataloguePage([.. _keys.GetRange(from, count)], from + 1, from + count < _stored));
    }

    private void Remember(string key)
    {
        if (_known.Add(key)) _keys.Add(key);
    }

    private async Task WriteAsync()
    {
        var count = _keys.Count;
        await _record.WriteAsync(new CatalogueRecord { Keys = [.. _keys] });
        _stored = count;
    }
}

/// <summary>Stored form of a shard.</summary>
internal sealed class CatalogueRecord
{
    public IReadOnlyList<string> Keys { get; init; } = [];
}
