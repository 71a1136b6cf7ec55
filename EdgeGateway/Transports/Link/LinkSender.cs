using System.Collections.Concurrent;
using E2EEvents.EdgeGateway.Feeds;

namespace E2EEvents.EdgeGateway.Transports.Link;

/// <summary>What a link has to send next. One caller at a time but for <see cref="LinkSender.Enqueue"/>, <see cref="LinkSender.Add"/> and <see cref="LinkSender.End"/>.</summary>
/// <param name="Taken">Subscriptions that begin; to be sent before the batch.</param>
/// <param name="Frames">Frames of many topics.</param>
internal readonly record struct LinkOutput(List<LinkTaken> Taken, FrameWriter? Frames)
{
    public bool IsEmpty => Taken.Count == 0 && Frames is null;
}

/// <summary>What a sender needs of the gateway's topics.</summary>
internal interface ILinkTopics
{
    /// <summary>Frames after a position that the channel no longer has; the newest alone when history is too short, and the region tells its readers.</summary>
    Task<List<Frame>> ReadAsync(TopicKey topic, Position after, int maxBytes);

    /// <summary>A topic is no longer held.</summary>
    void Release(FollowedTopic topic);
}

/// <summary>
/// Dirty topics and a cursor for each, never a queue: while the link is slow, topics change under it, and what is sent next is what they are then.
/// Topics are sent in rounds: a round begins with all that is dirty; what could be vouched for at its beginning may be told once all of it has been sent.
/// </summary>
internal sealed class LinkSender(LinkFreshness freshness, ILinkTopics topics, TimeProvider time, Action wake)
{
    private const int TurnBytes = 32 << 10;
    private const int PageBytes = 128 << 10;
    private const int MaxPages = 8;

    private readonly ConcurrentQueue<LinkedTopic> _dirty = new();
    private readonly Queue<LinkedTopic> _round = new();
    private readonly ConcurrentDictionary<long, LinkedTopic> _topics = new();
    private readonly Queue<LinkedTopic> _awaitingPage = new();
    private int _pages;

    public void Enqueue(LinkedTopic topic)
    {
        _dirty.Enqueue(topic);
        wake();
    }

    /// <summary>Begins a subscription of a topic that the caller holds; a number that is in use gives the topic back.</summary>
    public void Add(LinkedTopic topic)
    {
        if (!_topics.TryAdd(topic.Sub, topic))
        {
            topics.Release(topic.Topic);
            return;
        }

        topic.Channel.Listen(topic);
        topic.OnChanged();
    }

    /// <summary>Ends a subscription; the topic is given back.</summary>
    public bool End(long sub)
    {
        if (!_topics.TryRemove(sub, out var topic)) return false;
        topic.IsOver = true;
        topic.Channel.Unlisten(topic);
        topics.Release(topic.Topic);
        return true;
    }

    public void EndAll()
    {
        foreach (var (sub, _) in _topics) End(sub);
    }

    /// <summary>Collects what is new until there is no more or the bytes are used up; null when a round ended with freshness to tell first.</summary>
    public LinkOutput Collect(int maxBytes)
    {
        var taken = new List<LinkTaken>();
        FrameWriter? frames = null;
        while (true)
        {
            if (_round.Count == 0)
            {
                freshness.EndRound();
                if (freshness.IsDue || !BeginRound()) break;
            }

            var left = maxBytes - (frames?.Length ?? 0) - (taken.Count * 20);
            if (left <= 0) break;
            Send(_round.Dequeue(), Math.Min(left, TurnBytes), taken, ref frames);
        }

        return new LinkOutput(taken, frames);
    }

    private bool BeginRound()
    {
        freshness.BeginRound(_topics); // before looking at what is dirty: data is in the channels before freshness speaks for it
        for (var i = _dirty.Count; i > 0 && _dirty.TryDequeue(out var topic); i--) _round.Enqueue(topic);
        if (_round.Count > 0) return true;
        freshness.EndRound();
        return false;
    }

