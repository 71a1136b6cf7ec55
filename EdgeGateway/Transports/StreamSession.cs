using E2EEvents.EdgeGateway.Fanout;
using E2EEvents.EdgeGateway.Feeds;
using E2EEvents.EdgeGateway.Policy;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace E2EEvents.EdgeGateway.Transports;

/// <summary>
/// Joins a connection to its topics without a hole:
/// 1. hold the topic, so that the gateway follows it;
/// 2. if the channel reaches back to the client's position, attach there;
/// 3. else history is put in front of the channel once for all who resume in it; what does not fit there a client reads for itself until the channel does;
///    or history is too short and the client is told.
/// </summary>
internal sealed class StreamSession(
    TopicFollower follower, Backfill backfill, FanoutWorkers workers, Admission admission, IOptions<FeedOptions> feeds, IOptions<GatewayOptions> options, TimeProvider time, ILogger<StreamSession> logger)
{
    private const int CatchUpBytes = 128 << 10;

    /// <summary>Counts what the gateway does not follow yet, and sees whether the topics have room for the view; before the response starts, so that it can still be refused.</summary>
    /// <exception cref="ProblemException">The client asked for too many.</exception>
    public void Admit(HttpContext http, StreamRequest request)
    {
        var news = 0;
        foreach (var topic in request.Topics)
        {
            if (follower.Find(topic.Topic.ToString()) is not { } followed) news++;
            else if (!followed.Channel.Selections.HasRoomFor(request.Fields)) throw TooManyViews(topic.Topic);
        }

        admission.AskForNewTopics(http, news);
    }

    /// <summary>What a stream is going to hold; for its connection to give back at its end.</summary>
    /// <param name="withPlace">The place given by <see cref="Admission.EnterStream"/> too.</param>
    public HeldTopics Hold(bool withPlace) => new(follower, withPlace ? admission : null);

    /// <summary>Starts a stream. Nobody has to wait for its end.</summary>
    /// <param name="connection">Able to take bytes; its ending is from <see cref="Hold"/>.</param>
    /// <param name="request">What it wants.</param>
    /// <param name="hello">First bytes, sent at once.</param>
    /// <param name="gone">Fires when the client is gone, if anybody but its worker would know.</param>
    public void Start(Connection connection, StreamRequest request, byte[] hello, CancellationToken gone)
    {
        foreach (var (topic, after) in request.Topics)
        {
            if (after is { } position) (connection.Unjoined ??= []).Add((topic.ToString(), position));
        }

        var worker = workers.Assign(connection);
        worker.OpenQuietly(connection, hello);
        foreach (var topic in request.Topics) _ = JoinAsync(connection, topic, gone);
        worker.Wake();
    }

    /// <summary>Runs a stream to its end.</summary>
    /// <returns>Why the gateway closed it; null when the client left.</returns>
    public async Task<CloseReason?> RunAsync(Connection connection, StreamRequest request, byte[] hello, CancellationToken gone)
    {
        Start(connection, request, hello, gone);
        using var onGone = gone.UnsafeRegister(static state => ((Connection)state!).Worker!.Post(new Work(WorkKind.Detach, state, null)), connection);
        return await connection.Ended.ConfigureAwait(false);
    }

    private async Task JoinAsync(Connection connection, StreamTopic wanted, CancellationToken gone)
    {
        try
        {
            var topic = follower.TryHoldReady(wanted.Topic) ?? await HoldAsync(wanted.Topic, gone).ConfigureAwait(false);
            var selection = topic.Channel.Selections.Take(connection.View);
            if (!((HeldTopics)connection.Ending!).TryAdd(topic, selection, connection.View)) return;
            if (selection is null) connection.Worker!.Post(new Work(WorkKind.Close, connection, CloseReason.TooManyViews)); // others came between the admission and now
            else await AttachAsync(new Subscriber(connection, topic.Channel, selection), topic, wanted.After, gone).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (gone.IsCancellationRequested)
        {
            // the client left; nothing to tell
        }
        catch (Exception e) when (e is OperationCanceledException or TimeoutException or Orleans.Runtime.OrleansException or InvalidDataException)
        {
            connection.Worker!.Post(new Work(WorkKind.Close, connection, CloseReason.Unavailable));
        }
        catch (Exception e) // survived: the process and every other stream
        {
            Log.JoinFailed(logger, wanted.Topic.ToString(), e);
            connection.Worker!.Post(new Work(WorkKind.Close, connection, CloseReason.Internal));
        }
    }

    private async Task<FollowedTopic> HoldAsync(TopicKey topic, CancellationToken gone)
    {
        using var deadline = new CancellationTokenSource(options.Value.JoinTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(gone, deadline.Token);
        return await follower.HoldAsync(topic, either.Token).ConfigureAwait(false);
    }

    private async Task AttachAsync(Subscriber subscriber, FollowedTopic topic, Position? after, CancellationToken gone)
    {
        if (after is null)
        {
            subscriber.Connection.Worker!.Attach(subscriber);
            return;
        }

        var connection = subscriber.Connection;
        var startsOver = false;
        while (!connection.IsEnded)
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
        while (after is { } have && !connection.IsEnded)
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
            await connection.Worker!.WriteAsync(connection, Encode(connection.View, topic, frames)).ConfigureAwait(false); // the client sets the pace
            if (frames.Count > 0) after = frames[^1].Position;

            if (after == have) return (have, true); // the grain has less than its own channel: it was reset meanwhile
        }

        return (after, false);
    }

    private static byte[] Encode(View view, FollowedTopic topic, List<Frame> frames)
    {
        var notes = new EnvelopeNotes(topic.HomeNow);
        var bytes = new MemoryStream();
        foreach (var frame in frames) bytes.Write(Envelope.EncodeState(view.Format, topic.Channel.Name, view.Fields?.Filter(frame) ?? frame, notes));
        return view.Wrap(bytes.ToArray()); // of this connection alone, so not compressed
    }

    private static ProblemException TooManyViews(TopicKey topic) =>
        new(Problem.BadParameter, $"'{topic}' is read in as many choices of fields as the gateway makes for one topic; leave fields away, or choose as others do.");
}
