using E2EEvents.Grains.Interfaces.Regions;
using E2EEvents.Grains.Replication;
using E2EEvents.Grains.Storage;
using E2EEvents.Grains.Topics;

namespace E2EEvents.Grains.Region;

/// <summary>Where a connector restarts, and who may run it. Both are one record, so a write of an old holder can never follow the lease of a new one.</summary>
[GrainType("checkpoint")]
internal sealed class CheckpointGrain(TopicServices services, IRegionCalls calls, IGrainContext context) : Grain, ICheckpointGrain
{
    private readonly StoredRecord<CheckpointRecord> _record = services.RecordOf<CheckpointRecord>("checkpoint", context.GrainId);
    private Checkpoint _stored = new(null, 0);
    private Lease _lease = new(services.Time);

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        if (await _record.ReadAsync(cancellationToken) is { } stored)
        {
            _stored = new Checkpoint(stored.Token, stored.Version);
            _lease = new Lease(services.Time, stored.Lease, stored.Holder, stored.LeaseDuration);
        }

        await base.OnActivateAsync(cancellationToken);
    }

    public async Task<LeaseAnswer> AcquireAsync(string holder, TimeSpan duration, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(holder);
        ArgumentOutOfRangeException.ThrowIfLessThan(duration, TimeSpan.FromSeconds(1));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(duration, TimeSpan.FromMinutes(1));

        // From here on the old holder is refused, also by a renewal that comes in while the new one is being stored.
        if (!_lease.TryTake(holder, duration)) return new LeaseAnswer(null, _lease.Holder!, _lease.Left);
        await StoreAsync(_stored);
        return new LeaseAnswer(_lease.Number, holder, duration);
    }

    public Task<bool> RenewAsync(long lease, CancellationToken cancellationToken) => Task.FromResult(_lease.TryRenew(lease));

    public async Task ReleaseAsync(long lease, CancellationToken cancellationToken)
    {
        if (_lease.TryRelease(lease)) await StoreAsync(_stored);
    }

    public Task<Checkpoint> ReadAsync(CancellationToken cancellationToken) => Task.FromResult(_stored);

    public async Task<Checkpoint> ReadHomeAsync(string kind, CancellationToken cancellationToken)
    {
        if (services.Homes.IsHome(kind)) return _stored;
        var home = services.Homes.HomeOf(kind);
        try
        {
            var call = LinkCalls.Encode(new CheckpointCall(this.GetPrimaryKeyString(), kind));
            return LinkCalls.Decode<Checkpoint>(await calls.CallAsync(home, LinkMethod.Checkpoint, call, cancellationToken));
        }
        catch (Exception e) when (e is RegionCallException or InvalidDataException)
        {
            throw new TimeoutException($"The checkpoint is at region {home}, which gives no answer: {e.Message}.");
        }
    }

    public async Task<Checkpoint?> WriteAsync(string token, long version, long lease, CancellationToken cancellationToken)
    {
        if (!_lease.IsHeldBy(lease)) return null;
        if (version != _stored.Version) return _stored;
        await StoreAsync(new Checkpoint(token, version + 1));
        return _stored;
    }

    private async Task StoreAsync(Checkpoint next)
    {
        try
        {
            await _record.WriteAsync(new CheckpointRecord
            {
                Token = next.Token,
                Version = next.Version,
                Lease = _lease.Number,
                Holder = _lease.Holder,
                LeaseDuration = _lease.Duration,
            });
            _stored = next;
        }
        catch (Exception e) // rethrown: the connector tries again
        {
            Log.RecordWriteFailed(services.Logger, $"Checkpoint {this.GetPrimaryKeyString()}", e);
            DeactivateOnIdle();
            throw;
        }
    }
}

/// <summary>Stored form of a checkpoint and its lease. One from before there were leases has none of their fields: the lease is free.</summary>
internal sealed class CheckpointRecord
{
    public string? Token { get; init; }

    public long Version { get; init; }

    public long Lease { get; init; }

    public string? Holder { get; init; }

    public TimeSpan LeaseDuration { get; init; }
}
