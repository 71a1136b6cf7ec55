using System.Diagnostics.CodeAnalysis;
using E2EEvents.Grains.Interfaces.Regions;
using E2EEvents.Grains.Replication;
using E2EEvents.Grains.Storage;
using E2EEvents.Grains.Topics;
using E2EEvents.Hosting;
using Orleans.Concurrency;
using Orleans.Storage;

namespace E2EEvents.Grains.Region;

/// <summary>
/// Goes through what this region has of a kind whose home is elsewhere. A record that it accepted itself and handed to nobody is compared with where
/// the new home went on; then it is marked as handed over, so that it is looked at once.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "A source without timer or links has nothing to dispose, and late callbacks may still ask it.")]
[GrainType("former-home"), Reentrant]
[SuppressMessage("Design", "CA1001", Justification = "A source without timer or links has nothing to dispose, and late callbacks may still ask it.")]
internal sealed class FormerHomeGrain(TopicServices services, IRegionCalls calls, IGrainContext context) : Grain, IFormerHomeGrain
{
    private const int PageTopics = 100;
    private static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LongestRetry = TimeSpan.FromSeconds(10);

    private readonly StoredRecord<FormerHomeRecord> _record = services.RecordOf<FormerHomeRecord>("former-home", context.GrainId);
    private readonly CancellationTokenSource _deactivating = new();
    private FormerHomeRecord _state = new();
    private string _problem = "";
    private Task _running = Task.CompletedTask;

