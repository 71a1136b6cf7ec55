using System.Buffers;
using System.Net.Sockets;

namespace E2EEvents.EdgeGateway.Fanout;

/// <summary>Getting bytes to the transports, and what to do when they do not take them.</summary>
internal sealed partial class FanoutWorker
{
    // Never told to anybody: the client closed, and gets its own code back.
    private static readonly CloseReason ClientLeft = new(1000, "client-left", "the client closed the connection", false);

    private readonly List<Connection> _slow = [];

    private void FlushDirty()
    {
        for (var i = 0; i < _dirty.Count; i++) // grows while a closing connection gets its last words
        {
            var connection = _dirty[i];
            connection.IsDirty = false;
            if (!connection.IsBlocked) Flush(connection);
        }

        _dirty.Clear();
    }

    private void Flush(Connection connection)
    {
        ref var batch = ref connection.Pending;
        if (batch.IsEmpty) return;
        (connection.AwaitingWrite, connection.AwaitingPending) = (connection.AwaitingPending, null);
        connection.LastWrite = _now;
        _bytesSent += batch.Bytes;
        var gathered = batch.Count > 1 ? Gather(batch) : null;
        var bytes = gathered is null ? batch.Single : gathered.AsMemory(0, batch.Bytes);
        batch.Clear(_arrays);
        bool isTaken;
        try
        {
            isTaken = TryWrite(connection, bytes);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            Failed(connection, e);
            return;
        }

        if (isTaken)
        {
            if (gathered is not null) ArrayPool<byte>.Shared.Return(gathered);
            Written(connection);
            return;
        }

        connection.IsBlocked = true;
        connection.BlockedSince = _now;
        Hold(connection, bytes.Length);
        connection.Gathered = gathered;
        connection.OnWritten ??= OnWritten(connection);
        connection.Writing.ConfigureAwait(false).GetAwaiter().UnsafeOnCompleted(connection.OnWritten);
    }

    /// <summary>Apart, because what a lambda captures is allocated where its method begins.</summary>
    private Action OnWritten(Connection connection) => () => Post(new Work(WorkKind.Written, connection, null));

    /// <summary>True if the transport took the bytes at once; else <see cref="Connection.Writing"/> is under way.</summary>
    private static bool TryWrite(Connection connection, ReadOnlyMemory<byte> bytes)
    {
        var writing = connection.Sink.WriteAsync(bytes);
        if (writing.IsCompleted)
        {
            writing.GetAwaiter().GetResult();
            return true;
        }

        connection.Writing = writing;
        return false;
    }

    private static byte[] Gather(in Batch batch)
    {
        var bytes = ArrayPool<byte>.Shared.Rent(batch.Bytes);
        batch.CopyTo(bytes);
        return bytes;
    }

    /// <summary>The write under way is over. Only its own completion may come here: its buffer goes back and its task is asked for the outcome.</summary>
    private void EndWrite(Connection connection)
    {
        connection.IsBlocked = false;
        LetGo(connection);
        var gathered = connection.Gathered;
        connection.Gathered = null;
        Exception? failure = null;
        try
        {
            connection.Writing.GetAwaiter().GetResult();
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            failure = e;
        }

        if (gathered is not null && failure is null) ArrayPool<byte>.Shared.Return(gathered); // after a failure nobody knows who still reads it
        if (connection.Index == Gone) End(connection);
        else if (failure is not null) Failed(connection, failure);
        else Written(connection);
        if (connection.Index >= 0 && !connection.Pending.IsEmpty) MarkDirty(connection);
    }

    /// <summary>A write failed: the client is gone and its position is its own. Any other failure is a fault of ours and costs this connection only.</summary>
    private void Failed(Connection connection, Exception failure)
    {
        if (failure is not (IOException or SocketException or OperationCanceledException or InvalidOperationException))
        {
            Log.WriteFailed(_logger, connection.Transport, failure);
            Abort(connection);
        }

        Drop(connection);
    }

    private void Abort(Connection connection)
    {
        try
        {
            connection.Sink.Abort();
        }
        catch (Exception e) when (e is not OutOfMemoryException) // survived: this worker's other connections
        {
            Log.AbortFailed(_logger, connection.Transport, e);
        }
    }

    private void CatchUpAll(Connection connection)
    {
        if (connection.Index < 0 || connection.IsBlocked || !connection.IsBehind || connection.Closing is not null) return; // blocked: the end of the write brings it here again
        connection.IsBehind = false;
        foreach (var subscriber in connection.Subscribers)
        {
            if (!CatchUp(subscriber))
            {
                CloseSlow(connection);
                return;
            }

            TellFreshness(subscriber);
        }
    }

