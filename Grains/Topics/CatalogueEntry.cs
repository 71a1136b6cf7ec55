namespace E2EEvents.Grains.Topics;

/// <summary>Makes a topic known to its kind's catalogue, however long that takes. Done at each activation: it changes nothing if known, and heals a lost catalogue.</summary>
internal static class CatalogueEntry
{
    private static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LongestRetry = TimeSpan.FromMinutes(1);

    public static async Task AddAsync(IGrainFactory grains, TopicKey topic, TopicServices services, CancellationToken cancellationToken)
    {
        var delay = FirstRetry;
        for (var tries = 1; !cancellationToken.IsCancellationRequested; tries++)
        {
            try
            {
                await grains.GetGrain<ICatalogueGrain>(CatalogueKey.Of(topic)).AddAsync([topic.Key], cancellationToken)
                    .WaitAsync(services.Options.WriteTimeout, services.Time, cancellationToken);
                return;
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested) // survived: storage or silos that are away for a while
            {
                var wait = delay * (0.5 + (Random.Shared.NextDouble() / 2));
                Log.CatalogueFailed(services.Logger, topic.ToString(), tries, wait, e);
                delay = delay * 2 < LongestRetry ? delay * 2 : LongestRetry;
                await Task.Delay(wait, services.Time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            }
            catch (Exception) // the topic leaves; its next activation tries again
            {
                return;
            }
        }
    }
}
