using E2EEvents.Grains.Interfaces.Regions;
using E2EEvents.Grains.Storage;
using E2EEvents.Grains.Topics;
using Orleans.Concurrency;

namespace E2EEvents.Grains.Region;

/// <summary>The region's terms, stored. What is learnt while a write is in flight shares the next one; nothing is answered before it is stored.</summary>
[GrainType("homes"), Reentrant]
internal sealed class HomesGrain : Grain, IHomesGrain
{
    private readonly TopicServices _services;
    private readonly HomeMap _homes;
    private readonly KindRegistry _kinds;
    private readonly StoredRecord<HomesRecord> _record;
    private readonly CommitLoop _commits;
    private HomesBook _book = new();
    private int _stored;

    public HomesGrain(TopicServices services, HomeMap homes, KindRegistry kinds, IGrainContext context)
    {
        (_services, _homes, _kinds) = (services, homes, kinds);
        _record = services.RecordOf<HomesRecord>("homes", context.GrainId);
        _commits = new CommitLoop(WriteAsync);
    }

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        if (await _record.ReadAsync(cancellationToken) is { } stored) _book = new HomesBook(stored);
        await base.OnActivateAsync(cancellationToken);
    }

    public async Task<KindTerm[]> ListAsync(CancellationToken cancellationToken)
    {
        await StoredAsync();
        return _book.All();
    }

    public async Task<KindTerm[]> LearnAsync(KindTerm[] terms, CancellationToken cancellationToken)
    {
        foreach (var told in terms)
        {
            if (!_kinds.Has(told.Kind) || !_book.Learn(told.Kind, told.Term, _homes.FirstTermOf(told.Kind).Term)) continue;
            Log.TermLearnt(_services.Logger, told.Kind, told.Term);
        }

        await StoredAsync();
        return _book.All();
    }

    public async Task<KindTerm> LeaveAsync(string kind, Term to, bool leaving, CancellationToken cancellationToken)
    {
        var first = _homes.FirstTermOf(kind).Term;
        if (_kinds.Has(kind) && _book.TermOf(kind, first).Term.Region == _homes.Region && _book.Leave(kind, to, leaving, first)) Log.KindLeaves(_services.Logger, kind, to, leaving);
        await StoredAsync();
        return _book.TermOf(kind, first);
    }

    private async Task StoredAsync()
    {
        if (_stored == _book.Changes) return;
        try
        {
            await _commits.WrittenAsync();
        }
        catch (Exception e) // rethrown: the caller tells its terms again
        {
            Log.RecordWriteFailed(_services.Logger, "The region's terms", e);
            DeactivateOnIdle();
            throw;
        }
    }

    private async Task WriteAsync()
    {
        var changes = _book.Changes;
        await _record.WriteAsync(_book.ToRecord());
        _stored = changes;
    }
}
