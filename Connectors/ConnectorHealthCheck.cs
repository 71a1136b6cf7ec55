using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace E2EEvents.Connectors;

/// <summary>Health of one connector: healthy, or degraded with the reason. Never unhealthy: other connectors, and a silo around it, do their work.</summary>
internal sealed class ConnectorHealthCheck(ConnectorStatus status) : IHealthCheck
{
    // Longer than a silo's death and the repetition of what it lost.
    private const double LongestCheckpointLagSeconds = 30;

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var lag = status.CheckpointLag;
        var data = new Dictionary<string, object> { ["phase"] = status.Phase, ["inFlightEvents"] = status.InFlightEvents, ["checkpointLagSeconds"] = lag };
        if (!status.Ready) return Task.FromResult(HealthCheckResult.Degraded(status.Problems is { Length: > 0 } problems ? $"{status.Phase}: {problems}" : status.Phase, data: data));
        return Task.FromResult(lag > LongestCheckpointLagSeconds
            ? HealthCheckResult.Degraded($"records read {lag:0} s ago are not safe", data: data)
            : HealthCheckResult.Healthy(status.Phase, data));
    }
}
