using E2EEvents.Grains.Interfaces.Regions;
using Orleans.Streams;

namespace E2EEvents.Grains.Topics;

/// <content>
/// Where the topic has its home. A topic that is at home elsewhere is <i>fenced</i>: it answers that, and puts aside whole what streams bring. Two
/// things fence: the kind's term, and the record once it has been handed over, even before anybody has heard of the new term.
/// </content>
public abstract partial class TopicGrain<TState, TEvent>
{
    private Action _homeMoved = static () => { };
    private Term? _term;
    private IReadOnlyList<Continuation> _continued = [];
    private bool _handingOver;
    private bool _ended;

    private string Region => _services.Homes.Region;

    private Term KindTerm => _services.Homes.TermOf(_topic.Kind).Term;

    private bool IsHome => Fence.IsHome(KindTerm, _term, Region);

    private bool IsFenced => _ended || !IsHome;

    /// <summary>True for a moment only: what comes is neither taken nor put aside. While a kind leaves, no topic begins that the hand-over might miss.</summary>
    private bool IsBetweenHomes => _handingOver || (_ended && IsHome) || (_core.Log.StagedTop == 0 && _services.Homes.TermOf(_topic.Kind).Leaving);

    /// <inheritdoc/>
    async Task<byte[]> ITopicGrain.HandOverAsync(Term to, CancellationToken cancellationToken)
    {
        if (_failed || _handingOver) throw new InvalidOperationException($"{_topic} is starting anew; ask again.");
        if (_term == to) return Encoded();
        if (to.Region == Region || KindTerm.IsAbove(to) || (_term is { } known && !to.IsAbove(known)))
        {
            throw new InvalidOperationException($"{_topic} cannot be handed over to {to}: its home is {KindTerm}, its record of {_term}.");
        }

        (_handingOver, _term) = (true, to);
        try
        {
            await _commits.WrittenAsync(); // with all that is staged, and the term that fences
        }
        catch (Exception e) // rethrown: it starts anew from what is stored, and is asked again
        {
            StartAnew(e);
            throw;
        }
        finally
        {
            _handingOver = false;
        }

        End();
        return Encoded();
    }

    /// <inheritdoc/>
    async Task ITopicGrain.TakeOverAsync(byte[] record, Term term, bool keepEpoch, CancellationToken cancellationToken)
    {
        if (_failed) throw new InvalidOperationException($"{_topic} is starting anew; ask again.");
        if (_term == term || !IsFenced) return; // taken over before, or never lost
        if (term.Region != Region || KindTerm.IsAbove(term) || (_term is { } known && !term.IsAbove(known)))
        {
            throw new InvalidOperationException($"{_topic} cannot be taken over under {term}: its home is {KindTerm}, its record of {_term}.");
        }

        var copy = record.Length == 0 ? new TopicRecord { Epoch = NewEpoch() } : TopicRecordCodec.Decode(record);
        var taken = (keepEpoch ? copy with { Term = term } : copy.Renewed(term, NewEpoch())) with { Restored = _services.Options.Restored };
        var core = new TopicCore<TState, TEvent>(_topic, _core.Log.Delivery, this, taken, taken.Epoch, _services.Options, _services.History);
        try
        {
            await _record.WriteAsync(taken); // fenced, so no other write can be under way
        }
        catch (Exception e) // rethrown: it starts anew from what is stored, and is asked again
        {
            StartAnew(e);
            throw;
        }

        End();
        (_core, _term, _continued, _ended, _catalogued) = (core, term, taken.Continued, false, false);
        WatchFollowers();
        AddToCatalogue();
    }

    /// <inheritdoc/>
    async Task<byte[]> ITopicGrain.RecordAsync(CancellationToken cancellationToken)
    {
        while (_writing && !_failed) await _written.Next.WaitAsync(_services.Options.WriteTimeout, _services.Time, cancellationToken);
        return _failed ? throw new InvalidOperationException($"{_topic} is starting anew; ask again.") : Encoded();
    }

