using E2EEvents.Hosting;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;

namespace E2EEvents.Grains.Storage.Sql;

/// <summary>Whether the database takes writes, as the last one showed. Free-threaded.</summary>
internal sealed class StorageHealth(TimeProvider time, ILogger<StorageHealth> logger) : IHealthCheck
{
    private readonly Seldom _seldom = new(TimeSpan.FromSeconds(10), time);
    private long _succeededAt = time.GetTimestamp();
    private volatile string? _error;

    /// <summary>True while writes fail.</summary>
    public bool IsRed => _error is not null;

    /// <summary>Since a write last succeeded.</summary>
    public TimeSpan SinceSuccess => time.GetElapsedTime(Interlocked.Read(ref _succeededAt));

    public void Succeeded()
    {
        var silent = SinceSuccess;
        Interlocked.Exchange(ref _succeededAt, time.GetTimestamp());
        if (_error is null) return;
        _error = null;
        Log.StorageCured(logger, silent);
    }

    /// <param name="e">What happened.</param>
    /// <param name="topics">Topics whose write failed by it.</param>
    public void Failed(Exception e, int topics)
    {
        _error = e.Message;
        if (_seldom.IsTime("")) Log.StorageFailed(logger, topics, e.Message);
    }

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(_error is { } error
            ? HealthCheckResult.Unhealthy($"the database takes no writes ({error.ReplaceLineEndings(" ")}); nothing is lost, it is tried until it does")
            : HealthCheckResult.Healthy());
}
