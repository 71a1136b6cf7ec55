
namespace E2EEvents.EdgeGateway.Fanout;

/// <summary>Connections that do not take their bytes: what they hold, which are shed when all hold too much, and telling an operator.</summary>
internal sealed partial class FanoutWorker
{
    private const int TopicsTold = 5;

    private void Hold(Connection connection, int bytes)
    {
        connection.HeldBytes = bytes;
        _budget.Add(bytes);
    }

    /// <summary>The client took part of the write under way: it is slow, but alive.</summary>
    public void Taken(Connection connection, int bytes)
    {
        bytes = Math.Min(bytes, connection.HeldBytes);
        connection.HeldBytes -= bytes;
        _budget.Add(-bytes);
        connection.BlockedSince = Milliseconds();
    }

    private void LetGo(Connection connection)
    {
        _budget.Add(-connection.HeldBytes);
        connection.HeldBytes = 0;
    }

    /// <summary>Over the budget the slowest go first, cut without a word, since none would get out; they resume from their own positions.</summary>
    private void Shed()
    {
        if (!_budget.IsOver) return;
        var blocked = _connections.FindAll(static connection => connection.IsBlocked);
        blocked.Sort(static (a, b) => a.BlockedSince.CompareTo(b.BlockedSince));
        var shed = 0;
        foreach (var connection in blocked)
        {
            if (!_budget.IsOver) break;
            if (connection.Closing is null) _metrics.Closed(connection.Transport, CloseReason.SlowConsumer.Name);
            connection.Closing ??= CloseReason.SlowConsumer;
            Cut(connection);
            shed++;
        }

        if (shed > 0) Log.Shed(_logger, shed, _budget.Held);
    }

    private List<SlowConnection> Slow()
    {
        var slow = new List<SlowConnection>();
        foreach (var connection in _connections)
        {
            if (connection.IsBlocked || connection.IsBehind) slow.Add(Tell(connection));
        }

        return slow;
    }

    private SlowConnection Tell(Connection connection)
    {
        var topics = new List<string>();
        var behind = 0L;
        foreach (var subscriber in connection.Subscribers)
        {
            if (topics.Count < TopicsTold) topics.Add(subscriber.Channel.Name);
            behind = Math.Max(behind, Behind(subscriber));
        }

        var blocked = connection.IsBlocked ? _now - connection.BlockedSince : 0;
        return new SlowConnection(connection.Client?.ToString(), connection.Transport, topics, connection.Subscribers.Count, _now - connection.ConnectedAt, blocked, connection.HeldBytes, behind);
    }

    private static long Behind(Subscriber subscriber) =>
        subscriber.Channel.Newest is { } newest && newest.Epoch == subscriber.Epoch ? Math.Max(0, newest.Offset - subscriber.Offset) : 0;
}

/// <summary>A connection that does not take its bytes, as an operator sees it.</summary>
/// <param name="Client">Its address; null = not known.</param>
/// <param name="Transport">sse or websocket.</param>
/// <param name="Topics">The first five of its topics.</param>
/// <param name="TopicCount">Of how many.</param>
/// <param name="ConnectedMs">Age in milliseconds.</param>
/// <param name="BlockedMs">Milliseconds for which it has taken nothing although something waits.</param>
/// <param name="HeldBytes">Bytes handed to its transport and not yet taken.</param>
/// <param name="Behind">Offsets by which it is behind, in the topic where that is most.</param>
internal sealed record SlowConnection(string? Client, string Transport, List<string> Topics, int TopicCount, long ConnectedMs, long BlockedMs, int HeldBytes, long Behind);
