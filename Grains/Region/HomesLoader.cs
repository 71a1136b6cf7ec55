using E2EEvents.Grains.Interfaces.Regions;
using E2EEvents.Grains.Topics;
using E2EEvents.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace E2EEvents.Grains.Region;

/// <summary>Brings the stored terms into this silo's <see cref="HomeMap"/>: at start, before any topic is served, and every second after.</summary>
internal sealed class HomesLoader(IServiceProvider provider) : BackgroundService
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(50);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Not by the constructor, which runs before settings are checked: it would stop at the first wrong one.
        var (grains, homes, services) = (provider.GetRequiredService<IGrainFactory>(), provider.GetRequiredService<HomeMap>(), provider.GetRequiredService<TopicServices>());
        var backoff = new Backoff(FirstRetry, Every, services.Time, Random.Shared.NextDouble);
        for (var tries = 1; !stoppingToken.IsCancellationRequested;)
        {
            var delay = Every;
            try
            {
                homes.Learn(await grains.GetGrain<IHomesGrain>(0).ListAsync(stoppingToken)
                    .WaitAsync(services.Options.WriteTimeout, services.Time, stoppingToken).ConfigureAwait(false));
                backoff.Reset();
                tries = 1;
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested) // survived: a silo that is still starting, storage that is away
            {
                delay = backoff.Next();
                if (++tries > 4 && !homes.Loaded.IsCompleted) Log.TermsFailed(services.Logger, tries, delay, e);
            }
            catch (Exception) // stopping
            {
                return;
            }

            await Task.Delay(delay, services.Time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
