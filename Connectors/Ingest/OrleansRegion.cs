using Orleans.Streams;

namespace E2EEvents.Connectors.Ingest;

/// <summary>The region behind an Orleans client, or behind the silo of the same process.</summary>
internal sealed class OrleansRegion(IClusterClient client) : IRegion
{
    private readonly Lazy<IStreamProvider> _streams = new(() => client.GetStreamProvider(IngestStream.Provider));

    public Task<KindInfo[]> KindsAsync(CancellationToken cancellationToken) => Grain(factory => factory.GetGrain<IKindsGrain>(0)).ListAsync(cancellationToken);

    // The stream has no cancellation of its own: the wait ends, the append may still arrive, and the topic drops it as a duplicate.
    public Task PublishAsync(TopicKey topic, IReadOnlyList<SourcedEvent> events, CancellationToken cancellationToken) =>
        _streams.Value.GetStream<SourcedEvent>(StreamId.Create(topic.Kind, topic.Key)).OnNextBatchAsync(events).WaitAsync(cancellationToken);

    public Task<bool> SettledAsync(TopicKey topic, string source, Sequence upTo, TimeSpan wait, CancellationToken cancellationToken) =>
        Grain(factory => factory.GetGrain<ITopicGrain>(TopicKindAttribute.GrainIdOf(topic))).SettledAsync(source, upTo, wait, cancellationToken);

    public Task AddLettersAsync(string kind, DeadLetter[] letters, CancellationToken cancellationToken) =>
        Grain(factory => factory.GetGrain<IDeadLetterGrain>(kind)).AddAsync(letters, cancellationToken);

    public Task<Checkpoint> ReadCheckpointAsync(string connector, CancellationToken cancellationToken) =>
        CheckpointOf(connector).ReadAsync(cancellationToken);

    public Task<Checkpoint> ReadHomeCheckpointAsync(string connector, string kind, CancellationToken cancellationToken) =>
        CheckpointOf(connector).ReadHomeAsync(kind, cancellationToken);

    public Task<Checkpoint?> WriteCheckpointAsync(string connector, string token, long version, long lease, CancellationToken cancellationToken) =>
        CheckpointOf(connector).WriteAsync(token, version, lease, cancellationToken);

    public Task<LeaseAnswer> AcquireLeaseAsync(string connector, string holder, TimeSpan duration, CancellationToken cancellationToken) =>
        CheckpointOf(connector).AcquireAsync(holder, duration, cancellationToken);

    public Task<bool> RenewLeaseAsync(string connector, long lease, CancellationToken cancellationToken) => CheckpointOf(connector).RenewAsync(lease, cancellationToken);

    public Task ReleaseLeaseAsync(string connector, long lease, CancellationToken cancellationToken) => CheckpointOf(connector).ReleaseAsync(lease, cancellationToken);

    private ICheckpointGrain CheckpointOf(string connector) => Grain(factory => factory.GetGrain<ICheckpointGrain>(connector));

    private T Grain<T>(Func<IGrainFactory, T> get)
    {
        try
        {
            return get(client);
        }
        catch (ArgumentException)
        {
            // Orleans knows the grains of a cluster only once it has spoken to one of its silos.
            throw new InvalidOperationException("No silo of the region is connected yet.");
        }
    }
}
