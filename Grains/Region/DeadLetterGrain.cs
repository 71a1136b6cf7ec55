using E2EEvents.Grains.Storage;
using E2EEvents.Grains.Topics;
using Microsoft.Extensions.Options;
using Orleans.Concurrency;

namespace E2EEvents.Grains.Region;

/// <summary>Dead letters of one kind. What comes while a write is in flight shares the next one.</summary>
[GrainType("dead-letters"), Reentrant]
internal sealed class DeadLetterGrain : Grain, IDeadLetterGrain
{
    private const int MaxPage = 1000;

    private readonly TopicServices _services;
    private readonly DeadLetterOptions _options;
    private readonly StoredRecord<DeadLetterRecord> _record;
    private readonly CommitLoop _commits;
    private DeadLetterBook _book;
    private long _stored;

    public DeadLetterGrain(TopicServices services, IOptions<DeadLetterOptions> options, IGrainContext context)
    {
        _services = services;
        _options = options.Value;
        _record = services.RecordOf<DeadLetterRecord>("dead-letters", context.GrainId);
        _commits = new CommitLoop(WriteAsync);
        _book = new DeadLetterBook(_options);
    }

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        if (await _record.ReadAsync(cancellationToken) is { } stored) _book = stored.ToBook(_options);
        _stored = _book.Total;
        await base.OnActivateAsync(cancellationToken);
    }

    public async Task AddAsync(DeadLetter[] letters, CancellationToken cancellationToken)
    {
        foreach (var letter in letters) _book.Add(letter);
        if (_stored == _book.Total) return;
        try
        {
            await _commits.WrittenAsync();
        }
        catch (Exception e) // rethrown: the topic does not let its stream go on before the letter is stored
        {
            Log.RecordWriteFailed(_services.Logger, $"The dead letters of {this.GetPrimaryKeyString()}", e);
            DeactivateOnIdle();
            throw;
        }
    }

    public Task<DeadLetterPage> ListAsync(int max, CancellationToken cancellationToken) =>
        Task.FromResult(new DeadLetterPage(_book.Newest(Math.Clamp(max, 1, MaxPage)), _book.Total, _book.Dropped));

    private async Task WriteAsync()
    {
        var total = _book.Total;
        await _record.WriteAsync(DeadLetterRecord.Of(_book));
        _services.Metrics.DeadLettersStored(this.GetPrimaryKeyString(), (int)(total - _stored));
        _stored = total;
    }
}
