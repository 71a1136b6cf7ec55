using System.Text;

namespace E2EEvents.Load.Clients;

/// <summary>The topics of a run, and which of them each connection takes: connection i the next k from i·k on, round and round.</summary>
internal sealed class TopicSet
{
    private readonly string[] _names;
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _indexes;

    /// <param name="names"><c>kind/key</c> each.</param>
    /// <param name="perConnection">Topics of one connection, at most as many as there are.</param>
    /// <param name="delivery">Of their kind.</param>
    public TopicSet(string[] names, int perConnection, Delivery delivery)
    {
        _names = names;
        PerConnection = Math.Min(perConnection, names.Length);
        Delivery = delivery;
        var indexes = new Dictionary<string, int>(names.Length);
        for (var i = 0; i < names.Length; i++) indexes.Add(names[i], i);
        _indexes = indexes.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    public int Count => _names.Length;

    public int PerConnection { get; }

    public Delivery Delivery { get; }

    public string NameOf(int topic) => _names[topic];

    public int TopicOf(int connection, int slot) => (int)(((long)connection * PerConnection + slot) % _names.Length);

    /// <summary>The connection's slot for a topic; -1 = it did not ask for it.</summary>
    public int SlotOf(int connection, ReadOnlySpan<byte> topic)
    {
        Span<char> text = stackalloc char[TopicKey.MaxKindLength + 1 + TopicKey.MaxKeyLength];
        if (topic.Length > text.Length) return -1;
        var length = Encoding.ASCII.GetChars(topic, text);
        if (!_indexes.TryGetValue(text[..length], out var index)) return -1;
        var first = (int)((long)connection * PerConnection % _names.Length);
        var slot = (index - first + _names.Length) % _names.Length;
        return slot < PerConnection ? slot : -1;
    }

    /// <summary>Connections, of <paramref name="connections"/>, that take <paramref name="topic"/>.</summary>
    public int SubscribersOf(int topic, int connections)
    {
        var count = 0;
        for (var i = 0; i < connections; i++)
        {
            for (var slot = 0; slot < PerConnection; slot++)
            {
                if (TopicOf(i, slot) == topic) count++;
            }
        }

        return count;
    }

    /// <summary>Path and query of a stream over the connection's topics.</summary>
    /// <param name="connection">Its number.</param>
    /// <param name="ending">events or ws.</param>
    /// <param name="query">Further query without <c>?</c>, or empty.</param>
    public string StreamPathOf(int connection, string ending, string query)
    {
        if (PerConnection == 1)
        {
            return $"/topics/{NameOf(TopicOf(connection, 0))}/{ending}{(query.Length > 0 ? "?" + query : "")}";
        }

        var path = new StringBuilder("/").Append(ending);
        for (var slot = 0; slot < PerConnection; slot++) path.Append(slot == 0 ? '?' : '&').Append("topic=").Append(NameOf(TopicOf(connection, slot)));
        return query.Length > 0 ? path.Append('&').Append(query).ToString() : path.ToString();
    }
}
