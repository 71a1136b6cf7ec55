namespace E2EEvents.EdgeGateway.Fanout;

/// <summary>The life of a connection: joining, beating, ending.</summary>
internal sealed partial class FanoutWorker
{
    private const int Gone = -2;
    public const int TickMilliseconds = 1000;

    private CloseReason? _leaving;

    private void Begin(Connection connection, byte[] hello)
    {
        if (connection.Index == Gone) return; // the client left before
        connection.Index = _connections.Count;
        _connections.Add(connection);
        connection.LastWrite = _now;
        connection.ConnectedAt = _now;
        var lifetime = _options.Lifetime.TotalMilliseconds;
        connection.EndsAt = _now + (long)(lifetime * (0.8 + 0.4 * Random.Shared.NextDouble()));
        connection.Sink.Begin(connection);
        if (hello.Length > 0) Append(connection, hello);
        if (_leaving is { } reason) BeginClose(connection, reason);
    }

    private void Attach(Attachment attachment)
    {
        var subscriber = attachment.Subscriber;
        var connection = subscriber.Connection;
        if (connection.Index < 0 || connection.Closing is not null)
        {
            attachment.Done?.TrySetResult(true); // over already: nothing to try again
            return;
        }

        var channel = subscriber.Channel;
        channel.SubscribersOf(Index).Add(subscriber);
        connection.Subscribers.Add(subscriber);
        if (!Begin(subscriber, attachment.StartsOver))
        {
            channel.SubscribersOf(Index).Remove(subscriber);
            connection.Subscribers.Remove(subscriber);
            attachment.Done?.TrySetResult(false);
            return;
        }

        if (connection.Unjoined?.RemoveAll(left => left.Topic == channel.Name) > 0 && connection.Unjoined.Count == 0) connection.Unjoined = null;
        TellFreshness(subscriber);
        attachment.Done?.TrySetResult(true);
    }

    /// <summary>
    /// Where a subscriber begins is decided here and not by who asked for it: the channel may have moved on since. Epoch 0 = the client has
    /// nothing and takes the newest frame; else it gets what comes after its place, or is told why it cannot.
    /// </summary>
    private bool Begin(Subscriber subscriber, bool startsOver)
    {
        var channel = subscriber.Channel;
        var position = channel.Position; // before the newest update: if there is none, this is where the first one will be judged from
        var newest = channel.Newest;
        if (subscriber.Epoch == 0)
        {
            if (newest is null) subscriber.Epoch = position.Epoch;
            else Send(subscriber, newest, Variant.State);
            return true;
        }

        if (startsOver && newest is not null && newest.Epoch == subscriber.Epoch && newest.Offset > subscriber.Offset + 1)
        {
            Send(subscriber, newest, Variant.ShortHistory);
            return true;
        }

        return CatchUp(subscriber);
    }

    private void TellFreshness(TopicChannel channel)
    {
        foreach (var subscriber in channel.SubscribersOf(Index).Items)
        {
            if (subscriber.Connection.IsBlocked) subscriber.Connection.IsBehind = true; // told when it takes bytes again, as things stand then
            else TellFreshness(subscriber);
        }
    }

    private void TellFreshness(Subscriber subscriber)
    {
        var freshness = subscriber.Channel.Freshness;
        if (freshness.IsStale == subscriber.ToldStale) return;
        subscriber.ToldStale = freshness.IsStale;
        Append(subscriber.Connection, freshness.Bytes(subscriber.Connection.View));
    }

    private void CloseShare(CloseReason reason, int oneIn)
    {
        if (oneIn == 1) _leaving = reason; // whoever comes now, until the listener closes, leaves at once
        var count = (_connections.Count + oneIn - 1) / oneIn;
        for (var i = _connections.Count - 1; i >= 0 && count > 0; i--)
        {
            if (_connections[i].Closing is not null) continue;
            BeginClose(_connections[i], reason);
            count--;
        }
    }

    private void Tick()
    {
        for (var i = _connections.Count - 1; i >= 0; i--) Tick(_connections[i]);
        Sockets?.CloseLate(_now);
    }

    private void Tick(Connection connection)
    {
        if (connection.Closing is not null)
        {
            if (_now >= connection.AbortAt) Cut(connection);
        }
        else if (connection.IsBlocked)
        {
            if (_now - connection.BlockedSince > _options.WriteTimeout.TotalMilliseconds) Cut(connection);
        }
        else if (_now >= connection.EndsAt)
        {
            BeginClose(connection, CloseReason.Lifetime);
        }
        else if (connection.AwaitsPong && _now - connection.PingSentAt > _options.PongTimeout.TotalMilliseconds)
        {
            BeginClose(connection, CloseReason.PingTimeout);
        }
        else if (connection.OwesId)
        {
            connection.OwesId = false;
            Append(connection, PositionsBlock.Encode(connection));
        }
        else
        {
            Beat(connection);
        }
    }

    /// <summary>
    /// SSE: a comment after silence. WebSocket: a ping every interval even when frames flow, because only its pong proves that somebody reads.
    /// </summary>
    private void Beat(Connection connection)
    {
        var interval = _options.Heartbeat.TotalMilliseconds - TickMilliseconds; // the next look would be too late
        if (connection.Format == WireFormat.WebSocket)
        {
            if (connection.AwaitsPong || _now - Math.Max(connection.PingSentAt, connection.ConnectedAt) < interval) return;
            connection.PingSentAt = _now;
            connection.AwaitsPong = true;
            Append(connection, Beats.WebSocketPing);
        }
        else if (_now - connection.LastWrite >= interval)
        {
            Append(connection, connection.View.Compressor is null ? Beats.SseComment : Beats.GzipSseComment);
        }
    }

    /// <summary>Nothing gets out any more: the reason is best effort, the client's own position always suffices.</summary>
    private void Cut(Connection connection)
    {
        if (connection.Index < 0) return; // over already
        if (connection.Closing is null) _metrics.Closed(connection.Transport, "write-timeout");
        Abort(connection);
        Finish(connection);
    }

    private void CutAll(TopicChannel channel)
    {
        var items = channel.SubscribersOf(Index).Items.ToArray();
        foreach (var subscriber in items) Cut(subscriber.Connection);
    }
}
