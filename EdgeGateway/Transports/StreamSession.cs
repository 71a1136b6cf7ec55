using E2EEvents.EdgeGateway.Fanout;
using E2EEvents.EdgeGateway.Feeds;
using E2EEvents.EdgeGateway.Policy;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace E2EEvents.EdgeGateway.Transports;

/// <summary>
/// Joins a connection to its topics without a hole, and keeps it until it ends:
/// 1. hold the topic, so that the gateway follows it;
/// 2. if the channel reaches back to the client's position, attach there;
/// 3. else history is put in front of the channel once for all who resume in it; what does not fit there a client reads for itself until the channel does;
///    or history is too short and the client is told.
/// </summary>
internal sealed class StreamSession(TopicFollower follower, Backfill backfill, FanoutWorkers workers, Admission admission, IOptions<FeedOptions> feeds, IOptions<GatewayOptions> options, TimeProvider time)
{
    private const int CatchUpBytes = 128 << 10;

    /// <summary>Runs a stream to its end.</summary>
    /// <param name="connection">Already able to take bytes.</param>
    /// <param name="request">What it wants.</param>
    /// <param name="hello">First bytes, sent at once.</param>
    /// <param name="gone">Fires when the client is gone.</param>
    /// <returns>Why the gateway closed it; null when the client left.</returns>
    public async Task<CloseReason?> RunAsync(Connection connection, StreamRequest request, byte[] hello, CancellationToken gone)
    {
        var worker = workers.Assign(connection);
        var held = new List<FollowedTopic>(request.Topics.Count);
        foreach (var (topic, after) in request.Topics)
        {
            if (after is { } position) connection.Unjoined.Add((topic.ToString(), position));
        }

        using var onGone = gone.UnsafeRegister(static state => ((Connection)state!).Worker!.Post(new Work(WorkKind.Detach, state, null)), connection);
        try
        {
            worker.Open(connection, hello);
            var joining = new Task[request.Topics.Count];
            for (var i = 0; i < joining.Length; i++) joining[i] = JoinAsync(connection, request.Topics[i], held, gone);
            await Task.WhenAll(joining).ConfigureAwait(false);
            return await connection.Ended.ConfigureAwait(false);
        }
        finally
        {
            worker.Post(new Work(WorkKind.Detach, connection, null));
            await connection.Ended.ConfigureAwait(false);
            lock (held)
            {
                foreach (var topic in held) follower.Release(topic);
            }
        }
    }

    /// <summary>Counts what the gateway does not follow yet; before the response starts, so that it can still be refused.</summary>
    public void Admit(HttpContext http, StreamRequest request)
    {
        var news = 0;
        foreach (var topic in request.Topics)
        {
            if (follower.Find(topic.Topic.ToString()) is null) news++;
        }

        admission.AskForNewTopics(http, news);
    }

    private async Task JoinAsync(Connection connection, StreamTopic wanted, List<FollowedTopic> held, CancellationToken gone)
    {
        try
        {
            using var deadline = new CancellationTokenSource(options.Value.JoinTimeout, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(gone, deadline.Token);
            var topic = await follower.HoldAsync(wanted.Topic, either.Token).ConfigureAwait(false);
            lock (held) held.Add(topic);
            await AttachAsync(connection, topic, wanted.After, gone).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (gone.IsCancellationRequested)
        {
            // the client left; nothing to tell
        }
        catch (Exception e) when (e is OperationCanceledException or TimeoutException or Orleans.Runtime.OrleansException or InvalidDataException)
        {
            connection.Worker!.Post(new Work(WorkKind.Close, connection, CloseReason.Unavailable));
        }
    }

    private async Task AttachAsync(Connection connection, FollowedTopic topic, Position? after, CancellationToken gone)
    {
        var subscriber = new Subscriber(connection, topic.Channel);
        var startsOver = false;
        while (!connection.Ended.IsCompleted)
        {
            (after, startsOver) = await ReadUpToChannelAsync(connection, topic, after, gone).ConfigureAwait(false);
            subscriber.Epoch = after?.Epoch ?? 0;
            subscriber.Offset = after?.Offset ?? 0;
            if (await connection.Worker!.AttachAsync(subscriber, startsOver).ConfigureAwait(false)) return;
        }
    }

    /// <summary>Sends what lies between the client's position and the channel's oldest update; says where and how to attach.</summary>
    private async Task<(Position? At, bool StartsOver)> ReadUpToChannelAsync(Connection connection, FollowedTopic topic, Position? after, CancellationToken gone)
    {
        var channel = topic.Channel;
        while (after is { } have && !connection.Ended.IsCompleted)
        {
            if (channel.Reaches(have)) return (have, false);
            var reached = await backfill.ReachAsync(topic, have, gone).ConfigureAwait(false);
            if (reached == Reach.Reached) continue;
            if (reached == Reach.TooShort) return (have, true);

            using var deadline = CancellationTokenSource.CreateLinkedTokenSource(gone);
            deadline.CancelAfter(feeds.Value.PullWait + feeds.Value.CallDeadline);
            var answer = await follower.ReadAsync(channel.Topic, have, CatchUpBytes, deadline.Token).ConfigureAwait(false);
            if (answer.Gap != Gap.None) return (have, true);
            var frames = FrameCodec.Decode(answer.Frames);
            await connection.Worker!.WriteAsync(connection, Encode(connection, topic, frames)).ConfigureAwait(false); // the client sets the pace
            if (frames.Count > 0) after = frames[^1].Position;

            if (after == have) return (have, true); // the grain has less than its own channel: it was reset meanwhile
        }

        return (after, false);
    }

    private static byte[] Encode(Connection connection, FollowedTopic topic, List<Frame> frames)
    {
        var notes = new EnvelopeNotes(topic.HomeNow);
        var bytes = new MemoryStream();
        foreach (var frame in frames) bytes.Write(Envelope.EncodeState(connection.Format, topic.Channel.Name, frame, notes));
        return bytes.ToArray();
    }
}
