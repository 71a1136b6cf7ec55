using E2EEvents.Grains.Interfaces.Regions;

namespace E2EEvents.EdgeGateway.Transports.Link;

/// <summary>What the region asks for.</summary>
internal sealed partial class LinkSession
{
    private async Task<string> ReadAsync()
    {
        var messages = new LinkReceiver(_socket, LinkFrames.MaxRequestBytes);
        while (true)
        {
            if (await messages.ReadAsync(_over.Token).ConfigureAwait(false) is not { } frame) return "it closed the link";
            Volatile.Write(ref _heardAt, _parts.Time.GetTimestamp());
            Take(frame);
        }
    }

    private void Take(ReadOnlyMemory<byte> frame)
    {
        var reader = new LinkReader(frame);
        switch (reader.Type)
        {
            case LinkFrameType.Sub:
                foreach (var sub in reader.Sub()) Subscribe(sub);
                break;
            case LinkFrameType.Unsub:
                foreach (var sub in reader.Subs()) Unsubscribe(sub);
                break;
            case LinkFrameType.Ack:
                Volatile.Write(ref _acknowledged, reader.Numbered());
                Wake();
                break;
            case LinkFrameType.Ping:
                Answer(LinkFrames.Pong(reader.Numbered(), Clocks()));
                break;
            case LinkFrameType.Call:
                var (id, method, body) = reader.Call();
                if (_calls.Wait(0)) _ = CallAsync(id, (LinkMethod)method, body.ToArray());
                else Answer(LinkFrames.Reply(id, $"more than {MaxCalls} calls at once", isFinal: false, []));
                break;
            default:
                break; // of a later version
        }
    }

    private List<LinkClock> Clocks()
    {
        var clocks = new List<LinkClock> { new(_parts.Tree.Name, _parts.Time.UnixMicroseconds()) };
        foreach (var clock in _parts.Follower.Clocks())
        {
            if (clock.Home != _parts.Tree.Name) clocks.Add(new LinkClock(clock.Home, clock.Now));
        }

        return clocks;
    }

    /// <summary>Control frames wait in a queue that is bounded by what asks for them: calls, pings (one a second) and subscriptions.</summary>
    private void Answer(byte[] frame)
    {
        if (_replies.Count > _parts.Options.MaxTopics + (2 * MaxCalls)) throw new InvalidDataException("it asks faster than it takes answers");
        _replies.Enqueue(frame);
        Wake();
    }

    private void Subscribe(LinkSub sub)
    {
        if (!TopicKey.TryParse(sub.Topic, out var topic, out _)) Refuse(sub.Sub, "no topic");
        else if (_parts.Kinds.Find(topic.Kind) is null) Refuse(sub.Sub, $"unknown kind '{topic.Kind}'");
        else if (!_parts.Tree.MayTake(_peer.Region, topic.Kind)) Refuse(sub.Sub, $"region {_peer.Region} may not take kind '{topic.Kind}'");
        else if (_subs.Count >= _parts.Options.MaxTopics) Refuse(sub.Sub, $"more than {_parts.Options.MaxTopics} topics");
        else if (!_subs.TryAdd(sub.Sub, 0)) Refuse(sub.Sub, "its number is in use");
        else _ = JoinAsync(sub, topic);
    }

    /// <summary>Also of a subscription that has not begun: its topic is given back when it would.</summary>
    private void Unsubscribe(long sub)
    {
        _subs.TryRemove(sub, out _);
        _sender.End(sub);
    }

    private void Refuse(long sub, string reason)
    {
        _parts.Metrics.LinkRefused();
        Answer(LinkFrames.Refused(new LinkRefusal(sub, reason)));
    }

    private async Task JoinAsync(LinkSub sub, TopicKey key)
    {
        try
        {
            // How many are followed at once is bounded by the follower; a topic that cannot be had keeps nobody else waiting.
            var topic = await _parts.Follower.HoldAsync(key, _over.Token).ConfigureAwait(false);
            _sender.Add(new LinkedTopic(sub.Sub, topic, sub.After, _sender));
            if (_over.IsCancellationRequested || !_subs.ContainsKey(sub.Sub)) _sender.End(sub.Sub); // over meanwhile
        }
        catch (OperationCanceledException)
        {
            // the session is over
        }
        catch (Exception e) // survived: told to the region, which asks again in a few seconds
        {
            _subs.TryRemove(sub.Sub, out _);
            Refuse(sub.Sub, Shorten(e.Message));
        }
    }

    private async Task CallAsync(long id, LinkMethod method, byte[] body)
    {
        var reply = LinkFrames.Reply(id, "no answer within 5 s", isFinal: false, []);
        try
        {
            using var deadline = CancellationTokenSource.CreateLinkedTokenSource(_over.Token);
            deadline.CancelAfter(TimeSpan.FromSeconds(5));
            reply = LinkFrames.Reply(id, "", isFinal: false, await _parts.Calls.HandleAsync(_peer.Region, method, body, deadline.Token).ConfigureAwait(false));
        }
        catch (LinkRefusedException e)
        {
            reply = LinkFrames.Reply(id, e.Message, isFinal: true, []);
        }
        catch (Exception e) when (e is not OperationCanceledException) // survived: told to the caller, who tries again
        {
            reply = LinkFrames.Reply(id, Shorten(e.Message), isFinal: false, []);
        }
        catch (OperationCanceledException)
        {
            // the reply above says so
        }

        _answers.Enqueue(reply); // its place among the calls is free once it has been sent: who does not read cannot pile answers up
        Wake();
    }

    private static string Shorten(string text) => text.Length <= 500 ? text : text[..500];
}
