namespace E2EEvents.EdgeGateway.Fanout;

/// <summary>From updates to connections: who gets what, and from where on.</summary>
internal sealed partial class FanoutWorker
{
    /// <summary>The hot loop: no allocation, no lock, no await, no policy.</summary>
    private void Publish(TopicChannel channel, Update update)
    {
        // A newer value makes this one pointless; the newest is taken instead of skipping, so that a fast topic cannot starve its readers.
        if (channel.Delivery == Delivery.Latest) update = channel.Newest!;
        var subscribers = channel.SubscribersOf(Index);
        for (var i = subscribers.Count - 1; i >= 0; i--) // from the end: whoever is lost on the way is replaced by one who was served already
        {
            var subscriber = subscribers.Items[i];
            var connection = subscriber.Connection;
            if (IsFull(connection) && !connection.IsBlocked)
            {
                Flush(connection);
                if (connection.Index < 0) continue;
            }

            if (connection.IsBlocked)
            {
                connection.IsBehind = true;
                if (channel.Delivery == Delivery.Every && HasFallenOut(subscriber, channel)) MarkSlow(connection);
            }
            else if (update.Epoch == subscriber.Epoch && update.Offset == subscriber.Offset + 1)
            {
                Send(subscriber, update);
            }
            else if (update.IsAfterHole && update.Epoch == subscriber.Epoch && update.Offset > subscriber.Offset)
            {
                Send(subscriber, update, Variant.ShortHistory); // here and not from the tail, which a burst may have left behind already
            }
            else if (!CatchUp(subscriber))
            {
                MarkSlow(connection);
            }
        }

        CloseSlow();
    }

    private static bool HasFallenOut(Subscriber subscriber, TopicChannel channel)
    {
        var oldest = channel.Oldest!;
        return oldest.Epoch == subscriber.Epoch && oldest.Offset > subscriber.Offset + 1 && !oldest.IsAfterHole;
    }

    /// <summary>Sends what the channel has after the subscriber's place; false if the channel no longer reaches back to it.</summary>
    private bool CatchUp(Subscriber subscriber)
    {
        var channel = subscriber.Channel;
        var newest = channel.Newest;
        if (newest is null) return true;
        if (newest.Epoch != subscriber.Epoch)
        {
            if (!BeginsWith(subscriber, channel, newest))
            {
                Restart(subscriber, newest);
                return true;
            }

            subscriber.Epoch = newest.Epoch;
        }

        if (newest.Offset <= subscriber.Offset) return true;
        if (channel.Delivery == Delivery.Latest)
        {
            Send(subscriber, newest);
            return true;
        }

        var update = channel.Oldest;
        if (update!.Epoch != subscriber.Epoch)
        {
            Restart(subscriber, update); // the epoch changed between the two reads
            return true;
        }

        if (update.Offset > subscriber.Offset + 1)
        {
            if (!update.IsAfterHole) return false;
            Send(subscriber, update, Variant.ShortHistory);
        }

        for (; update is not null; update = update.Next)
        {
            if (update.Offset <= subscriber.Offset) continue;
            if (IsFull(subscriber.Connection) || HasFilteredEnough(subscriber, update))
            {
                LeaveBehind(subscriber.Connection);
                break;
            }

            Send(subscriber, update);
        }

        return true;
    }

    /// <summary>True for one that has nothing yet, where the new epoch is here from its first event on: then nothing is missed.</summary>
    private static bool BeginsWith(Subscriber subscriber, TopicChannel channel, Update newest) =>
        subscriber.Offset == 0 && channel.Oldest is { Offset: 1 } first && first.Epoch == newest.Epoch;

    /// <summary>
    /// Counts what is filtered for those who catch up with a choice of fields, and says when it is enough for this round: filtering costs by what is read,
    /// and may write next to nothing.
    /// </summary>
    private bool HasFilteredEnough(Subscriber subscriber, Update update)
    {
        if (subscriber.Selection.Fields is null) return false;
        if (_filteredBytes > _options.MaxWriteBytes) return true;
        _filteredBytes += update.Frame.State.Length;
        return false;
    }

    /// <summary>The connection goes on when its write is over; with nothing to write, when the others have had their turn.</summary>
    private void LeaveBehind(Connection connection)
    {
        connection.IsBehind = true;
        if (connection.Pending.IsEmpty) Post(new Work(WorkKind.CatchUp, connection, null));
    }

    private bool IsFull(Connection connection) => connection.Pending.Bytes >= _options.MaxWriteBytes;

    private void Send(Subscriber subscriber, Update update)
    {
        var connection = subscriber.Connection;
        var hasBase = subscriber.HasBase && update.PatchBase == subscriber.Offset && update.Epoch == subscriber.Epoch;
        if (hasBase && subscriber.SkipsUnchanged && update.IsUnchanged(subscriber.Selection))
        {
            subscriber.Offset = update.Offset; // the client's own place stays behind: resuming from it gives the newest value, or nothing where that is what it has
            return;
        }

        if (_now < subscriber.NextAt)
        {
            Wait(subscriber);
            return;
        }

        Send(subscriber, update, hasBase && connection.View.Deltas ? Variant.Patch : Variant.State);
    }

    private void Send(Subscriber subscriber, Update update, Variant variant)
    {
        var connection = subscriber.Connection;
        var windowEnd = connection.WindowEnd;
        Append(connection, update.Bytes(connection.View, subscriber.Selection, variant, ref windowEnd));
        connection.WindowEnd = windowEnd;
        subscriber.Epoch = update.Epoch;
        subscriber.Offset = update.Offset;
        subscriber.HasBase = true;
        if (subscriber.Interval != 0) subscriber.NextAt = _now + subscriber.Interval;
        connection.OwesId = connection.Format == WireFormat.SseMany;
        _framesSent++;
    }

    /// <summary>Continues in another epoch: nothing proves what lay between, so the client is told, unless it had nothing and misses nothing.</summary>
    private void Restart(Subscriber subscriber, Update update)
    {
        var missesNothing = subscriber.Channel.Delivery == Delivery.Latest || (subscriber.Offset == 0 && update.Offset == 1);
        Send(subscriber, update, missesNothing ? Variant.State : Variant.NewEpoch);
    }
}
