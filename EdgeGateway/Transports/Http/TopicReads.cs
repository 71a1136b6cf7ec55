using System.Collections.Concurrent;
using E2EEvents.EdgeGateway.Fanout;
using E2EEvents.EdgeGateway.Feeds;
using E2EEvents.EdgeGateway.Policy;
using E2EEvents.Grains.Interfaces.Regions;
using Microsoft.Extensions.Options;

namespace E2EEvents.EdgeGateway.Transports.Http;

/// <summary>A topic's newest state as this gateway knows it.</summary>
internal readonly record struct TopicState(string Topic, Frame Frame, Update? Update, bool Stale, long FreshAt, long HomeNow)
{
    /// <summary>The envelope; shared with everybody who asks, unless it has to say that it is stale or is asked for some fields alone.</summary>
    public byte[] Bytes(FieldSet? fields) => Update is not null && !Stale && fields is null
        ? Update.Bytes(View.Json, Variant.State)
        : Envelope.EncodeState(WireFormat.Json, Topic, fields?.Filter(Frame) ?? Frame, new EnvelopeNotes(0, Gap.None, Stale));
}

/// <summary>What came after a position.</summary>
/// <param name="Position">Where to ask from next.</param>
/// <param name="Envelopes">Oldest first.</param>
/// <param name="More">True if more is known already.</param>
/// <param name="FreshAt">Watermark, on home's clock, Unix µs.</param>
/// <param name="HomeNow">Home's clock now.</param>
/// <param name="Stale">True if there may be changes that the region does not know of.</param>
internal sealed record TopicChanges(Position Position, List<byte[]> Envelopes, bool More, long FreshAt, long HomeNow, bool Stale);

/// <summary>Reads topics for plain HTTP: from the channel where the topic is followed, else at its grain.</summary>
internal sealed class TopicReads(TopicFollower follower, IOptions<GatewayOptions> options, IOptions<RegionsOptions> regions, TimeProvider time)
{
    private const int MaxBytes = 256 << 10;
    private const int MaxUnknown = 10_000;
    private static readonly TimeSpan UnknownFor = TimeSpan.FromSeconds(1);

    // Topics found to have no event: asked for again within a second, no grain is woken.
    private readonly ConcurrentDictionary<string, long> _unknown = new();

    public async ValueTask<TopicState> StateAsync(TopicKey topic, CancellationToken cancellationToken)
    {
        var name = topic.ToString();
        if (follower.FindReady(name) is { } followed && followed.Channel.Newest is { } newest) return StateOf(followed, newest);
        if (_unknown.TryGetValue(name, out var since) && time.GetElapsedTime(since) < UnknownFor) throw NoEventYet(name);
        var answer = await AskAsync(topic, null, cancellationToken).ConfigureAwait(false);
        var frames = FrameCodec.Decode(answer.Frames);
        if (frames.Count == 0)
        {
            if (_unknown.Count >= MaxUnknown) _unknown.Clear();
            _unknown[name] = time.GetTimestamp();
            throw NoEventYet(name);
        }

        _ = FollowForAWhileAsync(topic); // it exists and somebody polls it: the next one is answered from here
        return new TopicState(name, frames[^1], null, IsStale(answer), answer.HomeTime, answer.HomeNow);
    }

    public async Task<TopicState> AtLeastAsync(TopicKey topic, Position wanted, TimeSpan wait, CancellationToken cancellationToken)
    {
        var followed = await HoldAsync(topic, cancellationToken).ConfigureAwait(false);
        try
        {
            var channel = followed.Channel;
            using var deadline = new CancellationTokenSource(wait, time);
            while (true)
            {
                var changed = channel.NextChange;
                if (channel.Newest is { } newest && newest.Epoch == wanted.Epoch && newest.Offset >= wanted.Offset) return StateOf(followed, newest);
                if (channel.Position.Epoch != wanted.Epoch) throw new ProblemException(Problem.EpochOver, $"The topic stands at {channel.Position}; read its state and go on from there.");
                if (wait == TimeSpan.Zero || !await ChangedAsync(changed, deadline.Token, cancellationToken).ConfigureAwait(false))
                {
                    throw new ProblemException(Problem.NotThereYet, $"The topic stands at {channel.Position}, short of {wanted}; wait longer or ask again.");
                }
            }
        }
        finally
        {
            follower.Release(followed);
        }
    }

    public async Task<TopicChanges> ChangesAsync(TopicKey topic, FieldSet? fields, Position after, TimeSpan wait, CancellationToken cancellationToken)
    {
        if (wait == TimeSpan.Zero && follower.FindReady(topic.ToString()) is null)
        {
            return FromAnswer(topic, fields, after, await AskAsync(topic, after, cancellationToken).ConfigureAwait(false));
        }

        var followed = await HoldAsync(topic, cancellationToken).ConfigureAwait(false);
        try
        {
            using var deadline = new CancellationTokenSource(wait, time);
            while (true)
            {
                var changed = followed.Channel.NextChange;
                var changes = FromChannel(followed, fields, after) ?? FromAnswer(topic, fields, after, await AskAsync(topic, after, cancellationToken).ConfigureAwait(false));
                if (changes.Envelopes.Count > 0 || wait == TimeSpan.Zero) return changes;
                if (!await ChangedAsync(changed, deadline.Token, cancellationToken).ConfigureAwait(false)) return changes;
            }
        }
        finally
        {
            follower.Release(followed);
        }
    }

