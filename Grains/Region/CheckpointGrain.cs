using E2EEvents.Grains.Interfaces.Regions;
using E2EEvents.Grains.Replication;
using E2EEvents.Grains.Storage;
using E2EEvents.Grains.Topics;

namespace E2EEvents.Grains.Region;

/// <summary>Where a connector restarts. Of two writers with the same version the first one wins; the other is told the winner's.</summary>
[GrainType("checkpoint")]
internal sealed class CheckpointGrain(TopicServices services, IRegionCalls calls, IGrainContext context) : Grain, ICheckpointGrain
{
    private readonly StoredRecord<CheckpointRecord> _record = services.RecordOf<CheckpointRecord>("checkpoint", context.GrainId);
    private Checkpoint _stored = new(null, 0);

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        if (await _record.ReadAsync(cancellationToken) is { } stored) _stored = new Checkpoint(stored.Token, stored.Version);
        await base.OnActivateAsync(cancellationToken);
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

    public async Task<Checkpoint> WriteAsync(string token, long version, CancellationToken cancellationToken)
    {
        if (version != _stored.Version) return _stored;
        var next = new Checkpoint(token, version + 1);
        try
        {
            await _record.WriteAsync(new CheckpointRecord { Token = next.Token, Version = next.Version });
        }
        catch (Exception e) // rethrown: the connector tries again
        {
            Log.RecordWriteFailed(services.Logger, $"Checkpoint {this.GetPrimaryKeyString()}", e);
            DeactivateOnIdle();
            throw;
        }

        return _stored = next;
    }
}

/// <summary>Stored form of a checkpoint.</summary>
internal sealed class CheckpointRecord
{
    public string? Token { get; init; }

    public long Version { get; init; }
}
