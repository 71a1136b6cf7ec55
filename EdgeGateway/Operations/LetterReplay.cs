using E2EEvents.EdgeGateway.Feeds;
using E2EEvents.EdgeGateway.Transports;

namespace E2EEvents.EdgeGateway.Operations;

/// <summary>What became of a replayed letter.</summary>
internal enum ReplayOutcome
{
    /// <summary>The topic has stored it; the letter is gone.</summary>
    Accepted,

    /// <summary>It was replayed before; the letter is gone.</summary>
    Duplicate,

    /// <summary>Refused again; the letter stays with the new reason.</summary>
    Refused,

    /// <summary>It is not known whether the topic has stored it; the letter stays, replaying it again is safe.</summary>
    Unknown,

    /// <summary>Nothing that could be published again; the letter stays.</summary>
    NotReplayable,
}

/// <summary>A replayed letter.</summary>
internal sealed record Replayed(long Number, string Topic, ReplayOutcome Outcome, string? Position, string? Reason);

/// <summary>
/// Publishes dead letters again. The event's sequence has been consumed, so the topic knows the repetition by an event id, derived from what the
/// event was: one letter replayed twice, or put aside twice, is applied once (within the topic's window of event ids).
/// </summary>
internal sealed class LetterReplay(TopicPublisher publisher, KindMap kinds, IGrainFactory grains, TimeProvider time)
{
    private const int MaxIdLength = 200;
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(15);

    public async Task<Replayed> ReplayAsync(string kind, DeadLetter letter, CancellationToken cancellationToken)
    {
        if (await WhyNotAsync(letter, cancellationToken).ConfigureAwait(false) is { } why) return Result(letter, ReplayOutcome.NotReplayable, reason: why);

        var answer = await publisher.PublishAsync(letter.Event with { Sequence = null, EventId = IdOf(letter) }, cancellationToken).ConfigureAwait(false);
        var letters = grains.GetGrain<IDeadLetterGrain>(kind);
        switch (answer.Outcome)
        {
            case PublishOutcome.Accepted or PublishOutcome.Duplicate:
                await letters.RemoveAsync([letter.Number], cancellationToken).WaitAsync(Deadline, time, cancellationToken).ConfigureAwait(false);
                return Result(letter, answer.Outcome == PublishOutcome.Accepted ? ReplayOutcome.Accepted : ReplayOutcome.Duplicate, answer.Position.ToString());
            case PublishOutcome.Refused:
                await letters.RefusedAsync(letter.Number, answer.Reason ?? "refused", cancellationToken).WaitAsync(Deadline, time, cancellationToken).ConfigureAwait(false);
                return Result(letter, ReplayOutcome.Refused, reason: answer.Reason);
            default:
                return Result(letter, ReplayOutcome.Unknown, reason: answer.Reason ?? "The topic's home is being moved; try again in a moment.");
        }
    }

    /// <summary>Event id of the repetition of a letter's event.</summary>
    internal static string IdOf(DeadLetter letter)
    {
        var e = letter.Event;
        var id = $"letter/{e.Sequence?.ToString() ?? e.EventId ?? letter.Number.ToString(System.Globalization.CultureInfo.InvariantCulture)}";
        return id.Length <= MaxIdLength ? id : "letter/" + Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(id)));
    }

    private async Task<string?> WhyNotAsync(DeadLetter letter, CancellationToken cancellationToken)
    {
        if (letter.Content == LetterContent.Record)
        {
            return "It is a record that no mapping fitted, not an event: mend the mapping, then write the record to the origin again, or publish the event; discard the letter afterwards.";
        }

        if (letter.Content == LetterContent.State) return "It is a state of the topic, not an event.";
        if (letter.CutFrom > 0) return $"Only the first {letter.Event.Data.Length} of its {letter.CutFrom} bytes are kept: publish the whole event from its origin; discard the letter afterwards.";
        if (string.IsNullOrEmpty(letter.Event.Source)) return "It names no source.";
        return await kinds.KnowsAsync(letter.Event.Topic.Kind, cancellationToken).ConfigureAwait(false) ? null : $"This region has no topic kind '{letter.Event.Topic.Kind}'.";
    }

    private static Replayed Result(DeadLetter letter, ReplayOutcome outcome, string? position = null, string? reason = null) => new(letter.Number, letter.Event.Topic.ToString(), outcome, position, reason);
}