    /// <summary>Envelopes of exactly these offsets.</summary>
    /// <exception cref="ProblemException">Not all of them are kept.</exception>
    public async Task<List<byte[]>> RangeAsync(TopicKey topic, FieldSet? fields, ulong epoch, long from, long to, CancellationToken cancellationToken)
    {
        var envelopes = new List<byte[]>();
        var next = new Position(epoch, from - 1);
        while (next.Offset < to)
        {
            var answer = await AskAsync(topic, next, cancellationToken).ConfigureAwait(false);
            var frames = FrameCodec.Decode(answer.Frames);
            if (answer.Gap != Gap.None || frames.Count == 0) throw new ProblemException(Problem.NotInHistory, $"Offsets {from} to {to} of epoch {new Position(epoch, 0).EpochText} are not all kept; the topic stands at {answer.Position}.");
            foreach (var frame in frames)
            {
                if (frame.Position.Offset > to) break;
                envelopes.Add(Envelope.EncodeState(WireFormat.Json, topic.ToString(), fields?.Filter(frame) ?? frame, default));
                next = frame.Position;
            }
        }

        return envelopes;
    }

    private static TopicState StateOf(FollowedTopic followed, Update newest) =>
        new(followed.Channel.Name, newest.Frame, newest, followed.Channel.IsStale, followed.FreshAt, followed.HomeNow);

    /// <returns>Null if the channel does not reach back to the position.</returns>
    private static TopicChanges? FromChannel(FollowedTopic followed, FieldSet? fields, Position after)
    {
        var channel = followed.Channel;
        var freshAt = followed.FreshAt; // before looking: what is found is at least that fresh
        var stale = channel.IsStale;
        if (channel.Newest is not { } newest) return after.Epoch == channel.Position.Epoch ? new TopicChanges(after, [], false, freshAt, followed.HomeNow, stale) : null;
        if (newest.Epoch != after.Epoch) return null;
        if (newest.Offset <= after.Offset) return new TopicChanges(after, [], false, freshAt, followed.HomeNow, stale);
        var update = channel.Delivery == Delivery.Latest ? newest : channel.Oldest!;
        if (update.Epoch != after.Epoch || (channel.Delivery == Delivery.Every && update.Offset > after.Offset + 1)) return null;
        var envelopes = new List<byte[]>();
        var bytes = 0;
        var position = after;
        for (; update is not null && bytes < MaxBytes; update = update.Next)
        {
            if (update.Offset <= after.Offset) continue;
            var envelope = fields is null ? update.Bytes(View.Json, Variant.State) : Envelope.EncodeState(WireFormat.Json, update.Topic, fields.Filter(update.Frame), default);
            envelopes.Add(envelope);
            bytes += envelope.Length;
            position = update.Frame.Position;
        }

        return new TopicChanges(position, envelopes, update is not null, freshAt, followed.HomeNow, stale);
    }

    private TopicChanges FromAnswer(TopicKey topic, FieldSet? fields, Position after, TopicAnswer answer)
    {
        var envelopes = new List<byte[]>();
        var position = answer.Gap == Gap.None ? after : answer.Position;
        // Who stood at offset 0 of another epoch missed nothing of it; of this epoch, all that history no longer holds.
        var gap = answer.Delivery == Delivery.Every && (after.Offset > 0 || answer.Gap == Gap.History) ? answer.Gap : Gap.None;
        foreach (var frame in FrameCodec.Decode(answer.Frames))
        {
            envelopes.Add(Envelope.EncodeState(WireFormat.Json, topic.ToString(), fields?.Filter(frame) ?? frame, new EnvelopeNotes(0, envelopes.Count == 0 ? gap : Gap.None)));
            position = frame.Position;
        }

        return new TopicChanges(position, envelopes, position.Epoch == answer.Position.Epoch && position.Offset < answer.Position.Offset, answer.HomeTime, answer.HomeNow, IsStale(answer));
    }

    private bool IsStale(TopicAnswer answer) => answer.HomeNow - answer.HomeTime > (long)regions.Value.StaleAfter.TotalMicroseconds;

    private async Task<TopicAnswer> AskAsync(TopicKey topic, Position? after, CancellationToken cancellationToken)
    {
        try
        {
            return await follower.ReadAsync(topic, after, MaxBytes, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is TimeoutException or Orleans.Runtime.OrleansException)
        {
            throw new ProblemException(Problem.Unavailable, $"The silo of '{topic}' does not answer; try again in a moment.");
        }
    }

    private async Task<FollowedTopic> HoldAsync(TopicKey topic, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(options.Value.JoinTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        try
        {
            return await follower.HoldAsync(topic, either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ProblemException(Problem.Unavailable, $"The silo of '{topic}' does not answer; try again in a moment.");
        }
    }

    private async Task FollowForAWhileAsync(TopicKey topic)
    {
        try
        {
            follower.Release(await HoldAsync(topic, CancellationToken.None).ConfigureAwait(false));
        }
        catch (ProblemException)
        {
            // the next request asks the grain again
        }
    }

    private static async Task<bool> ChangedAsync(Task changed, CancellationToken deadline, CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline, cancellationToken);
        await changed.WaitAsync(either.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
        return changed.IsCompleted;
    }

    private static ProblemException NoEventYet(string topic) =>
        new(Problem.NoEventYet, $"'{topic}' has had no event; subscribe to it (/events or /ws) to get the first one.");
}
