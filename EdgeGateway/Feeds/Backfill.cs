using Microsoft.Extensions.Options;

namespace E2EEvents.EdgeGateway.Feeds;

/// <summary>How far back a channel was brought.</summary>
internal enum Reach
{
    /// <summary>To the client's position.</summary>
    Reached,

    /// <summary>Not as far, because the topic itself no longer has it: the client begins with the newest state, and is told.</summary>
    TooShort,

    /// <summary>Not as far, because the channel has no room for it, or reading failed: the client reads for itself.</summary>
    Alone,
}

/// <summary>One reading of a topic's history for all who wait for it.</summary>
/// <param name="from">The position after which it reads.</param>
internal sealed class Fill(Position from)
{
    private readonly TaskCompletionSource<Reach> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Position From { get; } = from;

    public Task<Reach> Done => _done.Task;

    public void End(Reach reach) => _done.TrySetResult(reach);
}

/// <summary>
/// When a gateway is lost its clients come to others all at once, with much the same position, which these no longer or not yet have. One of them has
/// history read from the topic's grain and put in front of the channel; the others find it there: one call and one encoding for all.
/// </summary>
internal sealed class Backfill(TopicFollower follower, IOptions<FeedOptions> feeds, TimeProvider time)
{
    private const int ReadBytes = 1 << 20;

    /// <summary>Brings the channel back to <paramref name="have"/>, or says why it cannot be.</summary>
    public async Task<Reach> ReachAsync(FollowedTopic topic, Position have, CancellationToken gone)
    {
        for (var attempt = 0; attempt < 3 && topic.Channel.MayReach(have); attempt++)
        {
            var last = topic.LastFill;
            if (last is { Done.IsCompleted: false })
            {
                await last.Done.WaitAsync(gone).ConfigureAwait(false);
                if (topic.Channel.Reaches(have)) return Reach.Reached;
                continue;
            }

            if (IsKnown(last, have, out var known)) return known;
            var fill = new Fill(have);
            if (!topic.TryBeginFill(last, fill)) continue;
            var reach = Reach.Alone;
            try
            {
                return reach = await FillAsync(topic, have).ConfigureAwait(false); // not cut short when this client leaves: others wait for it
            }
            finally
            {
                fill.End(reach);
            }
        }

        return topic.Channel.Reaches(have) ? Reach.Reached : Reach.Alone;
    }

    /// <summary>History only ever becomes shorter: what did not reach back to one position does not reach back to an older one.</summary>
    private static bool IsKnown(Fill? last, Position have, out Reach known)
    {
        known = last?.Done.Result ?? Reach.Reached;
        return known == Reach.TooShort && last!.From.Epoch == have.Epoch && have.Offset <= last.From.Offset;
    }

    private async Task<Reach> FillAsync(FollowedTopic topic, Position have)
    {
        var channel = topic.Channel;
        var (frames, bytes) = (new List<Frame>(), 0L);
        try
        {
            using var deadline = new CancellationTokenSource(feeds.Value.PullWait + feeds.Value.CallDeadline, time);
            while (channel.MayReach(have, bytes))
            {
                var at = frames.Count > 0 ? frames[^1].Position : have;
                var answer = await follower.ReadAsync(channel.Topic, at, ReadBytes, deadline.Token).ConfigureAwait(false);
                if (answer.Gap != Gap.None) return frames.Count == 0 && answer.Gap == Gap.History ? Reach.TooShort : Reach.Alone;
                var read = FrameCodec.Decode(answer.Frames);
                if (read.Count == 0) return Reach.Alone;
                foreach (var frame in read)
                {
                    frames.Add(FollowedTopic.Own(frame));
                    bytes += frame.State.Length;
                }

                if (channel.Prepend(frames, topic.HomeNow)) return Reach.Reached;
                if (channel.Oldest is not { } oldest || frames[^1].Position.Epoch != oldest.Epoch || frames[^1].Position.Offset >= oldest.Offset - 1) return Reach.Alone;
            }

            return Reach.Alone;
        }
        catch (Exception e) when (e is OperationCanceledException or TimeoutException or Orleans.Runtime.OrleansException or InvalidDataException)
        {
            return Reach.Alone; // the client's own reading says what is wrong
        }
    }
}
