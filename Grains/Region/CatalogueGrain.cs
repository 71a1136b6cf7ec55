using E2EEvents.Grains.Interfaces.Regions;
using E2EEvents.Grains.Replication;
using E2EEvents.Grains.Storage;
using E2EEvents.Grains.Topics;
using Orleans.Concurrency;

namespace E2EEvents.Grains.Region;

/// <summary>One shard of a kind's topics, numbered in order of addition, stored in pages: an addition writes one. Additions that come while a write is in flight share the next one.</summary>
[GrainType("catalogue"), Reentrant]
internal sealed class CatalogueGrain : Grain, ICatalogueGrain
{
    private const int MaxPage = 1000;
    private const int PageKeys = 1000;
    private const int MaxPages = 16;
    private static readonly TimeSpan PageFreshFor = TimeSpan.FromSeconds(2);

    private readonly TopicServices _services;
    private readonly IGrainContext _context;
    private readonly StoredRecord<CatalogueRecord> _oldRecord;
    private readonly CommitLoop _commits;
    private readonly List<string> _keys = [];
    private readonly HashSet<string> _known = [];
    private readonly HomeMap _homes;
    private readonly IRegionCalls _calls;
    private readonly Dictionary<(long After, int Max), (CataloguePage? Page, long At)> _pages = [];
    private readonly string _kind;
    private StoredRecord<CatalogueRecord> _page = null!; // the one that is not full yet
    private bool _isOld; // all keys in one record, from before there were pages
    private int _paged;
    private int _stored;

    public CatalogueGrain(TopicServices services, HomeMap homes, IRegionCalls calls, IGrainContext context)
    {
        (_homes, _calls) = (homes, calls);
        _kind = context.GrainId.Key.ToString()!.Split('/')[0];
        (_services, _context) = (services, context);
        _oldRecord = services.RecordOf<CatalogueRecord>("catalogue", context.GrainId);
        _commits = new CommitLoop(WriteAsync);
    }

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        await ReadPagesAsync(cancellationToken);

        // Pages of it that were written already are a beginning of it.
        if (await _oldRecord.ReadAsync(cancellationToken) is { Keys.Count: > 0 } old)
        {
            _isOld = true;
            foreach (var key in old.Keys) Remember(key);
        }

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

    public async Task<CataloguePage> ListAsync(long after, int max, CancellationToken cancellationToken) =>
        _homes.UpstreamOf(_kind) is { } upstream ? await ListUpstreamAsync(upstream, after, max, cancellationToken) : await ListHereAsync(after, max, cancellationToken);

    public Task<CataloguePage> ListHereAsync(long after, int max, CancellationToken cancellationToken)
    {
        var from = (int)Math.Clamp(after, 0, _stored);
        var count = Math.Min(Math.Clamp(max, 1, MaxPage), _stored - from);
        return Task.FromResult(new CataloguePage([.. _keys.GetRange(from, count)], from + 1, from + count < _stored));
    }

    /// <summary>Home's catalogue through the links. The pages asked for of late are kept: for a moment instead of asking, for long when upstream is away.</summary>
    private async Task<CataloguePage> ListUpstreamAsync(string upstream, long after, int max, CancellationToken cancellationToken)
    {
        var known = _pages.GetValueOrDefault((after, max));
        if (known.Page is not null && _services.Time.GetElapsedTime(known.At) < PageFreshFor) return known.Page;
        try
        {
            var shard = int.Parse(this.GetPrimaryKeyString().AsSpan(_kind.Length + 1), System.Globalization.CultureInfo.InvariantCulture);
            var call = LinkCalls.Encode(new ListCall(_kind, shard, after, Math.Clamp(max, 1, MaxPage)));
            var page = LinkCalls.Decode<CataloguePage>(await _calls.CallAsync(upstream, LinkMethod.List, call, cancellationToken));
            if (_pages.Count >= MaxPages) _pages.Clear();
            _pages[(after, max)] = (page, _services.Time.GetTimestamp());
            return page;
        }
        catch (Exception e) when (e is RegionCallException or InvalidDataException)
        {
            return known.Page ?? throw new TimeoutException($"The catalogue of '{_kind}' is at region {_homes.HomeOf(_kind)}, which gives no answer: {e.Message}.");
        }
    }

    private void Remember(string key)
    {
        if (_known.Add(key)) _keys.Add(key);
    }

    private async Task ReadPagesAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            _page = PageOf(_paged / PageKeys);
            var keys = (await _page.ReadAsync(cancellationToken))?.Keys ?? [];
            foreach (var key in keys) Remember(key);
            _paged += keys.Count;
            if (keys.Count < PageKeys) return;
        }
    }

    private async Task WriteAsync()
    {
        var count = _keys.Count;
        while (true)
        {
            var first = _paged / PageKeys * PageKeys;
            var end = Math.Min(count, first + PageKeys);
            if (end > _paged) await _page.WriteAsync(new CatalogueRecord { Keys = _keys[first..end] });
            _paged = end;
            if (end < first + PageKeys) break;
            _page = PageOf(end / PageKeys);
            await _page.ReadAsync(CancellationToken.None); // what an attempt that failed has left there is replaced
        }

        if (_isOld) await _oldRecord.ClearAsync();
        _isOld = false;
        _stored = count;
    }

    private StoredRecord<CatalogueRecord> PageOf(int number) =>
        _services.RecordOf<CatalogueRecord>("catalogue-page", GrainId.Create(_context.GrainId.Type, $"{this.GetPrimaryKeyString()}/{number}"));
}

/// <summary>Stored form of a page of a shard, or of a whole shard before there were pages.</summary>
internal sealed class CatalogueRecord
{
    public IReadOnlyList<string> Keys { get; init; } = [];
}
