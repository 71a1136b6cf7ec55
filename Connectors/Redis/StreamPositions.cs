using System.Globalization;
using System.Text.Json;

namespace E2EEvents.Connectors.Redis;

/// <summary>
/// How far each stream was read; the resume token of the connector: <c>{"stream":[incarnation,"id",count],…}</c>. Streams that are no longer
/// configured stay in it, so that one which comes back goes on where it was.
/// </summary>
internal sealed class StreamPositions
{
    private readonly Dictionary<string, int> _index = new(StringComparer.Ordinal);
    private readonly List<(string Name, StreamPosition Position, string Text)> _streams = [];

    /// <summary>Reads a token.</summary>
    /// <param name="token">Null = none yet.</param>
    /// <exception cref="FormatException">It is not one of ours.</exception>
    public StreamPositions(ResumeToken? token)
    {
        if (token is null) return;
        try
        {
            using var json = JsonDocument.Parse(token.Value.Value);
            foreach (var stream in json.RootElement.EnumerateObject())
            {
                this[stream.Name] = new StreamPosition(stream.Value[0].GetInt64(), RedisStreamId.Parse(stream.Value[1].GetString()), stream.Value[2].GetInt64());
            }
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException or IndexOutOfRangeException)
        {
            throw new FormatException("The checkpoint is not one of a Redis streams connector; was another type of connector configured under this name?", failure);
        }
    }

    /// <summary>Position of a stream.</summary>
    /// <exception cref="KeyNotFoundException">There is none.</exception>
    public StreamPosition this[string stream]
    {
        get => _streams[_index[stream]].Position;
        set
        {
            if (!_index.TryGetValue(stream, out var at))
            {
                at = _streams.Count;
                _index.Add(stream, at);
                _streams.Add((stream, default, ""));
            }

            _streams[at] = (stream, value, TextOf(stream, value));
        }
    }

    /// <summary>True if there is a position of the stream.</summary>
    public bool Contains(string stream) => _index.ContainsKey(stream);

    /// <summary>The token as of now.</summary>
    public ResumeToken ToToken() => new(_streams.Count == 1 ? $"{{{_streams[0].Text}}}" : $"{{{string.Join(',', _streams.ConvertAll(stream => stream.Text))}}}");

    /// <summary>For the log.</summary>
    public override string ToString() => string.Join(", ", _streams.ConvertAll(stream => $"{stream.Name} after {stream.Position.Id}"));

    private static string TextOf(string stream, StreamPosition position) =>
        string.Create(CultureInfo.InvariantCulture, $"{JsonSerializer.Serialize(stream)}:[{position.Incarnation},\"{position.Id}\",{position.Count}]");
}
