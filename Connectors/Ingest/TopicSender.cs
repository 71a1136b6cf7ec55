using Microsoft.Extensions.Logging;

namespace E2EEvents.Connectors.Ingest;

/// <summary>An event on its way, and the record it came from.</summary>
internal readonly record struct PendingEvent(SourcedEvent Event, InFlightWindow.Slot Slot);

/// <summary>
/// Publishes batches of a topic until they are safe. A durable stream's acknowledgement is enough (<see cref="SafeAfter.Appended"/>); that of memory streams
/// proves little, they lose what they hold with their silo, so a batch that the topic has not settled in time is published again. So is one whose
/// append has no answer. The topic drops what it knows.
/// </summary>
internal sealed class TopicSender(
    string connector, ConnectorOptions options, Lease lease, IRegion region, RegionCalls calls, HomeGate gate, ConnectorStatus status, ConnectorsMetrics metrics, ILogger logger, TimeProvider time)
{
    private const string Publish = "publish";
    private const string Settle = "settle";
    private const int MostDoublings = 3;

    // Under half of the default Cluster:CallTimeout, so that a wait is never mistaken for a silo that does not answer.
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(2);

    // Beyond the wait: a silo that was killed never answers, and its topics are elsewhere after a few seconds.
    private static readonly TimeSpan AnswerTime = TimeSpan.FromSeconds(1);
    // A call under way to a silo that is killed gets no answer at all. Publishing again is harmless, so waiting long for one gains nothing.
    private static readonly TimeSpan PublishTime = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan BetweenAsking = TimeSpan.FromMilliseconds(50);

    /// <summary>Ends when every event of the batch is safe; one without order (nobody can ask for it) when it is appended.</summary>
    public async Task SendAsync(TopicKey topic, IReadOnlyList<SourcedEvent> batch, CancellationToken cancellationToken)
    {
        var last = LastSequences(batch);
        var backoff = calls.NewBackoff();
        for (var attempt = 0; ; attempt++)
        {
            await gate.PassAsync(topic.Kind, cancellationToken);
            await calls.UntilDoneAsync(Publish, token => PublishAsync(topic, batch, token), cancellationToken, PublishTime);
            metrics.Published(connector, batch.Count);
            if (options.SafeAfter == SafeAfter.Appended) return;
            var patience = options.SettleTimeout * (1 << Math.Clamp(attempt - 1, 0, MostDoublings));
            if (await AllSettledAsync(topic, last, patience, cancellationToken)) break;

            metrics.Retried(connector, Settle);
            status.Failed(Settle, $"{topic.Kind} topics do not settle events within {patience.TotalSeconds:0.#} s");
            var pause = backoff.Next();
            if (int.IsPow2(attempt + 1)) Log.NotSettled(logger, connector, topic, batch.Count, patience.TotalSeconds, pause.TotalMilliseconds);
            await Task.Delay(pause, time, cancellationToken);
        }

        status.Worked(Settle);
    }

    private Task PublishAsync(TopicKey topic, IReadOnlyList<SourcedEvent> batch, CancellationToken cancellationToken)
    {
        lease.ThrowIfOver();
        return region.PublishAsync(topic, batch, cancellationToken);
    }

    private async Task<bool> AllSettledAsync(TopicKey topic, Dictionary<string, Sequence> last, TimeSpan patience, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        foreach (var (source, sequence) in last)
        {
            while (!await AskAsync(topic, source, sequence, patience - time.GetElapsedTime(started), cancellationToken))
            {
                if (time.GetElapsedTime(started) >= patience) return false;
                await Task.Delay(BetweenAsking, time, cancellationToken);
            }
        }

        return true;
    }

    private async Task<bool> AskAsync(TopicKey topic, string source, Sequence sequence, TimeSpan left, CancellationToken cancellationToken)
    {
        var wait = left < TimeSpan.Zero ? TimeSpan.Zero : left < LongestWait ? left : LongestWait;
        try
        {
            return await calls.OnceAsync(token => region.SettledAsync(topic, source, sequence, wait, token), cancellationToken, wait + AnswerTime);
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
        {
            // Its silo may have died; asking again finds the topic elsewhere, and in the end the batch is published again.
            metrics.Retried(connector, Settle);
            Log.AskingFailed(logger, connector, topic, failure);
            return false;
        }
    }

    private static Dictionary<string, Sequence> LastSequences(IReadOnlyList<SourcedEvent> batch)
    {
        var last = new Dictionary<string, Sequence>(StringComparer.Ordinal);
        foreach (var e in batch)
        {
            if (e.Sequence is { } sequence) last[e.Source] = sequence; // rising within a source
        }

        return last;
    }
}
