using E2EEvents.EdgeGateway.Feeds;
using E2EEvents.Grains.Interfaces.Regions;
using Microsoft.Extensions.Options;

namespace E2EEvents.EdgeGateway.Transports.Link;

/// <summary>What a standby, a coming or a former home asks of this region.</summary>
internal sealed class LinkMoveCalls(KindMap kinds, RegionTree tree, IGrainFactory grains, IOptions<FeedOptions> feeds, TimeProvider time)
{
    private const int MaxTopics = 100;
    private const int MaxReplyBytes = 4 << 20; // the first record always goes; a link's frame may have 17 MiB

    /// <exception cref="LinkRefusedException">The body is malformed, or the region may not.</exception>
    /// <exception cref="InvalidDataException">The body is no such call.</exception>
    public async Task<byte[]> HandleAsync(string caller, LinkMethod method, ReadOnlyMemory<byte> body, CancellationToken cancellationToken) => method switch
    {
        LinkMethod.Record => LinkCalls.Encode(await RecordAsync(caller, LinkCalls.Decode<RecordCall>(body), cancellationToken).ConfigureAwait(false)),
        LinkMethod.Leave => LinkCalls.Encode(await LeaveAsync(caller, LinkCalls.Decode<TermCall>(body), cancellationToken).ConfigureAwait(false)),
        LinkMethod.HandOver => LinkCalls.Encode(await HandOverAsync(caller, LinkCalls.Decode<HandOverCall>(body), cancellationToken).ConfigureAwait(false)),
        LinkMethod.Checkpoint => LinkCalls.Encode(await CheckpointAsync(caller, LinkCalls.Decode<CheckpointCall>(body), cancellationToken).ConfigureAwait(false)),
        LinkMethod.Continued => LinkCalls.Encode(await ContinuedAsync(caller, LinkCalls.Decode<ContinuedCall>(body), cancellationToken).ConfigureAwait(false)),
        _ => throw new LinkRefusedException($"Method {(int)method} is unknown here."),
    };

    private async Task<TopicRecordReply> RecordAsync(string caller, RecordCall call, CancellationToken cancellationToken)
    {
        var topic = await LinkAccess.TopicAsync(tree, kinds, caller, call.Topic, cancellationToken).ConfigureAwait(false);
        CheckHome(topic.Kind);
        return new TopicRecordReply(call.Topic, await InTimeAsync(TopicOf(topic).RecordAsync(cancellationToken), cancellationToken).ConfigureAwait(false));
    }

    private async Task<TermCall> LeaveAsync(string caller, TermCall call, CancellationToken cancellationToken)
    {
        await LinkAccess.CheckKindAsync(tree, kinds, caller, call.Kind, cancellationToken).ConfigureAwait(false);
        CheckTerm(caller, call.Number, call.Region);
        var now = await InTimeAsync(
            grains.GetGrain<IHomesGrain>(0).LeaveAsync(call.Kind, new Term(call.Number, call.Region), call.Leaving, cancellationToken), cancellationToken).ConfigureAwait(false);
        var isAccepted = now.Leaving == call.Leaving && now.Term.Region == tree.Name && (!call.Leaving || now.LeavingTo == new Term(call.Number, call.Region));
        return isAccepted ? call : new TermCall(now.Kind, now.Term.Number, now.Term.Region, now.Leaving);
    }

    private async Task<List<TopicRecordReply>> HandOverAsync(string caller, HandOverCall call, CancellationToken cancellationToken)
    {
        CheckTerm(caller, call.Number, call.Region);
        var topics = await TopicsAsync(caller, call.Topics, cancellationToken).ConfigureAwait(false);
        await CheckAnnouncedAsync(topics, new Term(call.Number, call.Region), cancellationToken).ConfigureAwait(false);
        var handing = topics.ConvertAll(topic => InTimeAsync(TopicOf(topic).HandOverAsync(new Term(call.Number, call.Region), cancellationToken), cancellationToken));
        await Task.WhenAll(handing).ConfigureAwait(false);
        var replies = new List<TopicRecordReply>(topics.Count);
        var bytes = 0;
        for (var i = 0; i < topics.Count && (i == 0 || bytes < MaxReplyBytes); i++)
        {
            var record = await handing[i].ConfigureAwait(false);
            replies.Add(new TopicRecordReply(call.Topics[i], record));
            bytes += record.Length;
        }

        return replies;
    }

