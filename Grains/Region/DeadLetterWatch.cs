using Microsoft.Extensions.Hosting;

namespace E2EEvents.Grains.Region;

/// <summary>Keeps the dead letters of every kind active, so that the gauge of those that wait is there also when nothing new comes.</summary>
internal sealed class DeadLetterWatch(IGrainFactory grains, KindRegistry kinds, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(5);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Every, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            await TouchAsync(LetterKinds.Unmapped, stoppingToken);
            foreach (var kind in kinds.Kinds) await TouchAsync(kind.Kind, stoppingToken);
        }
    }

    private async Task TouchAsync(string kind, CancellationToken stoppingToken)
    {
        try
        {
            await grains.GetGrain<IDeadLetterGrain>(kind).GetAsync(0, stoppingToken).WaitAsync(Deadline, time, stoppingToken);
        }
        catch (Exception e) when (e is not OperationCanceledException || !stoppingToken.IsCancellationRequested)
        {
            // Survived: storage or silos are away, which others report; the gauge is back with the next look.
        }
    }
}