    private string Kind => this.GetPrimaryKeyString();

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        if (await _record.ReadAsync(cancellationToken) is { } stored) _state = stored;
        await base.OnActivateAsync(cancellationToken);
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        await _deactivating.CancelAsync();
        await base.OnDeactivateAsync(reason, cancellationToken);
    }

    public Task<bool> LookAsync(Term home, CancellationToken cancellationToken)
    {
        if (_state.Home == home && _state.IsDone) return Task.FromResult(true);
        if (_running.IsCompleted) _running = RunAsync(home);
        return Task.FromResult(false);
    }

    public Task<FormerHome> ReportAsync(CancellationToken cancellationToken) => Task.FromResult(_state.ToReport(_problem));

    private async Task RunAsync(Term home)
    {
        var backoff = new Backoff(FirstRetry, LongestRetry, services.Time, Random.Shared.NextDouble);
        if (_state.Home != home) _state = _state with { Number = home.Number, Region = home.Region, IsDone = false, Shard = 0, After = 0 };
        while (!_state.IsDone && !_deactivating.IsCancellationRequested && services.Homes.TermOf(Kind).Term == home)
        {
            try
            {
                var next = await NextAsync(home, _deactivating.Token);
                await _record.WriteAsync(next);
                _state = next;
                _problem = "";
                backoff.Reset();
            }
            catch (InconsistentStateException) // another activation is at it, or was: read again
            {
                DeactivateOnIdle();
                return;
            }
            catch (Exception e) when (!_deactivating.IsCancellationRequested) // survived: the new home is away, most likely
            {
                _problem = e.Message;
                if (int.IsPow2(backoff.Failures + 1)) Log.FormerHomeStuck(services.Logger, Kind, home, e.Message);
                await Task.Delay(backoff.Next(), services.Time, _deactivating.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            }
            catch (Exception) // leaving
            {
                return;
            }
        }
    }

    private async Task<FormerHomeRecord> NextAsync(Term home, CancellationToken cancellationToken)
    {
        var page = await GrainFactory.GetGrain<ICatalogueGrain>(CatalogueKey.Of(Kind, _state.Shard)).ListHereAsync(_state.After, PageTopics, cancellationToken)
            .WaitAsync(services.Options.WriteTimeout, services.Time, cancellationToken);
        var own = new List<TopicKey>();
        foreach (var key in page.Keys)
        {
            // From storage, so that a region that only keeps copies wakes nothing.
            var topic = new TopicKey(Kind, key);
            if (Fence.IsOwn(await services.TopicRecordOf(TopicKindAttribute.GrainIdOf(topic)).ReadAsync(cancellationToken), services.Homes.Region)) own.Add(topic);
        }

        return _state.Next(page, await CompareAsync(own, home, cancellationToken));
    }

    private async Task<List<LostPart>> CompareAsync(List<TopicKey> own, Term home, CancellationToken cancellationToken)
    {
        var lost = new List<LostPart>();
        if (own.Count == 0) return lost;
        var call = LinkCalls.Encode(new ContinuedCall([.. own.ConvertAll(topic => topic.ToString())]));
        var replies = LinkCalls.Decode<ContinuedReply[]>(await calls.CallAsync(home.Region, LinkMethod.Continued, call, cancellationToken));
        foreach (var topic in own)
        {
            var there = Array.Find(replies, reply => reply.Topic == topic.ToString()) ?? throw new InvalidDataException($"Region {home.Region} says nothing about {topic}.");
            var grain = GrainFactory.GetGrain<ITopicGrain>(TopicKindAttribute.GrainIdOf(topic));
            var bytes = await grain.RecordAsync(cancellationToken).WaitAsync(services.Options.WriteTimeout, services.Time, cancellationToken);
            if (bytes.Length > 0 && await PutAsideAsync(topic, TopicRecordCodec.Decode(bytes), there, home, cancellationToken) is { } part) lost.Add(part);
            var handed = await grain.HandOverAsync(home, cancellationToken).WaitAsync(services.Options.WriteTimeout, services.Time, cancellationToken); // marked: never looked at again

            // A silo that had not heard of the term may have accepted more meanwhile; letters that there are already are kept once.
            if (handed.Length > bytes.Length || !handed.AsSpan().SequenceEqual(bytes))
            {
                if (handed.Length > 0 && await PutAsideAsync(topic, TopicRecordCodec.Decode(handed), there, home, cancellationToken) is { } more)
                {
                    lost.RemoveAll(part => part.Topic == more.Topic);
                    lost.Add(more);
                }
            }
        }

        return lost;
    }

    private async Task<LostPart?> PutAsideAsync(TopicKey topic, TopicRecord record, ContinuedReply there, Term home, CancellationToken cancellationToken)
    {
        var top = new Position(record.Epoch, record.Offset);
        var went = WentOn.At(record, there);
        if (went is { } upTo && upTo >= top.Offset) return null;
        var letters = new List<DeadLetter>();
        foreach (var frame in StoredTail.Unfold(record, record.Epoch))
        {
            if (went is { } known && frame.Position.Offset <= known) continue;
            letters.Add(LetterOf(topic, frame, went, home));
        }

        if (letters.Count > 0) await GrainFactory.GetGrain<IDeadLetterGrain>(topic.Kind).AddAsync([.. letters], cancellationToken).WaitAsync(services.Options.WriteTimeout, services.Time, cancellationToken);
        var part = new LostPart(topic.ToString(), top, went + 1 ?? 0, letters.Count > 0 ? top.Offset - letters.Count + 1 : 0);
        Log.LostAtFormerHome(services.Logger, part.Topic, part.From, top.Offset, home, part.KeptFrom);
        return part;
    }

    private DeadLetter LetterOf(TopicKey topic, Frame frame, long? went, Term home)
    {
        var where = went is { } offset ? $"after offset {offset}" : "at a point that cannot be told";
        return new DeadLetter(
            new SourcedEvent(topic, frame.State.ToArray(), $"former-home/{services.Homes.Region}", null, frame.Position.ToString(), frame.OriginTime, frame.Transaction),
            $"Not an event but the state at {frame.Position}, which region {services.Homes.Region} accepted as home; the present home ({home}) had gone on without it {where}.",
            services.Time.UnixMicroseconds(),
            Content: LetterContent.State);
    }
}

/// <summary>Where in a record's own epoch the topic went on without it.</summary>
internal static class WentOn
{
    /// <returns>The last offset that is part of the topic, 0 = none; null if that cannot be told.</returns>
    public static long? At(TopicRecord record, ContinuedReply there)
    {
        foreach (var (_, from) in there.Continued)
        {
            if (Position.TryParse(from, out var position) && position.Epoch == record.Epoch) return position.Offset;
        }

        if (!Position.TryParse(there.Position, out var now)) return null;
        if (now.Epoch == record.Epoch) return now.Offset;
        return now.Offset == 0 ? 0 : null;
    }
}