    private async Task<Checkpoint> CheckpointAsync(string caller, CheckpointCall call, CancellationToken cancellationToken)
    {
        await LinkAccess.CheckKindAsync(tree, kinds, caller, call.Kind, cancellationToken).ConfigureAwait(false);
        CheckHome(call.Kind);
        if (call.Connector is not { Length: > 0 and <= 200 }) throw new LinkRefusedException("A connector's name has 1 to 200 characters.");
        return await InTimeAsync(grains.GetGrain<ICheckpointGrain>(call.Connector).ReadAsync(cancellationToken), cancellationToken).ConfigureAwait(false);
    }

    private async Task<ContinuedReply[]> ContinuedAsync(string caller, ContinuedCall call, CancellationToken cancellationToken)
    {
        var topics = await TopicsAsync(caller, call.Topics, cancellationToken).ConfigureAwait(false);
        CheckHome(topics[0].Kind);
        return await Task.WhenAll(topics.ConvertAll(async topic =>
        {
            var found = await InTimeAsync(TopicOf(topic).InspectAsync(cancellationToken), cancellationToken).ConfigureAwait(false);
            return new ContinuedReply(topic.ToString(), found.Position.ToString(), found.Continued);
        })).ConfigureAwait(false);
    }

    private async Task<List<TopicKey>> TopicsAsync(string caller, string[]? names, CancellationToken cancellationToken)
    {
        if (names is not { Length: > 0 and <= MaxTopics }) throw new LinkRefusedException($"1 to {MaxTopics} topics at once.");
        var topics = new List<TopicKey>(names.Length);
        foreach (var name in names) topics.Add(await LinkAccess.TopicAsync(tree, kinds, caller, name, cancellationToken).ConfigureAwait(false));
        return topics.TrueForAll(topic => topic.Kind == topics[0].Kind) ? topics : throw new LinkRefusedException("The topics are of several kinds.");
    }

    /// <summary>Without its announcement connectors would go on, so a hand-over must not begin.</summary>
    private async Task CheckAnnouncedAsync(List<TopicKey> topics, Term to, CancellationToken cancellationToken)
    {
        var kind = topics[0].Kind;
        foreach (var known in await InTimeAsync(grains.GetGrain<IHomesGrain>(0).ListAsync(cancellationToken), cancellationToken).ConfigureAwait(false))
        {
            if (known.Kind == kind && (known.LeavingTo == to || known.Term == to)) return;
        }

        throw new LinkRefusedException($"No move of '{kind}' to {to} has been announced here.");
    }

    private void CheckHome(string kind)
    {
        if (kinds.Find(kind) is not { IsHere: true }) throw new LinkRefusedException($"Region {tree.Name} is not the home of '{kind}'.");
    }

    private static void CheckTerm(string caller, long number, string? region)
    {
        if (region != caller) throw new LinkRefusedException($"Region {caller} asks in the name of region {region}.");
        if (number is < 2 or > long.MaxValue / 2) throw new LinkRefusedException($"Term {number} cannot be.");
    }

    private ITopicGrain TopicOf(TopicKey topic) => grains.GetGrain<ITopicGrain>(TopicKindAttribute.GrainIdOf(topic));

    private Task<T> InTimeAsync<T>(Task<T> call, CancellationToken cancellationToken) =>
        call.WaitAsync(feeds.Value.PullWait + feeds.Value.CallDeadline, time, cancellationToken);
}
