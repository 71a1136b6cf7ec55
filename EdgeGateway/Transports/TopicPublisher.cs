using E2EEvents.EdgeGateway.Feeds;
using Microsoft.Extensions.Options;

namespace E2EEvents.EdgeGateway.Transports;

/// <summary>Publishes to a topic wherever this region has it: at home, or at its replica, which passes it on. Whatever goes wrong is an outcome.</summary>
internal sealed class TopicPublisher(KindMap kinds, IOptions<FeedOptions> feeds, TimeProvider time, GatewayMetrics metrics)
{
    /// <param name="e">The event; its kind is known.</param>
    /// <param name="cancellationToken">Ends the wait, not the publication.</param>
    public async Task<PublishAnswer> PublishAsync(SourcedEvent e, CancellationToken cancellationToken)
    {
        var answer = await AskAsync(e, cancellationToken).ConfigureAwait(false);
        if (answer.Outcome == PublishOutcome.NotHome && await ReloadedAsync(cancellationToken).ConfigureAwait(false))
        {
            answer = await AskAsync(e, cancellationToken).ConfigureAwait(false);
        }

        metrics.Published(e.Topic.Kind, answer.Outcome);
        return answer;
    }

    private async Task<PublishAnswer> AskAsync(SourcedEvent e, CancellationToken cancellationToken)
    {
        try
        {
            return await kinds.ReaderOf(e.Topic).PublishAsync(e, cancellationToken)
                .WaitAsync(feeds.Value.PullWait + feeds.Value.CallDeadline, time, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error) when (error is TimeoutException or Orleans.Runtime.OrleansException)
        {
            return new PublishAnswer(PublishOutcome.Unknown, default, $"The silo of '{e.Topic}' does not answer.");
        }
    }

    private async Task<bool> ReloadedAsync(CancellationToken cancellationToken)
    {
        try
        {
            await kinds.ReloadAsync(cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (Exception error) when (error is TimeoutException or Orleans.Runtime.OrleansException)
        {
            return false; // the silos do not answer; the answer stays what it was
        }
    }
}
