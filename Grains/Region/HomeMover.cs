using E2EEvents.Grains.Interfaces.Regions;
using E2EEvents.Grains.Replication;
using E2EEvents.Grains.Topics;

namespace E2EEvents.Grains.Region;

/// <summary>
/// The steps of a move. Each may be done again from the record before it: announcing, handing over and taking over under one term change nothing
/// the second time. Whatever fails is an exception, and the step is made again.
/// </summary>
internal sealed class HomeMover(IGrainFactory grains, IRegionCalls calls, HomeMap homes, TopicServices services)
{
    /// <summary>Between the announcement and the hand-over, so that the old home's connectors have stopped and no topic begins there any more.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(2);

    private const int PageTopics = 100;
    private const int AtOnce = 16;
    private static readonly TimeSpan TellTimeout = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan LookTimeout = TimeSpan.FromSeconds(0.5);

    public Task<HomeMoveRecord> StepAsync(HomeMoveRecord move, CancellationToken cancellationToken) => move.Phase switch
    {
        MovePhase.Announcing => AnnounceAsync(move, cancellationToken),
        MovePhase.HandingOver => HandOverAsync(move, cancellationToken),
        MovePhase.TakingOver => TakeOverAsync(move, cancellationToken),
        MovePhase.Proclaiming => ProclaimAsync(move, cancellationToken),
        _ => throw new InvalidOperationException($"A move has no step after {move.Phase}."),
    };

    /// <summary>Tells the old home that the move is called off.</summary>
    public async Task CallOffAsync(HomeMoveRecord move, CancellationToken cancellationToken) =>
        await calls.CallAsync(move.From, LinkMethod.Leave, LinkCalls.Encode(new TermCall(move.Kind, move.Number, move.Region, Leaving: false)), cancellationToken);

    private async Task<HomeMoveRecord> AnnounceAsync(HomeMoveRecord move, CancellationToken cancellationToken)
    {
        var call = new TermCall(move.Kind, move.Number, move.Region, Leaving: true);
        var reply = LinkCalls.Decode<TermCall>(await calls.CallAsync(move.From, LinkMethod.Leave, LinkCalls.Encode(call), cancellationToken));
        if (reply == call)
        {
            await Task.Delay(Grace, services.Time, cancellationToken);
            return move with { Phase = MovePhase.HandingOver };
        }

        await LearnAsync([new KindTerm(reply.Kind, new Term(reply.Number, reply.Region))], cancellationToken);
        return CalledOff(move, $"Region {move.From} says that the home of {move.Kind} is {reply.Number}@{reply.Region}; start again.");
    }

    private async Task<HomeMoveRecord> HandOverAsync(HomeMoveRecord move, CancellationToken cancellationToken)
    {
        var page = await ListAsync(move, cancellationToken);
        if (page.Keys.Length > 0) await ListHereAsync(move, page.Keys, cancellationToken);
        var left = new List<string>(page.Keys.Length);
        foreach (var key in page.Keys) left.Add(new TopicKey(move.Kind, key).ToString());
        while (left.Count > 0)
        {
            var call = LinkCalls.Encode(new HandOverCall([.. left], move.Number, move.Region));
            var records = LinkCalls.Decode<TopicRecordReply[]>(await calls.CallAsync(move.From, LinkMethod.HandOver, call, cancellationToken));
            if (records.Length == 0) throw new InvalidDataException($"Region {move.From} handed nothing over.");
            await ForAllAsync(records, record => TakeAsync(record.Topic, record.Record, move.To, keepEpoch: true, cancellationToken));
            foreach (var record in records) left.Remove(record.Topic);
        }

        return move.Next(page, MovePhase.Proclaiming);
    }

    private async Task<HomeMoveRecord> TakeOverAsync(HomeMoveRecord move, CancellationToken cancellationToken)
    {
        var page = await grains.GetGrain<ICatalogueGrain>(CatalogueKey.Of(move.Kind, move.Shard)).ListHereAsync(move.After, PageTopics, cancellationToken)
            .WaitAsync(services.Options.WriteTimeout, services.Time, cancellationToken);
        var missing = new List<MissingPart>();
        await ForAllAsync(page.Keys, async key =>
        {
            if (await GoOnFromCopyAsync(new TopicKey(move.Kind, key), move.To, cancellationToken) is { } part) missing.Add(part);
        });
        return move.Next(page, MovePhase.Proclaiming).With(missing);
    }

