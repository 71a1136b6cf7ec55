using System.Text;

namespace E2EEvents.EdgeGateway.Fanout;

/// <summary>What keeps a quiet connection open.</summary>
internal static class Beats
{
    public static byte[] SseComment { get; } = ":\n\n"u8.ToArray();

    public static byte[] GzipSseComment { get; } = Deflate.Store(SseComment);

    public static byte[] WebSocketPing { get; } = WebSocketFrames.Ping.ToArray();
}

/// <summary>The id of a multi-topic SSE stream: all positions of the connection, <c>kind/key@epoch:offset</c> joined by commas.</summary>
internal static class PositionsBlock
{
    /// <summary>An <c>id:</c> line and a blank one: browsers remember the id and fire nothing.</summary>
    public static byte[] Encode(Connection connection)
    {
        var text = new StringBuilder("id: ");
        foreach (var subscriber in connection.Subscribers)
        {
            if (subscriber.Epoch != 0) Add(text, subscriber.Channel.Name, new Position(subscriber.Epoch, subscriber.Offset));
        }

        // The new id replaces the one the client came with; a topic left out would start from its state next time, without a word on what was missed.
        foreach (var (topic, position) in connection.Unjoined ?? []) Add(text, topic, position);
        return connection.View.Wrap(Encoding.ASCII.GetBytes(text.Append("\n\n").ToString()));
    }

    private static void Add(StringBuilder text, string topic, Position position)
    {
        if (text.Length > 4) text.Append(',');
        text.Append(topic).Append('@').Append(position.ToString());
    }
}
