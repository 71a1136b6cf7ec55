using System.Globalization;
using System.Text;

namespace E2EEvents.Testing.Clients;

/// <summary>An event of a stream.</summary>
/// <param name="Name">Its name; <c>message</c> when none was given.</param>
/// <param name="Data">Its data, lines joined by line feeds.</param>
/// <param name="Id">The id line of this very event; null = it has none.</param>
public sealed record SseEvent(string Name, string Data, string? Id);

/// <summary>Reads <c>text/event-stream</c> line by line, as the HTML standard section 9.2.6 says.</summary>
public sealed class SseParser
{
    private readonly StringBuilder _data = new();
    private string _name = "";
    private string? _id;

    /// <summary>What a browser would send as <c>Last-Event-ID</c> now.</summary>
    public string LastEventId { get; private set; } = "";

    /// <summary>The last <c>retry</c>.</summary>
    public TimeSpan? Retry { get; private set; }

    /// <summary>Comment lines seen.</summary>
    public int Comments { get; private set; }

    /// <summary>Blocks with an id but no data: they move the id and fire nothing.</summary>
    public int IdBlocks { get; private set; }

    /// <summary>Takes a line without its end; returns the event that it completes, or null.</summary>
    public SseEvent? Take(string line)
    {
        if (line.Length == 0) return Dispatch();
        var colon = line.IndexOf(':', StringComparison.Ordinal);
        if (colon == 0)
        {
            Comments++;
            return null;
        }

        var field = colon < 0 ? line : line[..colon];
        var value = colon < 0 ? "" : line[(colon + 1)..];
        if (value.StartsWith(' ')) value = value[1..];
        switch (field)
        {
            case "event":
                _name = value;
                break;
            case "data":
                _data.Append(value).Append('\n');
                break;
            case "id" when !value.Contains('\0', StringComparison.Ordinal):
                _id = value;
                break;
            case "retry" when int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds):
                Retry = TimeSpan.FromMilliseconds(milliseconds);
                break;
        }

        return null;
    }

    private SseEvent? Dispatch()
    {
        var id = _id;
        if (id is not null) LastEventId = id;
        _id = null;
        var name = _name;
        _name = "";
        if (_data.Length == 0)
        {
            if (id is not null) IdBlocks++;
            return null;
        }

        var data = _data.ToString(0, _data.Length - 1);
        _data.Clear();
        return new SseEvent(name.Length == 0 ? "message" : name, data, id);
    }
}