    private async Task<HomeMoveRecord> ProclaimAsync(HomeMoveRecord move, CancellationToken cancellationToken)
    {
        var known = await LearnAsync([new KindTerm(move.Kind, move.To)], cancellationToken);
        foreach (var (kind, term, _) in known)
        {
            if (kind == move.Kind && term != move.To) return CalledOff(move, $"Region {term.Region} was promoted meanwhile ({term}).");
        }

        homes.Learn(known);
        try
        {
            await calls.CallAsync(move.From, LinkMethod.Terms, LinkCalls.Encode(new[] { new TermCall(move.Kind, move.Number, move.Region, false) }), cancellationToken)
                .WaitAsync(TellTimeout, services.Time, cancellationToken);
        }
        catch (Exception e) when (e is RegionCallException or TimeoutException)
        {
            // Away, or lost: it learns the term from whoever it talks to first.
        }

        Log.HomeMoved(services.Logger, move.Kind, move.To, move.From, move.Topics, move.Missing.Count + move.MissingMore);
        return move with { Phase = MovePhase.Done, EndedAt = services.Time.UnixMicroseconds() };
    }

    /// <returns>What may be missing; null if the topic was not taken from a copy.</returns>
    private async Task<MissingPart?> GoOnFromCopyAsync(TopicKey topic, Term to, CancellationToken cancellationToken)
    {
        var grain = grains.GetGrain<ITopicGrain>(TopicKindAttribute.GrainIdOf(topic));
        var bytes = await grain.RecordAsync(cancellationToken).WaitAsync(services.Options.WriteTimeout, services.Time, cancellationToken);
        if (bytes.Length == 0) return null;
        var copy = TopicRecordCodec.Decode(bytes);
        var position = new Position(copy.Epoch, copy.Offset);
        if (copy.Term == to)
        {
            // Done before a crash: told again, unless it was handed over.
            if (copy.Continued is not [.., var last] || last.Term != to) return null;
            position = last.From;
        }
        else if (copy.Term is { } term && Fence.IsHome(homes.TermOf(topic.Kind).Term, term, homes.Region))
        {
            return null; // never lost
        }

        var seen = await SeenAsync(topic, cancellationToken);
        await TakeAsync(topic.ToString(), bytes, to, keepEpoch: false, cancellationToken);
        var isAhead = seen.Epoch == position.Epoch && seen.Offset > position.Offset;
        var part = new MissingPart(topic.ToString(), position, copy.Frames is [.., var newest] ? newest.HomeTime : 0, isAhead ? seen.Offset : 0);
        Log.ContinuedFromCopy(services.Logger, part.Topic, position, part.SeenUpTo);
        return part;
    }

    /// <summary>Where this region's replica had got to.</summary>
    private async Task<Position> SeenAsync(TopicKey topic, CancellationToken cancellationToken)
    {
        try
        {
            var replica = grains.GetGrain<ITopicReader>(TopicKindAttribute.ReaderIdOf(topic, isHome: false));
            return (await replica.ReadAsync(null, 1, cancellationToken).WaitAsync(LookTimeout, services.Time, cancellationToken)).Position;
        }
        catch (Exception) when (!cancellationToken.IsCancellationRequested) // survived: it is known no better then, which is what is said
        {
            return default;
        }
    }

    private Task TakeAsync(string name, byte[] record, Term term, bool keepEpoch, CancellationToken cancellationToken) =>
        TopicKey.TryParse(name, out var topic, out var error)
            ? grains.GetGrain<ITopicGrain>(TopicKindAttribute.GrainIdOf(topic)).TakeOverAsync(record, term, keepEpoch, cancellationToken).WaitAsync(services.Options.WriteTimeout, services.Time, cancellationToken)
            : throw new InvalidDataException(error);

    private async Task<CataloguePage> ListAsync(HomeMoveRecord move, CancellationToken cancellationToken) => LinkCalls.Decode<CataloguePage>(await calls.CallAsync(
        move.From, LinkMethod.List, LinkCalls.Encode(new ListCall(move.Kind, move.Shard, move.After, PageTopics, Here: true)), cancellationToken));

    private Task ListHereAsync(HomeMoveRecord move, string[] keys, CancellationToken cancellationToken) =>
        grains.GetGrain<ICatalogueGrain>(CatalogueKey.Of(move.Kind, move.Shard)).AddAsync(keys, cancellationToken).WaitAsync(services.Options.WriteTimeout, services.Time, cancellationToken);

    private Task<KindTerm[]> LearnAsync(KindTerm[] terms, CancellationToken cancellationToken) =>
        grains.GetGrain<IHomesGrain>(0).LearnAsync(terms, cancellationToken).WaitAsync(services.Options.WriteTimeout, services.Time, cancellationToken);

    private HomeMoveRecord CalledOff(HomeMoveRecord move, string why) => move with { Phase = MovePhase.CalledOff, Problem = why, EndedAt = services.Time.UnixMicroseconds() };

    private static async Task ForAllAsync<T>(IReadOnlyList<T> items, Func<T, Task> work)
    {
        for (var at = 0; at < items.Count; at += AtOnce)
        {
            var running = new Task[Math.Min(AtOnce, items.Count - at)];
            for (var i = 0; i < running.Length; i++) running[i] = work(items[at + i]);
            await Task.WhenAll(running);
        }
    }
}
