using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Security.Cryptography;
using E2EEvents.Grains.Storage;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Streams;
using Orleans.Streams.Core;

namespace E2EEvents.Grains.Topics;

/// <summary>
/// A topic kind: initial state and reducer. Everything else follows from <see cref="TopicKindAttribute"/>. An ordinary grain otherwise: it may have
/// a constructor, timers and grain methods of its own (which never interleave with events of streams).
/// </summary>
/// <remarks>
/// A shell: it reads and writes the record, and passes events to <see cref="TopicCore{TState,TEvent}"/>, which decides. A failed or unknown write
/// ends the activation and fails the delivery, so that the stream delivers again to an activation that knows what is stored.
/// </remarks>
[SuppressMessage("Design", "CA1001", Justification = "A source without timer or links has nothing to dispose, and late callbacks may still ask it.")]
public abstract partial class TopicGrain<TState, TEvent> : Grain, ITopicGrain, IAsyncBatchObserver<SourcedEvent>, IStreamSubscriptionObserver, IReducer<TState, TEvent>, ITopicRule
    where TState : class
    where TEvent : class
{
    private const int MaxReadBytes = 4 << 20;
    private static readonly TimeSpan MaxSettledWait = TimeSpan.FromSeconds(10);

    private readonly Signal _written = new();
    private readonly CancellationTokenSource _deactivating = new();
    private TopicServices _services = null!;
    private StoredRecord<TopicRecord> _record = null!;
    private TopicCore<TState, TEvent> _core = null!;
    private CommitLoop _commits = null!;
    private TopicKey _topic;
    private Task _letters = Task.CompletedTask;
    private bool _failed;
    private bool _writing;
    private bool _catalogued;

    /// <summary>The state before the first event.</summary>
    protected abstract TState Initial { get; }

    /// <summary>The state after an event. Pure and total; the same instance back means "no change": nothing is numbered, stored or sent.</summary>
    protected abstract TState Apply(TState state, TEvent e);

    /// <summary>Why an event cannot be applied to this state (it is then dead-lettered with the reason); null = it can. Pure.</summary>
    protected virtual string? Refuse(TState state, TEvent e) => null;

    TState IReducer<TState, TEvent>.Initial => Initial;

    TState IReducer<TState, TEvent>.Apply(TState state, TEvent e) => Apply(state, e);

    string? IReducer<TState, TEvent>.Refuse(TState state, TEvent e) => Refuse(state, e);

    object ITopicRule.Initial => Initial;

    object ITopicRule.Apply(object state, object e) => Apply((TState)state, (TEvent)e);

    string? ITopicRule.Refuse(object state, object e) => Refuse((TState)state, (TEvent)e);

    /// <inheritdoc/>
    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        var kind = GetType().GetCustomAttribute<TopicKindAttribute>() ?? throw new InvalidOperationException($"{GetType()} lacks [TopicKind].");
        _services = ServiceProvider.GetRequiredService<TopicServices>();
        _topic = new TopicKey(kind.Kind, this.GetPrimaryKeyString());
        _record = _services.TopicRecordOf(this.GetGrainId());
        _commits = new CommitLoop(WriteAsync);
        await _services.Homes.Loaded.WaitAsync(cancellationToken); // configuration alone may say "home" where a promotion has ended that
        try
        {
            await BeginAsync(kind.Delivery, await _record.ReadAsync(cancellationToken));
        }
        catch (Exception e) // rethrown: the activation fails; callers and the stream try again
        {
            Log.UnreadableTopic(_services.Logger, _topic.ToString(), e);
            throw;
        }

        WatchHome();
        _services.Metrics.TopicActivated(kind.Kind);
        AddToCatalogue();
        await base.OnActivateAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        await _deactivating.CancelAsync();
        if (_core is not null)
        {
            _services.Active.Remove(_homeMoved);
            _core.Log.End();
            _services.Metrics.TopicDeactivated(_topic.Kind);
        }

        await base.OnDeactivateAsync(reason, cancellationToken);
    }

    Task IStreamSubscriptionObserver.OnSubscribed(IStreamSubscriptionHandleFactory handleFactory) =>
        handleFactory.ProviderName == IngestStream.Provider ? handleFactory.Create<SourcedEvent>().ResumeAsync((IAsyncBatchObserver<SourcedEvent>)this) : Task.CompletedTask;

    async Task IAsyncBatchObserver<SourcedEvent>.OnNextAsync(IList<SequentialItem<SourcedEvent>> items)
    {
        if (_failed || IsBetweenHomes) throw new InvalidOperationException($"{_topic} is starting anew, or its home is being moved; deliver again.");
        try
        {
            if (IsFenced)
            {
                await PutAsideAsync(items);
                return;
            }

            var (changed, letters) = Stage(items);
            if (letters.Count > 0) _letters = _letters.IsCompletedSuccessfully ? StoreLettersAsync(letters) : Task.WhenAll(_letters, StoreLettersAsync(letters));
            if (changed) await _commits.WrittenAsync();
            else await _letters;
        }
        catch (Exception e) // rethrown: the stream delivers again
        {
            StartAnew(e);
            throw;
        }
    }

    Task IAsyncBatchObserver<SourcedEvent>.OnErrorAsync(Exception ex) => Task.CompletedTask; // the stream retries by itself; it has logged why

    /// <inheritdoc/>
    Task<TopicAnswer> ITopicReader.ReadAsync(Position? after, int maxBytes, CancellationToken cancellationToken)
    {
        if (IsFenced) return Task.FromResult(NotHome());
        var homeTime = _services.Time.UnixMicroseconds();
        var frames = new List<Frame>();
        var read = _core.Log.Read(after, Math.Clamp(maxBytes, 1, MaxReadBytes), frames);
        return Task.FromResult(Answer(read, frames, follow: 0, homeTime));
    }

    /// <inheritdoc/>
    async Task<TopicAnswer> ITopicReader.FollowAsync(string gateway, Position? after, int maxBytes, CancellationToken cancellationToken)
    {
        if (IsFenced) return NotHome();
        if (_failed) throw new InvalidOperationException($"{_topic} is starting anew; ask again.");
        if (after is { } shown && shown.Epoch == _core.Log.Epoch && shown.Offset > _core.Log.StagedTop)
        {
            await RenewEpochAsync(shown);
            throw new InvalidOperationException($"{_topic} is starting anew; ask again.");
        }

        var homeTime = _services.Time.UnixMicroseconds();
        var frames = new List<Frame>();
        var (read, follow) = _services.Feeds.Follow(gateway, _core.Log, after, Math.Clamp(maxBytes, 1, MaxReadBytes), frames);
        KeepAliveWhileFollowed();
        return Answer(read, frames, follow, homeTime);
    }

    /// <inheritdoc/>
    async Task<bool> ITopicGrain.SettledAsync(string source, Sequence upTo, TimeSpan wait, CancellationToken cancellationToken)
    {
        var longest = wait < MaxSettledWait ? wait : MaxSettledWait;
        var started = _services.Time.GetTimestamp();
        while (!_failed && !IsFenced)
        {
            if (_core.IsSettled(source, upTo)) return true;
            var next = _written.Next;
            if (_core.IsSeen(source, upTo) && _core.HasUnwritten)
            {
                try
                {
                    await _commits.WrittenAsync(); // nothing that changed is due, so nobody else asks for this write
                }
                catch (Exception e) // survived: the answer is "not settled", and the topic starts anew
                {
                    StartAnew(e);
                }

                continue;
            }

            var left = longest - _services.Time.GetElapsedTime(started);
            if (left <= TimeSpan.Zero) return false;
            await next.WaitAsync(left, _services.Time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            cancellationToken.ThrowIfCancellationRequested();
        }

        return false;
    }

    /// <inheritdoc/>
    Task<TopicInspection> ITopicReader.InspectAsync(CancellationToken cancellationToken)
    {
        var sources = new Dictionary<string, string>();
        foreach (var (source, newest) in _core.SettledSources) sources[source] = newest.ToString();
        var continued = new Dictionary<string, string>();
        foreach (var (term, from) in _continued) continued[term.ToString()] = from.ToString();
        var (log, size) = (_core.Log, _core.Log.Size);
        var (oldest, newestFrame, gateways) = log.Inspect();
        return Task.FromResult(new TopicInspection(
            log.Position, sources, size.Frames, size.Bytes, size.Followers, _services.Silo, continued, IsReplica: false, _term?.ToString(), IsFenced || IsBetweenHomes,
            _core.SettledEventIds, oldest?.Position.Offset ?? 0, gateways, log.StagedTop - log.Position.Offset, newestFrame?.HomeTime ?? 0, _services.Time.UnixMicroseconds(),
            newestFrame?.State.ToArray() ?? []));
    }

    private (bool Changed, List<DeadLetter> Letters) Stage(IList<SequentialItem<SourcedEvent>> items)
    {
        var changed = false;
        var letters = new List<DeadLetter>();
        foreach (var item in items)
        {
            var result = _core.Stage(item.Item);
            _services.Metrics.EventStaged(_topic.Kind, result.Outcome);
            changed |= result.Outcome == StageOutcome.Changed;
            if (result.Outcome != StageOutcome.Refused) continue;
            letters.Add(new DeadLetter(item.Item, result.Reason!, _services.Time.UnixMicroseconds()));
        }

        // One line for all of a container: a wrong mapping may refuse thousands a second.
        if (letters.Count > 0) Log.DeadLettered(_services.Logger, _topic.ToString(), letters.Count, letters[0].Event.Source, letters[0].Reason);
        if (changed || _core.HasUnwritten) _written.Pulse(); // who waits for a sequence that changed nothing may ask for its write now
        return (changed, letters);
    }

    private async Task StoreLettersAsync(List<DeadLetter> letters)
    {
        using var deadline = new CancellationTokenSource(_services.Options.WriteTimeout, _services.Time);
        await GrainFactory.GetGrain<IDeadLetterGrain>(_topic.Kind).AddAsync([.. letters], deadline.Token)
            .WaitAsync(_services.Options.WriteTimeout, _services.Time);
    }

    private async Task WriteAsync()
    {
        // A sequence that skips a refused event must not be stored before its letter is: else a crash between the two would lose the event.
        while (!_letters.IsCompletedSuccessfully) await _letters;

        var started = _services.Time.GetTimestamp();
        var record = _core.BeginWrite(_services.Time.UnixMicroseconds()) with { Term = _term, Continued = _continued, Restored = _services.Options.Restored };
        var stored = false;
        _writing = true;
        try
        {
            await _record.WriteAsync(record);
            stored = true;
        }
        finally
        {
            _services.Metrics.Committed(_topic.Kind, _services.Time.GetElapsedTime(started), stored);
        }

        _core.EndWrite();
        _writing = false;
        if (record.Frames is [.., { OriginTime: > 0 } newest]) _services.Metrics.EventCommitted(_topic.Kind, newest.HomeTime - newest.OriginTime);
        _written.Pulse();
        AddToCatalogue();
    }

    private void StartAnew(Exception e)
    {
        if (_failed) return;
        _failed = true;
        Log.WriteFailed(_services.Logger, _topic.ToString(), e);
        _written.Pulse();
        DeactivateOnIdle();
    }

    private TopicAnswer Answer(LogRead read, List<Frame> frames, long follow, long homeTime) =>
        new(read.Top, _core.Log.Delivery, read.Gap, FrameCodec.Encode(frames), _services.Silo, follow, homeTime, homeTime);

    private void KeepAliveWhileFollowed()
    {
        // A quiet topic that is followed gets no calls; collecting it would renew its epoch for nothing on storage that is not durable.
        if (!_deactivating.IsCancellationRequested) DelayDeactivation(_core.Log.Size.Followers > 0 ? Timeout.InfiniteTimeSpan : TimeSpan.Zero);
    }

    private void AddToCatalogue()
    {
        if (_catalogued || IsFenced || _core.Log.Position.Offset == 0) return;
        _catalogued = true;
        _ = CatalogueEntry.AddAsync(GrainFactory, _topic, _services, _deactivating.Token);
    }

    private static ulong NewEpoch()
    {
        Span<byte> bytes = stackalloc byte[8];
        ulong epoch;
        do
        {
            RandomNumberGenerator.Fill(bytes);
            epoch = BitConverter.ToUInt64(bytes);
        }
        while (epoch == 0);
        return epoch;
    }
}
