namespace E2EEvents.Connectors.Ingest;

/// <summary>What connectors ask of their region. Every call may fail with any exception; the caller retries. Calls end with their token.</summary>
internal interface IRegion
{
    /// <summary>All topic kinds, and where their homes are.</summary>
    Task<KindInfo[]> KindsAsync(CancellationToken cancellationToken);

    /// <summary>Appends events of one topic to its stream, as one container: the topic stores them in one write.</summary>
    Task PublishAsync(TopicKey topic, IReadOnlyList<SourcedEvent> events, CancellationToken cancellationToken);

    /// <summary>See <see cref="ITopicGrain.SettledAsync"/>.</summary>
    Task<bool> SettledAsync(TopicKey topic, string source, Sequence upTo, TimeSpan wait, CancellationToken cancellationToken);

    /// <summary>See <see cref="IDeadLetterGrain.AddAsync"/>.</summary>
    Task AddLettersAsync(string kind, DeadLetter[] letters, CancellationToken cancellationToken);

    /// <summary>See <see cref="ICheckpointGrain.ReadAsync"/>.</summary>
    Task<Checkpoint> ReadCheckpointAsync(string connector, CancellationToken cancellationToken);

    /// <summary>See <see cref="ICheckpointGrain.ReadHomeAsync"/>.</summary>
    Task<Checkpoint> ReadHomeCheckpointAsync(string connector, string kind, CancellationToken cancellationToken);

    /// <summary>See <see cref="ICheckpointGrain.WriteAsync"/>.</summary>
    Task<Checkpoint?> WriteCheckpointAsync(string connector, string token, long version, long lease, CancellationToken cancellationToken);

    /// <summary>See <see cref="ICheckpointGrain.AcquireAsync"/>.</summary>
    Task<LeaseAnswer> AcquireLeaseAsync(string connector, string holder, TimeSpan duration, CancellationToken cancellationToken);

    /// <summary>See <see cref="ICheckpointGrain.RenewAsync"/>.</summary>
    Task<bool> RenewLeaseAsync(string connector, long lease, CancellationToken cancellationToken);

    /// <summary>See <see cref="ICheckpointGrain.ReleaseAsync"/>.</summary>
    Task ReleaseLeaseAsync(string connector, long lease, CancellationToken cancellationToken);
}
