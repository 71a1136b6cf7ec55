using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace E2EEvents.Silo;

/// <summary>
/// Ends the process when a stop takes too long: with Redis away, Orleans tries for minutes to leave its cluster in order. Nothing is lost by that:
/// what is not stored has not been shown to anybody, and the other silos notice a death in about two seconds.
/// </summary>
internal sealed class StopDeadline(IHostApplicationLifetime lifetime, TimeProvider time, ILogger<StopDeadline> logger) : IHostedService, IDisposable
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(20);

    private ITimer? _timer;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        lifetime.ApplicationStopping.Register(() => _timer = time.CreateTimer(_ => Exit(), null, Longest, Timeout.InfiniteTimeSpan));
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _timer?.Dispose();

    private void Exit()
    {
        Log.StopTookTooLong(logger, Longest);
        Environment.Exit(1);
    }
}
