using E2EEvents.Grains.Interfaces.Regions;
using E2EEvents.Grains.Topics;
using E2EEvents.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace E2EEvents.Grains.Region;

/// <summary>
/// Brings the stored terms into this silo's <see cref="HomeMap"/>: at start, before any topic is served, and every second after. And sees to it that
/// moves go on after a crash, and that what a former home accepted in vain is put aside.
/// </summary>
internal sealed class HomesLoader(IServiceProvider provider) : BackgroundService
{
    private const int LookEvery = 2;
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(50);

    private readonly Dictionary<string, Term> _compared = [];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Not by the constructor, which runs before settings are checked: it would stop at the first wrong one.
        var (grains, homes, services) = (provider.GetRequiredService<IGrainFactory>(), provider.GetRequiredService<HomeMap>(), provider.GetRequiredService<TopicServices>());
        var backoff = new Backoff(FirstRetry, Every, services.Time, Random.Shared.NextDouble);
        for (var turn = 0; !stoppingToken.IsCancellationRequested; turn++)
        {
            var delay = Every;
            try
            {
                homes.Learn(await grains.GetGrain<IHomesGrain>(0).ListAsync(stoppingToken)
                    .WaitAsync(services.Options.WriteTimeout, services.Time, stoppingToken).ConfigureAwait(false));
                if (!homes.IsAlone && turn % LookEvery == 0) await LookAsync(grains, homes, services, stoppingToken).ConfigureAwait(false);
                backoff.Reset();
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested) // survived: a silo that is still starting, storage that is away
            {
                delay = backoff.Next();
                if (backoff.Failures > 4 && !homes.Loaded.IsCompleted) Log.TermsFailed(services.Logger, backoff.Failures, delay, e);
            }
            catch (Exception) // stopping
            {
                return;
            }

            await Task.Delay(delay, services.Time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task LookAsync(IGrainFactory grains, HomeMap homes, TopicServices services, CancellationToken cancellationToken)
    {
        foreach (var kind in provider.GetRequiredService<KindRegistry>().Kinds)
        {
            var term = homes.TermOf(kind.Kind).Term;
            await grains.GetGrain<IHomeMoveGrain>(kind.Kind).StatusAsync(cancellationToken).WaitAsync(services.Options.WriteTimeout, services.Time, cancellationToken).ConfigureAwait(false);
            if (term.Region == homes.Region || (_compared.TryGetValue(kind.Kind, out var known) && known == term)) continue;
            var isDone = await grains.GetGrain<IFormerHomeGrain>(kind.Kind).LookAsync(term, cancellationToken).WaitAsync(services.Options.WriteTimeout, services.Time, cancellationToken).ConfigureAwait(false);
            if (isDone) _compared[kind.Kind] = term;
        }
    }
}