    /// <summary>Begins from what is stored; renews the epoch, and stores that, where the record may lack changes that clients have seen.</summary>
    private async Task BeginAsync(Delivery delivery, TopicRecord? stored)
    {
        // A copy of another region's record, or one handed to it, that nobody handed to us: what came there since is not known.
        var isCopy = stored?.Term is { } theirs && theirs.Region != Region && Fence.IsHome(KindTerm, theirs, Region);
        var isRestored = stored?.Restored < _services.Options.Restored && Fence.IsHome(KindTerm, stored.Term, Region);
        if (isCopy || isRestored)
        {
            stored = stored!.Renewed(KindTerm, NewEpoch()) with { Restored = _services.Options.Restored };
            await _record.WriteAsync(stored);
        }

        _core = new TopicCore<TState, TEvent>(_topic, delivery, this, stored, isCopy || isRestored ? stored!.Epoch : NewEpoch(), _services.Options, _services.History);
        (_term, _continued) = (stored?.Term, stored?.Continued ?? []);
    }

    /// <summary>
    /// A gateway of this region has shown more of this epoch than is stored: the storage lost writes, and the next offsets would be given a second time.
    /// The epoch is renewed and the topic starts anew. If another activation has written meanwhile, this fails, and that one is right.
    /// </summary>
    private async Task RenewEpochAsync(Position shown)
    {
        Log.StorageWentBack(_services.Logger, _topic.ToString(), shown, _core.Log.Position);
        _handingOver = true;
        try
        {
            await _commits.WrittenAsync();
            if (IsFenced) throw new InvalidOperationException($"{_topic} was handed over meanwhile."); // its new home goes on from what that write stored
            await _record.WriteAsync((_core.Stored() with { Continued = _continued }).Renewed(KindTerm, NewEpoch()) with { Restored = _services.Options.Restored });
        }
        finally
        {
            StartAnew(new InvalidOperationException("The epoch was renewed."));
        }
    }

    /// <summary>The record, with the term under which it is true: a copy of it must not be taken for its owner's own.</summary>
    private byte[] Encoded()
    {
        var record = _core.Stored() with { Term = _term ?? (IsHome ? KindTerm : null), Continued = _continued };
        return record.Offset == 0 && record.Ledger.Sources.Count == 0 && record.Ledger.EventIds.Count == 0 ? [] : TopicRecordCodec.Encode(record);
    }

    private void WatchHome()
    {
        var scheduler = TaskScheduler.Current;
        _homeMoved = () => _ = Task.Factory.StartNew(LookAtHome, CancellationToken.None, TaskCreationOptions.None, scheduler);
        _services.Active.Add(_topic.Kind, _homeMoved);
        WatchFollowers();
    }

    private void WatchFollowers()
    {
        var scheduler = TaskScheduler.Current;
        _core.Log.OnUnfollowed(() => _ = Task.Factory.StartNew(KeepAliveWhileFollowed, CancellationToken.None, TaskCreationOptions.None, scheduler));
    }

    private void LookAtHome()
    {
        if (!IsFenced)
        {
            AddToCatalogue();
            return;
        }

        End();
        DeactivateOnIdle(); // lets go of the history; also where the topic came back: its next activation serves it
    }

    /// <summary>Nobody is served any more by this activation: followers look where the topic is now, and who waits for sequences is answered.</summary>
    private void End()
    {
        _ended = true;
        _core.Log.End();
        _written.Pulse();
    }

    private async Task PutAsideAsync(IList<SequentialItem<SourcedEvent>> items)
    {
        var home = _term is { } mine && mine.Region != Region && !KindTerm.IsAbove(mine) ? mine : KindTerm;
        var letters = new List<DeadLetter>(items.Count);
        var now = _services.Time.UnixMicroseconds();
        foreach (var item in items) letters.Add(new DeadLetter(item.Item, $"The home of '{_topic.Kind}' is region {home.Region} (term {home}); region {Region} takes no events of it.", now));
        Log.DeadLettered(_services.Logger, _topic.ToString(), letters.Count, letters[0].Event.Source, letters[0].Reason);
        await StoreLettersAsync(letters);
    }

    private TopicAnswer NotHome() => new(default, _core.Log.Delivery, Gap.None, FrameCodec.Empty, _services.Silo, 0, 0, 0, NotHome: true);
}

/// <summary>Who may number a topic's changes.</summary>
internal static class Fence
{
    /// <summary>True for a record of what this region accepted as home, and has handed to nobody.</summary>
    public static bool IsOwn(TopicRecord? record, string region) => record is { Offset: > 0 } && (record.Term is not { } term || term.Region == region);

    /// <param name="kind">The kind's term as known here.</param>
    /// <param name="record">The term that the topic's record was handed or taken over under.</param>
    /// <param name="region">This region.</param>
    public static bool IsHome(Term kind, Term? record, string region) =>
        kind.Region == region && (record is not { } handed || handed.Region == region || kind.IsAbove(handed));
}
