using E2EEvents.EdgeGateway.Fanout;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace E2EEvents.EdgeGateway;

/// <summary>Before anything stops: not ready any more, then every stream is closed with a reason, spread over a window.</summary>
internal sealed class Drain(FanoutWorkers workers, GatewayMetrics metrics, GatewayIdentity identity, IOptions<GatewayOptions> options, ILogger<Drain> logger) : IHostedLifecycleService
{
    private volatile bool _isStopping;

    public bool IsStopping => _isStopping;

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        _isStopping = true;
        var streams = metrics.OpenStreams;
        if (streams == 0) return;
        Log.Draining(logger, streams, options.Value.DrainWindow);
        await workers.CloseAllAsync(CloseReason.GoingAway, options.Value.DrainWindow, cancellationToken).ConfigureAwait(false);
    }

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        Log.Serving(logger, identity.Name, options.Value.Urls);
        return Task.CompletedTask;
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}

/// <summary>Ready once the kinds are known and until draining begins.</summary>
internal sealed class GatewayCheck(Feeds.KindMap kinds, Drain drain) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) => Task.FromResult(
        drain.IsStopping ? HealthCheckResult.Unhealthy("draining; streams are being closed")
        : kinds.IsLoaded ? HealthCheckResult.Healthy()
        : HealthCheckResult.Unhealthy("the topic kinds are not loaded yet; asking the silos until they are"));
}