    private void Send(LinkedTopic topic, int maxBytes, List<LinkTaken> taken, ref FrameWriter? frames)
    {
        if (topic.IsOver)
        {
            if (topic.Page is not null) GivePageBack(topic);
            return;
        }

        topic.Clean();
        if (!topic.IsTold)
        {
            var freshAt = topic.Topic.FreshAt; // before the position, which is at least that fresh
            var position = topic.Channel.Position;
            taken.Add(new LinkTaken(topic.Sub, position, freshAt));
            topic.IsTold = true;
            if (topic.Epoch == 0 && position.Offset == 0) (topic.Epoch, topic.Offset) = (position.Epoch, 0); // it misses nothing yet, and shall miss nothing to come
        }

        if (topic.IsReading) return; // enqueued again with its page
        var room = maxBytes;
        if (topic.Page is not null && !SendPage(topic, ref room, ref frames)) return;
        if (!SendFromChannel(topic, room, ref frames)) _round.Enqueue(topic); // behind the others; the round is not over before it
    }

    /// <summary>False while the page has more.</summary>
    private bool SendPage(LinkedTopic topic, ref int room, ref FrameWriter? frames)
    {
        var page = topic.Page!;
        var sent = 0;
        while (sent < page.Count && room > 0)
        {
            room -= Write(topic, page[sent++], ref frames);
        }

        page.RemoveRange(0, sent);
        if (page.Count > 0)
        {
            _round.Enqueue(topic);
            return false;
        }

        GivePageBack(topic);
        return true;
    }

    /// <summary>False if the room was used up before the newest update.</summary>
    private bool SendFromChannel(LinkedTopic topic, int room, ref FrameWriter? frames)
    {
        var channel = topic.Channel;
        if (channel.Newest is not { } newest) return true;
        var isAnew = newest.Epoch != topic.Epoch;
        if (!isAnew && newest.Offset <= topic.Offset) return true;
        if (channel.Delivery == Delivery.Latest)
        {
            Write(topic, newest.Frame, ref frames);
            return true;
        }

        var update = channel.Oldest!;
        if (!isAnew && update.Epoch == topic.Epoch && update.Offset > topic.Offset + 1 && !update.IsAfterHole)
        {
            AskForPage(topic);
            return true;
        }

        if (isAnew && topic.Epoch == 0) update = newest; // the region asked for the newest state only
        for (; update is not null; update = update.Next)
        {
            if (update.Epoch == topic.Epoch && update.Offset <= topic.Offset) continue;
            if (room <= 0) return false;
            room -= Write(topic, update.Frame, ref frames);
        }

        return true;
    }

    private static int Write(LinkedTopic topic, Frame frame, ref FrameWriter? frames)
    {
        frames ??= new FrameWriter();
        var before = frames.Length;
        frames.Write(topic.Sub, "", frame);
        (topic.Epoch, topic.Offset) = (frame.Position.Epoch, frame.Position.Offset);
        return frames.Length - before;
    }

    /// <summary>Reads on at the topic's grain; a few topics at a time, so that memory stays bounded while the link is slow.</summary>
    private void AskForPage(LinkedTopic topic)
    {
        topic.IsReading = true;
        if (_pages == MaxPages)
        {
            _awaitingPage.Enqueue(topic);
            return;
        }

        _pages++;
        _ = ReadPageAsync(topic);
    }

    private void GivePageBack(LinkedTopic topic)
    {
        topic.Page = null;
        _pages--;
        while (_pages < MaxPages && _awaitingPage.TryDequeue(out var next))
        {
            if (next.IsOver) continue;
            _pages++;
            _ = ReadPageAsync(next);
        }
    }

    private async Task ReadPageAsync(LinkedTopic topic)
    {
        List<Frame> page = [];
        try
        {
            page = await topics.ReadAsync(topic.Channel.Topic, new Position(topic.Epoch, topic.Offset), PageBytes).ConfigureAwait(false);
        }
        catch (Exception)
        {
            // survived: a silo that is away, most likely; asked again after the pause below
        }

        if (page.Count == 0) await Task.Delay(TimeSpan.FromSeconds(0.2 + (0.8 * Random.Shared.NextDouble())), time).ConfigureAwait(false);
        topic.Page = page;
        topic.IsReading = false; // after the page: the sender looks at it only then
        topic.OnChanged();
        if (topic.IsOver) Enqueue(topic); // its share of the pages comes back
    }
}
