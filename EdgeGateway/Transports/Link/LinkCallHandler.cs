using E2EEvents.EdgeGateway.Feeds;
using E2EEvents.Grains.Interfaces.Regions;
using Microsoft.Extensions.Options;

namespace E2EEvents.EdgeGateway.Transports.Link;

/// <summary>
/// Answers what another region asks over its link. A region is served only what it may take (<see cref="RegionOptions.Kinds"/>); who it is, its
/// certificate has said.
/// </summary>
internal sealed class LinkCallHandler(KindMap kinds, TopicPublisher publisher, IGrainFactory grains, IOptions<RegionsOptions> regions, IOptions<FeedOptions> feeds, TimeProvider time)
{
    private const int MaxPage = 1000;
    private const int MaxTerms = 10_000;
    private const int MaxReadBytes = 512 << 10; // in JSON a third more

    private readonly RegionTree _tree = new(regions.Value);
    private readonly LinkMoveCalls _moves = new(kinds, new RegionTree(regions.Value), grains, feeds, time);

    /// <summary>One call and its reply, both of <see cref="LinkCalls"/>.</summary>
    /// <exception cref="LinkRefusedException">The method is unknown, the body malformed, or the region may not.</exception>
    /// <exception cref="TimeoutException">A silo did not answer in time: the same call may succeed later. So may it after any exception of Orleans.</exception>
    public async Task<byte[]> HandleAsync(string callerRegion, LinkMethod method, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        try
        {
            return method switch
            {
                LinkMethod.Publish => LinkCalls.Encode(await PublishAsync(callerRegion, LinkCalls.Decode<PublishCall>(body), cancellationToken).ConfigureAwait(false)),
                LinkMethod.List => LinkCalls.Encode(await ListAsync(callerRegion, LinkCalls.Decode<ListCall>(body), cancellationToken).ConfigureAwait(false)),
                LinkMethod.Read => LinkCalls.Encode(await ReadAsync(callerRegion, LinkCalls.Decode<ReadCall>(body), cancellationToken).ConfigureAwait(false)),
                LinkMethod.Record or LinkMethod.Leave or LinkMethod.HandOver or LinkMethod.Checkpoint or LinkMethod.Continued =>
                    await _moves.HandleAsync(callerRegion, method, body, cancellationToken).ConfigureAwait(false),
                LinkMethod.Terms => LinkCalls.Encode(await LearnAsync(callerRegion, LinkCalls.Decode<TermCall[]>(body), cancellationToken).ConfigureAwait(false)),
                _ => throw new LinkRefusedException($"Method {(int)method} is unknown here."),
            };
        }
        catch (InvalidDataException e)
        {
            throw new LinkRefusedException(e.Message);
        }
    }

    private async Task<PublishReply> PublishAsync(string caller, PublishCall call, CancellationToken cancellationToken)
    {
        var topic = await TopicAsync(caller, call.Topic, cancellationToken).ConfigureAwait(false);
        if (kinds.Find(topic.Kind)?.Publishers is null or Publishers.None) throw new LinkRefusedException($"'{topic.Kind}' is fed by connectors only.");
        if (call.Data is null || call.Source is null || call.EventId is null) throw new LinkRefusedException("A publication needs data, a source and an event id.");
        var answer = await publisher.PublishAsync(new SourcedEvent(topic, call.Data, call.Source, null, call.EventId, call.OriginTime), cancellationToken).ConfigureAwait(false);
        return new PublishReply(answer.Outcome, answer.Position.ToString(), answer.Reason);
    }

    private async Task<CataloguePage> ListAsync(string caller, ListCall call, CancellationToken cancellationToken)
    {
        await CheckKindAsync(caller, call.Kind, cancellationToken).ConfigureAwait(false);
        if (call.Shard is < 0 or >= CatalogueKey.Shards) throw new LinkRefusedException($"Shard {call.Shard} does not exist; there are 0 to {CatalogueKey.Shards - 1}.");
        var shard = grains.GetGrain<ICatalogueGrain>(CatalogueKey.Of(call.Kind, call.Shard));
        var max = Math.Clamp(call.Max, 1, MaxPage);
        return await InTimeAsync(call.Here ? shard.ListHereAsync(call.After, max, cancellationToken) : shard.ListAsync(call.After, max, cancellationToken), cancellationToken).ConfigureAwait(false);
    }

    private async Task<ReadReply> ReadAsync(string caller, ReadCall call, CancellationToken cancellationToken)
    {
        var topic = await TopicAsync(caller, call.Topic, cancellationToken).ConfigureAwait(false);
        if (!Position.TryParse(call.After, out var after)) throw new LinkRefusedException($"'{call.After}' is no position.");
        var maxBytes = Math.Clamp(call.MaxBytes, 1, MaxReadBytes);
        var answer = await InTimeAsync(kinds.ReaderOf(topic).ReadAsync(after, maxBytes, cancellationToken), cancellationToken).ConfigureAwait(false);
        if (answer.NotHome)
        {
            await kinds.ReloadAsync(cancellationToken).ConfigureAwait(false);
            answer = await InTimeAsync(kinds.ReaderOf(topic).ReadAsync(after, maxBytes, cancellationToken), cancellationToken).ConfigureAwait(false);
        }

        return answer is { NotHome: false, Gap: Gap.None } ? new ReadReply(true, answer.Frames) : new ReadReply(false, []);
    }

    /// <summary>Only about kinds that the caller may take does it have a say, or hear anything.</summary>
    private async Task<List<TermCall>> LearnAsync(string caller, TermCall[] calls, CancellationToken cancellationToken)
    {
        if (calls.Length > MaxTerms) throw new LinkRefusedException($"{calls.Length} terms at once; at most {MaxTerms}.");
        var told = new List<KindTerm>(calls.Length);
        foreach (var call in calls)
        {
            if (call is not { Kind: not null, Region: not null } || !TopicKey.IsKind(call.Kind)) throw new LinkRefusedException("A term names a kind and a region.");
            if (!_tree.IsTerm(call.Number, call.Region)) throw new LinkRefusedException($"Term {call.Number}@{call.Region} cannot be: the region is not in Regions:All, or the number out of bounds.");
            if (_tree.MayTake(caller, call.Kind)) told.Add(new KindTerm(call.Kind, new Term(call.Number, call.Region)));
        }

        var known = new List<TermCall>();
        foreach (var (kind, term, leaving) in await InTimeAsync(grains.GetGrain<IHomesGrain>(0).LearnAsync([.. told], cancellationToken), cancellationToken).ConfigureAwait(false))
        {
            if (_tree.MayTake(caller, kind)) known.Add(new TermCall(kind, term.Number, term.Region, leaving));
        }

        return known;
    }

    private ValueTask<TopicKey> TopicAsync(string caller, string? text, CancellationToken cancellationToken) => LinkAccess.TopicAsync(_tree, kinds, caller, text, cancellationToken);

    private ValueTask CheckKindAsync(string caller, string? kind, CancellationToken cancellationToken) => LinkAccess.CheckKindAsync(_tree, kinds, caller, kind, cancellationToken);

    private Task<T> InTimeAsync<T>(Task<T> call, CancellationToken cancellationToken) =>
        call.WaitAsync(feeds.Value.PullWait + feeds.Value.CallDeadline, time, cancellationToken);
}
