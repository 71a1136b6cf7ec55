using E2EEvents.Grains.Interfaces.Regions;
using E2EEvents.Grains.Region;
using E2EEvents.Grains.Storage;
using E2EEvents.Grains.Topics;

namespace E2EEvents.Grains.Replication;

/// <summary>
/// A standby region's copy of a topic's stored record, in its own storage under the topic's own grain id: what the topic will read there if this region is
/// promoted. Copied once for each <see cref="RegionsOptions.StandbyCopyEvery"/> in which the replica has changed.
/// </summary>
internal sealed class StandbyCopy(Replica replica, TopicServices services, HomeMap homes, RegionLinks calls, IGrainFactory grains)
{
    private readonly StoredRecord<TopicRecord> _record = services.TopicRecordOf(TopicKindAttribute.GrainIdOf(replica.Topic));
    private long _copiedAt;
    private bool _hasRead;
    private bool _isListed;
    private Position _copied;

    /// <summary>Copies if the replica has changed since. Never throws: what failed is tried again at the next turn.</summary>
    public async Task GoOnAsync(CancellationToken cancellationToken)
    {
        if (replica.Position is not { } position || position == _copied || position.Offset == 0 || homes.IsHome(replica.Topic.Kind)) return;
        try
        {
            // What this region accepted itself while it was home is not written over: it is compared with the new home first (FormerHomeGrain).
            if (!_hasRead && Fence.IsOwn(await _record.ReadAsync(cancellationToken), homes.Region)) return;
            _hasRead = true;
            var home = homes.HomeOf(replica.Topic.Kind);
            var call = LinkCalls.Encode(new RecordCall(replica.Topic.ToString()));
            var reply = LinkCalls.Decode<TopicRecordReply>(await calls.CallAsync(home, LinkMethod.Record, call, cancellationToken));
            if (reply.Record.Length == 0 || homes.IsHome(replica.Topic.Kind)) return;
            await _record.WriteAsync(TopicRecordCodec.Decode(reply.Record));
            (_copied, _copiedAt) = (position, services.Time.UnixMicroseconds());
            if (!_isListed) await grains.GetGrain<ICatalogueGrain>(CatalogueKey.Of(replica.Topic)).AddAsync([replica.Topic.Key], cancellationToken).WaitAsync(services.Options.WriteTimeout, services.Time, cancellationToken);
            _isListed = true;
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested) // survived: home or the storage is away
        {
            _hasRead = false; // someone else may have written
            if (calls.CopyFailures.IsTime(homes.HomeOf(replica.Topic.Kind))) Log.StandbyCopyFailed(services.Logger, replica.Topic.ToString(), homes.HomeOf(replica.Topic.Kind), e.Message, DateTimeOffset.UnixEpoch.AddMicroseconds(_copiedAt));
        }
    }
}
