using E2EEvents.Grains.Interfaces.Regions;
using E2EEvents.Grains.Region;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace E2EEvents.Grains.Replication;

/// <summary>Keeps the standby grains of this region at work, for the kinds of <see cref="RegionsOptions.Standby"/> that are not at home here.</summary>
internal sealed class StandbyKeeper(HomeMap homes, KindRegistry kinds, IGrainFactory grains, TimeProvider time, ILogger<StandbyKeeper> logger) : BackgroundService
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(2);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Every, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false)) await GoOnAsync(stoppingToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // the silo stops
        }
    }

    private async Task GoOnAsync(CancellationToken cancellationToken)
    {
        var going = new List<Task>();
        foreach (var kind in kinds.Kinds)
        {
            if (!homes.Tree.IsStandbyFor(kind.Kind) || homes.IsHome(kind.Kind)) continue;
            for (var shard = 0; shard < CatalogueKey.Shards; shard++) going.Add(grains.GetGrain<IStandbyGrain>(CatalogueKey.Of(kind.Kind, shard)).GoOnAsync(cancellationToken));
        }

        try
        {
            await Task.WhenAll(going).WaitAsync(TimeSpan.FromSeconds(20), time, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested) // survived: home is away, or silos are starting
        {
            Log.StandbyWaits(logger, e.Message);
        }
    }
}
