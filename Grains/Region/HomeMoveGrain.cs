using System.Diagnostics.CodeAnalysis;
using E2EEvents.Grains.Interfaces.Regions;
using E2EEvents.Grains.Replication;
using E2EEvents.Grains.Storage;
using E2EEvents.Grains.Topics;
using E2EEvents.Hosting;
using Orleans.Concurrency;

namespace E2EEvents.Grains.Region;

/// <summary>Runs a move step by step and stores each; goes on after a crash as soon as it is called, which every silo does every few seconds.</summary>
[SuppressMessage("Design", "CA1001", Justification = "A source without timer or links has nothing to dispose, and late callbacks may still ask it.")]
[GrainType("home-move"), Reentrant]
[SuppressMessage("Design", "CA1001", Justification = "A source without timer or links has nothing to dispose, and late callbacks may still ask it.")]
internal sealed class HomeMoveGrain(TopicServices services, KindRegistry kinds, IRegionCalls calls, IGrainContext context) : Grain, IHomeMoveGrain
{
    private static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestRetry = TimeSpan.FromSeconds(5);

    private readonly StoredRecord<HomeMoveRecord> _record = services.RecordOf<HomeMoveRecord>("home-move", context.GrainId);
    private readonly CancellationTokenSource _deactivating = new();
    private HomeMover _mover = null!;
    private HomeMoveRecord _move = new();
    private string _problem = "";
    private Task _running = Task.CompletedTask;
    private bool _forced;
    private bool _calledOff;

    private string Kind => this.GetPrimaryKeyString();

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _mover = new HomeMover(GrainFactory, calls, services.Homes, services);
        await services.Homes.Loaded.WaitAsync(cancellationToken);
        if (await _record.ReadAsync(cancellationToken) is { } stored) _move = stored;
        if (_move.IsActive) Run();
        await base.OnActivateAsync(cancellationToken);
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        await _deactivating.CancelAsync();
        await _running.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        await base.OnDeactivateAsync(reason, cancellationToken);
    }

    public async Task<MoveAnswer> StartAsync(bool force, CancellationToken cancellationToken)
    {
        if (_move.IsActive)
        {
            _forced |= force;
            return new MoveAnswer(Now());
        }

        var term = services.Homes.TermOf(Kind);
        if (!kinds.Has(Kind)) return new MoveAnswer(null, $"'{Kind}' is not a topic kind here.");
        if (!force && term.Term.Region == services.Homes.Region) return new MoveAnswer(Known(), $"Region {term.Term.Region} is the home of {Kind} already.");
        if (force && !await HasTopicsAsync(cancellationToken)) return new MoveAnswer(Known(), $"Region {services.Homes.Region} has no copy of any topic of {Kind} to go on from; it keeps some if Regions:Standby names the kind.");

        // Another step up with force: a planned move to some other region, begun and not ended, may have taken the next number.
        await StoreAsync(new HomeMoveRecord
        {
            Kind = Kind,
            IsForced = force,
            From = term.Term.Region,
            Number = term.Term.Number + (force ? 2 : 1),
            Region = services.Homes.Region,
            Phase = force ? MovePhase.TakingOver : MovePhase.Announcing,
            StartedAt = services.Time.UnixMicroseconds(),
        });
        (_forced, _calledOff) = (false, false);
        Log.MoveBegins(services.Logger, Kind, _move.From, _move.To, force);
        Run();
        return new MoveAnswer(Now());
    }

    public Task<HomeMove?> StatusAsync(CancellationToken cancellationToken) => Task.FromResult(Known());

    public Task<MoveAnswer> CancelAsync(CancellationToken cancellationToken)
    {
        if (!_move.IsActive) return Task.FromResult(new MoveAnswer(Known(), "No move is under way."));
        if (_move.IsForced || _move.Phase != MovePhase.Announcing) return Task.FromResult(new MoveAnswer(Known(), "Topics have been handed over; the move must go on."));
        _calledOff = true;
        return Task.FromResult(new MoveAnswer(Now()));
    }

    private HomeMove Now() => _move.ToMove(_problem);

    private HomeMove? Known() => _move.StartedAt > 0 ? Now() : null;

    private void Run()
    {
        if (!_running.IsCompleted) return;
        DelayDeactivation(Timeout.InfiniteTimeSpan);
        _running = RunAsync();
    }

    private async Task RunAsync()
    {
        var backoff = new Backoff(FirstRetry, LongestRetry, services.Time, Random.Shared.NextDouble);
        while (_move.IsActive && !_deactivating.IsCancellationRequested)
        {
            try
            {
                await StoreAsync(await NextAsync(_deactivating.Token));
                _problem = "";
                backoff.Reset();
            }
            catch (Exception e) when (!_deactivating.IsCancellationRequested) // survived: regions and silos that are away; the operator sees why
            {
                _problem = e.Message;
                if (int.IsPow2(backoff.Failures + 1)) Log.MoveStuck(services.Logger, Kind, _move.Phase, e.Message);
                await Task.Delay(backoff.Next(), services.Time, _deactivating.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            }
            catch (Exception) // leaving; the next activation goes on
            {
                return;
            }
        }

        DelayDeactivation(TimeSpan.Zero);
    }

    private async Task<HomeMoveRecord> NextAsync(CancellationToken cancellationToken)
    {
        if (_calledOff && _move.Phase == MovePhase.Announcing) return await CallOffAsync(cancellationToken);

        if (_forced && !_move.IsForced && _move.Phase != MovePhase.Proclaiming)
        {
            // What the old home handed over stays as it is; the rest goes on from copies.
            return _move with { IsForced = true, Phase = MovePhase.TakingOver, Shard = 0, After = 0, Topics = 0 };
        }

        var next = await _mover.StepAsync(_move, cancellationToken);

        // The announcement takes seconds: called off meanwhile, before anything has been handed over, it still can be.
        return _calledOff && _move.Phase == MovePhase.Announcing && next.Phase == MovePhase.HandingOver ? await CallOffAsync(cancellationToken) : next;
    }

    private async Task<HomeMoveRecord> CallOffAsync(CancellationToken cancellationToken)
    {
        await _mover.CallOffAsync(_move, cancellationToken);
        return _move with { Phase = MovePhase.CalledOff, Problem = "Called off by an operator.", EndedAt = services.Time.UnixMicroseconds() };
    }

    private async Task StoreAsync(HomeMoveRecord next)
    {
        try
        {
            await _record.WriteAsync(next);
        }
        catch (Exception e) // rethrown: read again by the next activation, which goes on
        {
            Log.RecordWriteFailed(services.Logger, $"The move of {Kind}", e);
            await _deactivating.CancelAsync();
            DeactivateOnIdle();
            throw;
        }

        _move = next;
    }

    private async Task<bool> HasTopicsAsync(CancellationToken cancellationToken)
    {
        for (var shard = 0; shard < CatalogueKey.Shards; shard++)
        {
            var page = await GrainFactory.GetGrain<ICatalogueGrain>(CatalogueKey.Of(Kind, shard)).ListHereAsync(0, 1, cancellationToken);
            if (page.Keys.Length > 0) return true;
        }

        return false;
    }
}
