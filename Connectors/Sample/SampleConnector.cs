using System.Runtime.CompilerServices;

namespace E2EEvents.Connectors.Sample;

/// <summary>
/// Plays the <see cref="SampleFeed"/> at the chosen speed, for ever. The partition is the kind of the topic. After a pause (of the process or of whoever
/// reads) it goes on where it was, at its pace: what was missed is not hurried through.
/// </summary>
internal sealed class SampleConnector(string name, SampleOptions options, TimeProvider time) : IConnector
{
    // Lateness up to this is made up for, so that the pace holds over uneven timers; more than this moves the rest of the schedule.
    private static readonly TimeSpan MaxLateness = TimeSpan.FromMilliseconds(250);

    // Shorter waits are left out: timers are no finer.
    private static readonly TimeSpan ShortestWait = TimeSpan.FromMilliseconds(1);

    private long? _firstStart;

    public static IReadOnlyList<string> AllKinds { get; } = ["match", "ticker", "weather", "news"];

    public string Name => name;

    public async IAsyncEnumerable<SourceRecord> ReadAsync(ResumeToken? after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (incarnation, place) = StartFrom(after);
        var feed = new SampleFeed(options.Seed, DateTimeOffset.FromUnixTimeSeconds(incarnation));
        long began = 0;
        TimeSpan? first = null;
        foreach (var step in feed.After(place))
        {
            if (options.Kinds.Count > 0 && !options.Kinds.Contains(step.Topic.Kind)) continue;
            if (first is null) (began, first) = (time.GetTimestamp(), step.Offset);
            var due = (step.Offset - first.Value) / options.Speed;
            var wait = due - time.GetElapsedTime(began);
            if (wait >= ShortestWait) await Task.Delay(wait, time, cancellationToken);
            else if (wait < -MaxLateness) (began, first) = (time.GetTimestamp(), step.Offset);
            cancellationToken.ThrowIfCancellationRequested();
            yield return RecordOf(step, incarnation);
        }
    }

    /// <summary>After the checkpoint, unless the options say that the feed began later than it.</summary>
    private (long Incarnation, SamplePlace? Place) StartFrom(ResumeToken? after)
    {
        var configured = options.StartAt?.ToUnixTimeSeconds();
        if (after is { } token)
        {
            var known = SampleToken.Parse(token);
            if (!(configured > known.Incarnation)) return (known.Incarnation, known.Place);
        }

        // A second try before the first checkpoint is still the same feed.
        return (configured ?? (_firstStart ??= time.GetUtcNow().ToUnixTimeSeconds()), null);
    }

    private SourceRecord RecordOf(SampleStep step, long incarnation) => new(
        Partition: step.Topic.Kind,
        Incarnation: incarnation,
        Ordinal: Sequence.OrdinalOf(step.Place.Ordinal),
        EventId: null,
        Data: step.Encode(),
        OriginTime: time.UnixMicroseconds(),
        Transaction: null,
        Token: new SampleToken(incarnation, step.Place).ToResumeToken());
}
