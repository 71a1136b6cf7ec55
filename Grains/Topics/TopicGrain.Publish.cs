namespace E2EEvents.Grains.Topics;

/// <content>Publishing: an event whose publisher waits for the answer.</content>
public abstract partial class TopicGrain<TState, TEvent>
{
    /// <inheritdoc/>
    async Task<PublishAnswer> ITopicReader.PublishAsync(SourcedEvent e, CancellationToken cancellationToken)
    {
        if (e.EventId is null) return new PublishAnswer(PublishOutcome.Refused, default, "A published event needs an event id.");
        if (_failed) return UnknownOutcome();
        if (IsBetweenHomes || IsFenced) return new PublishAnswer(PublishOutcome.NotHome, default);

        // Not consumed if refused: its publisher hears the reason, and may publish it again when the state allows it.
        var result = _core.Stage(e, consumeRefused: false);
        _services.Metrics.EventStaged(_topic.Kind, result.Outcome);
        if (result.Outcome == StageOutcome.Refused) return new PublishAnswer(PublishOutcome.Refused, default, result.Reason);
        var position = new Position(_core.Log.Epoch, _core.Log.StagedTop);
        try
        {
            // Also for what changed nothing: its id must be stored before it is acknowledged. And a repeat may be of an event not yet stored.
            var isStored = result.Outcome == StageOutcome.Duplicate && _core.IsSettled(new SourceEventId(e.Source, e.EventId));
            if (!isStored) await _commits.WrittenAsync();
        }
        catch (Exception error) // survived: the topic starts anew, the publisher publishes again
        {
            StartAnew(error);
            return UnknownOutcome();
        }

        return result.Outcome == StageOutcome.Duplicate
            ? new PublishAnswer(PublishOutcome.Duplicate, _core.Log.Position)
            : new PublishAnswer(PublishOutcome.Accepted, position);
    }

    private static PublishAnswer UnknownOutcome() =>
        new(PublishOutcome.Unknown, default, "The topic could not be stored, or it is not known whether it was; publish again with the same event id.");
}
