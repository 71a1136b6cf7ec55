using E2EEvents.Connectors.Mapping;
using Microsoft.Extensions.Logging;

namespace E2EEvents.Connectors.Ingest;

/// <summary>All that a configured connector works with.</summary>
internal sealed record ConnectorParts(
    IConnector Connector,
    ConnectorOptions Options,
    IEventMapper Mapper,
    IRegion Region,
    KnownKinds Kinds,
    ConnectorStatus Status,
    ConnectorsMetrics Metrics,
    ILogger Logger,
    TimeProvider Time)
{
    /// <summary>This process to the leases, and no other one ever.</summary>
    public string Holder { get; } = $"{Environment.MachineName}/{Environment.ProcessId}/{Random.Shared.Next():x8}";

    /// <summary>Calls to the region.</summary>
    public RegionCalls Calls { get; } = new(Connector.Name, Options, Status, Metrics, Logger, Time);
}
