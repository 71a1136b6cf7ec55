using E2EEvents.Grains.Interfaces.Regions;
using E2EEvents.Grains.Region;
using E2EEvents.Grains.Topics;
using Microsoft.Extensions.Options;

namespace E2EEvents.Grains.Replication;

/// <summary>
/// A topic where its region isn't home: one activation in the region, so the link carries it once. Woken by the first reader, it follows the topic
/// upstream through its silo's link, serves feeds and reads from its own log, and leaves some time after the last of them.
/// </summary>
[GrainType("replica")]
internal sealed class ReplicaGrain(
    TopicServices services, RegionLinks links, HomeMap homes, SiloFreshness freshness, KindRegistry kinds, IOptions<RegionsOptions> options) : Grain, IReplicaGrain
{
    private const int MaxReadBytes = 4 << 20;
    private static readonly TimeSpan ReadyTimeout = TimeSpan.FromSeconds(2);

    private TopicKey _topic;
    private Replica _replica = null!;
    private IGrainTimer? _timer;
    private IGrainTimer? _copying;
    private long _usedAt;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        if (!TopicKey.TryParse(this.GetPrimaryKeyString(), out _topic, out var error)) throw new ArgumentException(error);
        _usedAt = services.Time.GetTimestamp();
        var scheduler = TaskScheduler.Current;
        _replica = new Replica(_topic, kinds.DeliveryOf(_topic.Kind), services.History, freshness, () => _ = Task.Factory.StartNew(Used, CancellationToken.None, TaskCreationOptions.None, scheduler));
        links.Add(_replica);
        _timer = this.RegisterGrainTimer(LookAsync, new GrainTimerCreationOptions(options.Value.Linger / 4, options.Value.Linger / 4) { Interleave = true });
        DelayDeactivation(Timeout.InfiniteTimeSpan); // it leaves by its own rule, not by the collector's
        services.Metrics.TopicActivated(_topic.Kind);
        return base.OnActivateAsync(cancellationToken);
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _timer?.Dispose();
        _copying?.Dispose();
        links.Remove(_replica);
        _replica.End();
        services.Metrics.TopicDeactivated(_topic.Kind);
        await base.OnDeactivateAsync(reason, cancellationToken);
    }

    public async Task<TopicAnswer> ReadAsync(Position? after, int maxBytes, CancellationToken cancellationToken)
    {
        if (await LogAsync(cancellationToken) is not { } log) return NotHome();
        var frames = new List<Frame>();
        var freshAt = _replica.FreshAt; // before the position, which is at least that fresh
        var read = log.Read(after, Math.Clamp(maxBytes, 1, MaxReadBytes), frames);
        return await AnswerAsync(read, frames, after, maxBytes, follow: 0, freshAt, cancellationToken);
    }

    public async Task<TopicAnswer> FollowAsync(string gateway, Position? after, int maxBytes, CancellationToken cancellationToken)
    {
        if (await LogAsync(cancellationToken) is not { } log) return NotHome();
        var frames = new List<Frame>();
        var freshAt = _replica.FreshAt;
        var (read, follow) = services.Feeds.Follow(gateway, log, after, Math.Clamp(maxBytes, 1, MaxReadBytes), frames);
        return await AnswerAsync(read, frames, after, maxBytes, follow, freshAt, cancellationToken);
    }

    public async Task<PublishAnswer> PublishAsync(SourcedEvent e, CancellationToken cancellationToken)
    {
        if (homes.UpstreamOf(_topic.Kind) is not { } upstream) return new PublishAnswer(PublishOutcome.NotHome, default);
        if (e.EventId is null) return new PublishAnswer(PublishOutcome.Refused, default, "An event published from another region needs an event id.");
        try
        {
            var call = LinkCalls.Encode(new PublishCall(_topic.ToString(), e.Source, e.EventId, e.OriginTime, e.Data));
            var reply = LinkCalls.Decode<PublishReply>(await links.CallAsync(upstream, LinkMethod.Publish, call, cancellationToken));
            return new PublishAnswer(reply.Outcome, Position.TryParse(reply.Position, out var position) ? position : default, reply.Reason);
        }
        catch (RegionCallException refused) when (refused.IsRefused)
        {
            return new PublishAnswer(PublishOutcome.Refused, default, refused.Message);
        }
        catch (Exception failed) when (failed is RegionCallException or InvalidDataException)
        {
            return new PublishAnswer(PublishOutcome.Unknown, default, $"Home ({homes.HomeOf(_topic.Kind)}) gave no answer: {failed.Message}.");
        }
    }

    public Task<TopicInspection> InspectAsync(CancellationToken cancellationToken)
    {
        var (log, size) = (_replica.Log, _replica.Log?.Size ?? default);
        var (oldest, newest, gateways) = log?.Inspect() ?? (null, null, []);
        return Task.FromResult(new TopicInspection(
            log?.Position ?? default, [], size.Frames, size.Bytes, size.Followers, services.Silo, [], IsReplica: true, Term: null, IsFenced: true, EventIds: 0,
            oldest?.Position.Offset ?? 0, gateways, Pending: 0, newest?.HomeTime ?? 0, _replica.FreshAt, newest?.State.ToArray() ?? []));
    }

    public Task StandByAsync(CancellationToken cancellationToken)
    {
        if (homes.IsHome(_topic.Kind)) DeactivateOnIdle(); // or this silo does not know better yet: it is told again
        if (_copying is not null || homes.IsHome(_topic.Kind)) return Task.CompletedTask;
        var copy = new StandbyCopy(_replica, services, homes, links, GrainFactory);
        var every = options.Value.StandbyCopyEvery;
        _copying = this.RegisterGrainTimer(copy.GoOnAsync, new GrainTimerCreationOptions(every * Random.Shared.NextDouble(), every) { Interleave = true });
        return Task.CompletedTask;
    }

    /// <summary>The log once it has what the topic had upstream; null where the home is here.</summary>
    private async Task<TopicLog?> LogAsync(CancellationToken cancellationToken)
    {
        Used();
        if (homes.IsHome(_topic.Kind))
        {
            DeactivateOnIdle();
            return null;
        }

        if (!_replica.Ready.IsCompletedSuccessfully)
        {
            try
            {
                await _replica.Ready.WaitAsync(ReadyTimeout, services.Time, cancellationToken);
            }
            catch (TimeoutException)
            {
                throw new TimeoutException($"{_topic} is not known here yet: region {homes.UpstreamOf(_topic.Kind)} does not answer.");
            }
        }

        return _replica.Log;
    }

    private async Task<TopicAnswer> AnswerAsync(LogRead read, List<Frame> frames, Position? after, int maxBytes, long follow, long freshAt, CancellationToken cancellationToken)
    {
        var (gap, encoded) = (read.Gap, (byte[]?)null);
        if (read.Gap == Gap.History && await ReadUpstreamAsync(after!.Value, maxBytes, cancellationToken) is { } older) (gap, encoded) = (Gap.None, older);
        return new TopicAnswer(read.Top, _replica.Delivery, gap, encoded ?? FrameCodec.Encode(frames), services.Silo, follow, freshAt, _replica.HomeNow);
    }

    /// <summary>What lies after a position that this region's history does not reach: upstream's may. Null when it does not, or cannot be asked; the reader is told of the gap then.</summary>
    private async Task<byte[]?> ReadUpstreamAsync(Position after, int maxBytes, CancellationToken cancellationToken)
    {
        if (homes.UpstreamOf(_topic.Kind) is not { } upstream) return null;
        try
        {
            var call = LinkCalls.Encode(new ReadCall(_topic.ToString(), after.ToString(), maxBytes));
            var reply = LinkCalls.Decode<ReadReply>(await links.CallAsync(upstream, LinkMethod.Read, call, cancellationToken).WaitAsync(ReadyTimeout, services.Time, cancellationToken));
            return reply.IsComplete ? reply.Frames : null;
        }
        catch (Exception e) when (e is RegionCallException or InvalidDataException or TimeoutException)
        {
            return null;
        }
    }

    private void Used() => _usedAt = services.Time.GetTimestamp();

    private TopicAnswer NotHome() => new(default, _replica.Delivery, Gap.None, FrameCodec.Empty, services.Silo, 0, 0, 0, NotHome: true);

    private Task LookAsync(CancellationToken cancellationToken)
    {
        if (homes.IsHome(_topic.Kind))
        {
            DeactivateOnIdle();
        }
        else if (_copying is null && _replica.Log is not { Size.Followers: > 0 } && services.Time.GetElapsedTime(_usedAt) > options.Value.Linger)
        {
            DeactivateOnIdle();
        }

        return Task.CompletedTask;
    }
}
