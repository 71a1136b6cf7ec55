using System.Linq;
using E2EEvents.Grains.Storage;
using E2EEvents.Grains.Topics;
using Microsoft.Extensions.Options;
using Orleans.Concurrency;

namespace E2EEvents.Grains.Region;

/// <summary>Dead letters of one kind. What comes while a write is in flight shares the next one.</summary>
[GrainType("dead-letters"), Reentrant]
internal sealed class DeadLetterGrain : Grain, IDeadLetterGrain
{
    private const int MaxLetters = 1000;

    private readonly TopicServices _services;
    private readonly IGrainContext _context;
    private readonly StoredRecord<DeadLetterListRecord> _list;
    private readonly StoredRecord<DeadLetterRecord> _oldRecord;
    private readonly Dictionary<long, StoredRecord<DeadLetterPageRecord>> _pages = [];
    private readonly CommitLoop _commits;
    private readonly DeadLetterBook _book;
    private long[] _storedPages = [];
    private bool _isOld; // a silo of before there were pages has stored letters
    private long _stored;
    private long _counted;

    public DeadLetterGrain(TopicServices services, IOptions<DeadLetterOptions> options, IGrainContext context)
    {
        (_services, _context) = (services, context);
        _list = services.RecordOf<DeadLetterListRecord>("dead-letters-list", context.GrainId);
        _oldRecord = services.RecordOf<DeadLetterRecord>("dead-letters", context.GrainId);
        _commits = new CommitLoop(WriteAsync);
        _book = new DeadLetterBook(options.Value);
    }

    private string Kind => this.GetPrimaryKeyString();

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        if (await _list.ReadAsync(cancellationToken) is { } list) await ReadPagesAsync(list.Pages, cancellationToken);
        if (await _oldRecord.ReadAsync(cancellationToken) is { } old)
        {
            _isOld = true;
            _book.Restore(old); // stored anew, in pages, with the next change
        }

        _counted = _book.Total;
        _services.Metrics.DeadLettersWaiting(Kind, _book.Waiting);
        await base.OnActivateAsync(cancellationToken);
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _services.Metrics.DeadLettersWaiting(Kind, null);
        return base.OnDeactivateAsync(reason, cancellationToken);
    }

    public Task AddAsync(DeadLetter[] letters, CancellationToken cancellationToken)
    {
        foreach (var letter in letters) _book.Add(letter);
        return StoredAsync();
    }

    public Task<DeadLetterPage> FindAsync(LetterQuery query, CancellationToken cancellationToken) => Task.FromResult(_book.Answer(query, Math.Clamp(query.Max, 1, MaxLetters)));

    public Task<DeadLetter?> GetAsync(long number, CancellationToken cancellationToken) => Task.FromResult(_book.Find(number));

    public async Task<int> RemoveAsync(long[] numbers, CancellationToken cancellationToken)
    {
        var removed = numbers.Count(_book.Remove);
        await StoredAsync();
        return removed;
    }

    public Task RefusedAsync(long number, string reason, CancellationToken cancellationToken)
    {
        _book.Refused(number, reason);
        return StoredAsync();
    }

    private async Task StoredAsync()
    {
        if (_stored == _book.Revision) return;
        try
        {
            await _commits.WrittenAsync();
        }
        catch (Exception e) // rethrown: the topic does not let its stream go on before the letter is stored
        {
            Log.RecordWriteFailed(_services.Logger, $"The dead letters of {Kind}", e);
            DeactivateOnIdle();
            throw;
        }
    }

    private async Task ReadPagesAsync(IReadOnlyList<long> numbers, CancellationToken cancellationToken)
    {
        var read = await Task.WhenAll(numbers.Select(number => NewPage(number).ReadAsync(cancellationToken)));
        for (var i = 0; i < numbers.Count; i++) _book.Restore(numbers[i], read[i] ?? new DeadLetterPageRecord());
        _book.Restored();
        _storedPages = [.. numbers];
    }

    /// <summary>Pages first, so that the list names none that was never there; then the list; then what it no longer names goes.</summary>
    private async Task WriteAsync()
    {
        var (revision, total) = (_book.Revision, _book.Total);
        var (changed, pages) = (_book.TakeChanged(), _book.Pages);
        foreach (var (number, record) in changed)
        {
            if (record is not null) await (await PageAsync(number)).WriteAsync(record);
        }

        if (!pages.SequenceEqual(_storedPages))
        {
            await _list.WriteAsync(new DeadLetterListRecord { Pages = pages });
            _storedPages = pages;
        }

        if (_isOld) await _oldRecord.ClearAsync();
        _isOld = false;

        foreach (var (number, record) in changed)
        {
            if (record is not null) continue;
            await (await PageAsync(number)).ClearAsync();
            _pages.Remove(number);
        }

        _services.Metrics.DeadLettersStored(Kind, (int)(total - _counted));
        _services.Metrics.DeadLettersWaiting(Kind, _book.Waiting);
        (_stored, _counted) = (revision, total);
    }

    /// <summary>A page's record, read if it is not known: what an attempt that failed has left there is replaced.</summary>
    private async Task<StoredRecord<DeadLetterPageRecord>> PageAsync(long number)
    {
        if (_pages.TryGetValue(number, out var page)) return page;
        page = NewPage(number);
        await page.ReadAsync(CancellationToken.None);
        return page;
    }

    private StoredRecord<DeadLetterPageRecord> NewPage(long number) =>
        _pages[number] = _services.RecordOf<DeadLetterPageRecord>("dead-letters-page", GrainId.Create(_context.GrainId.Type, $"{Kind}/{number}"));
}
