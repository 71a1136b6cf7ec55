using System.Text;

namespace E2EEvents.EdgeGateway.Fanout;

/// <summary>What keeps a quiet connection open.</summary>
internal static class Beats
{
    public static byte[] SseComment { get; } = ":\n\n"u8.ToArray();

    public static byte[] WebSocketPing { get; } = WebSocketFrames.Ping.ToArray();
}

/// <summary>The id of a multi-topic SSE stream: all positions of the connection, <c>kind/key@epoch:offset</c> joined by commas.</summary>
internal static class PositionsBlock
{
    /// <summary>An <c>id:</c> line and a blank one: browsers remember the id and fire nothing.</summary>
    public static byte[] Encode(List<Subscriber> subscribers)
    {
        var text = new StringBuilder("id: ");
        foreach (var subscriber in subscribers)
        {
            if (subscriber.Epoch == 0) continue;
            if (text.Length > 4) text.Append(',');
            text.Append(subscriber.Channel.Name).Append('@').Append(new Position(subscriber.Epoch, subscriber.Offset).ToString());
        }

        return Encoding.ASCII.GetBytes(text.Append("\n\n").ToString());
    }
}
