namespace E2EEvents.Grains.Replication;

/// <summary>A topic where its region isn't home; readers use <see cref="ITopicReader"/>.</summary>
[Alias("e2e.replica")]
internal interface IReplicaGrain : ITopicReader
{
    /// <summary>Keeps the replica whether it is followed or not, and copies its record from home whenever it has changed, so that this region can be promoted. To be said again now and then: it lives no longer than the activation.</summary>
    [Alias("stand-by")]
    Task StandByAsync(CancellationToken cancellationToken);
}

/// <summary>Finds the topics of a shard of home's catalogue and has this region keep them. Key: as <see cref="ICatalogueGrain"/>'s.</summary>
[Alias("e2e.standby")]
internal interface IStandbyGrain : IGrainWithStringKey
{
    /// <summary>Keeps the grain at it; said every few seconds by every silo.</summary>
    [Alias("go-on")]
    Task GoOnAsync(CancellationToken cancellationToken);
}