    private void Written(Connection connection)
    {
        Complete(connection.AwaitingWrite);
        connection.AwaitingWrite = null;
        if (connection.Closing is { } reason)
        {
            if (connection.CloseWritten) Finish(connection);
            else SayClose(connection, reason);
        }
        else if (connection.IsBehind)
        {
            Post(new Work(WorkKind.CatchUp, connection, null)); // behind the others' turn, so that one long catch-up delays nobody
        }
    }

    private void Write(Connection connection, Writing writing)
    {
        if (connection.Index < 0 || connection.Closing is not null)
        {
            writing.Done.TrySetResult();
            return;
        }

        (connection.AwaitingPending ??= []).Add(writing.Done);
        Append(connection, writing.Bytes);
    }

    private void Pong(Connection connection)
    {
        var pong = connection.TakeOwedPong();
        if (connection.Index < 0 || connection.Closing is not null) return;
        if (connection.IsBlocked && !connection.Pending.IsEmpty) return; // it does not read what it has, so it waits for no pong
        Append(connection, pong);
    }

    private void MarkSlow(Connection connection)
    {
        if (connection.Closing is null) _slow.Add(connection); // once: a connection has one subscriber of the topic being published
    }

    private void CloseSlow()
    {
        if (_slow.Count == 0) return;
        foreach (var connection in _slow) CloseSlow(connection);
        _slow.Clear();
    }

    private void CloseSlow(Connection connection)
    {
        Log.SlowConsumer(_logger, connection.Transport, connection.Subscribers.Count);
        BeginClose(connection, CloseReason.SlowConsumer);
    }

    /// <summary>Stops adding, says why behind the write under way, and cuts the connection if that does not get out in time.</summary>
    private void BeginClose(Connection connection, CloseReason reason)
    {
        if (connection.Closing is not null || connection.Index < 0) return;
        _metrics.Closed(connection.Transport, reason.Name);
        Close(connection, reason);
    }

    private void Part(Connection connection, byte[] reply)
    {
        if (connection.Closing is not null || connection.Index < 0) return; // it answers our own close
        connection.Farewell = reply;
        Close(connection, ClientLeft);
    }

    private void Close(Connection connection, CloseReason reason)
    {
        connection.Closing = reason;
        connection.AbortAt = _now + (long)_options.CloseTimeout.TotalMilliseconds;
        foreach (var subscriber in connection.Subscribers) subscriber.Channel.SubscribersOf(Index).Remove(subscriber);
        if (!connection.IsBlocked) SayClose(connection, reason);
    }

    private void SayClose(Connection connection, CloseReason reason)
    {
        if (connection.OwesId) Append(connection, PositionsBlock.Encode(connection));
        var within = reason == CloseReason.GoingAway ? (int)_options.ReconnectWithin.TotalMilliseconds : 0;
        var waitMs = within == 0 ? 0 : 1 + Random.Shared.Next(within);
        Append(connection, connection.Farewell ?? connection.View.Wrap(Envelope.EncodeClose(connection.Format, reason, waitMs)));
        connection.CloseWritten = true;
    }

    /// <summary>Takes the connection out of everything. It ends now, or with the write under way: before that its transport must not go to anybody else.</summary>
    private void Finish(Connection connection)
    {
        var last = _connections[^1];
        _connections[connection.Index] = last;
        last.Index = connection.Index;
        _connections.RemoveAt(_connections.Count - 1);
        connection.Index = Gone;
        foreach (var subscriber in connection.Subscribers) subscriber.Channel.SubscribersOf(Index).Remove(subscriber);
        connection.Subscribers.Clear();
        connection.Pending.Clear(_arrays);
        LetGo(connection);
        Complete(connection.AwaitingPending);
        Complete(connection.AwaitingWrite);
        if (!connection.IsBlocked) End(connection);
    }

    private static void End(Connection connection) => connection.End(connection.Closing == ClientLeft ? null : connection.Closing);

    private static void Complete(List<TaskCompletionSource>? waiting)
    {
        if (waiting is null) return;
        foreach (var waiter in waiting) waiter.TrySetResult();
    }

    /// <summary>The client is gone.</summary>
    private void Drop(Connection connection)
    {
        if (connection.Index >= 0)
        {
            if (connection.IsBlocked) Abort(connection); // it may be gone without the transport knowing; the write would stay for ever
            Finish(connection);
        }
        else if (connection.Index != Gone)
        {
            connection.Index = Gone;
            connection.End(null);
        }
    }

    private void EndAll()
    {
        while (_connections.Count > 0)
        {
            var connection = _connections[^1];
            connection.Closing ??= CloseReason.GoingAway;
            Abort(connection);
            Finish(connection);
            End(connection); // nobody is left to wait for a write under way
        }

        _rateTimer?.Dispose();
    }
}
