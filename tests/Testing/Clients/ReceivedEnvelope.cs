using System.Text.Json;
using System.Text.Json.Nodes;

namespace E2EEvents.Testing.Clients;

/// <summary>An envelope as a client reads it (docs/client-contract.md); parsed strictly, so that a malformed one fails the test that sees it.</summary>
public sealed class ReceivedEnvelope
{
    private ReceivedEnvelope(string text, string topic, Position position)
    {
        Text = text;
        Topic = topic;
        Position = position;
    }

    /// <summary>As received.</summary>
    public string Text { get; }

    /// <summary><c>kind/key</c>.</summary>
    public string Topic { get; }

    /// <summary>Position after the change.</summary>
    public Position Position { get; }

    /// <summary>The full state, or null when there is a patch.</summary>
    public JsonObject? State { get; private init; }

    /// <summary>The merge patch, or null when there is a state.</summary>
    public JsonObject? Patch { get; private init; }

    /// <summary><c>history</c>, <c>epoch</c> or null.</summary>
    public string? Gap { get; private init; }

    /// <summary>True if the topic is stale.</summary>
    public bool Stale { get; private init; }

    /// <summary>The origin's transaction.</summary>
    public string? Transaction { get; private init; }

    /// <summary>Hop stamps by name, Unix µs.</summary>
    public required IReadOnlyDictionary<string, long> Time { get; init; }

    /// <summary>Reads an envelope.</summary>
    /// <exception cref="FormatException">It is not one; says what is wrong and shows it.</exception>
    public static ReceivedEnvelope Parse(string text)
    {
        try
        {
            return JsonNode.Parse(text) is JsonObject json ? Parse(json, text) : throw new FormatException("it is no JSON object");
        }
        catch (Exception e) when (e is JsonException or FormatException or InvalidOperationException)
        {
            throw new FormatException($"Not an envelope ({e.Message}): {Shorten(text)}", e);
        }
    }

    internal static ReceivedEnvelope Parse(JsonObject json, string text)
    {
        var topic = Required(json, "topic").GetValue<string>();
        if (!TopicKey.TryParse(topic, out _, out var error)) throw new FormatException(error);
        var epoch = Required(json, "epoch").GetValue<string>();
        if (!Position.TryParseEpoch(epoch, out var number)) throw new FormatException($"epoch '{epoch}' is not 16 hex digits");
        var offset = Required(json, "offset").GetValue<long>();
        if (offset < 1) throw new FormatException($"offset {offset} of a change is not above 0");
        var gap = json["gap"]?.GetValue<string>();
        if (gap is not (null or "history" or "epoch")) throw new FormatException($"gap '{gap}' is neither history nor epoch");
        if (json.ContainsKey("state") == json.ContainsKey("patch")) throw new FormatException("it must have either state or patch");
        var time = new Dictionary<string, long>();
        foreach (var (name, stamp) in Required(json, "time").AsObject()) time[name] = stamp!.GetValue<long>();
        return new ReceivedEnvelope(text, topic, new Position(number, offset))
        {
            State = json["state"] as JsonObject,
            Patch = json["patch"] as JsonObject,
            Gap = gap,
            Stale = json["stale"]?.GetValue<bool>() ?? false,
            Transaction = json["transaction"]?.GetValue<string>(),
            Time = time,
        };
    }

    /// <inheritdoc/>
    public override string ToString() => Shorten(Text);

    internal static string Shorten(string text) => text.Length <= 300 ? text : text[..300] + $"… ({text.Length} characters)";

    private static JsonNode Required(JsonObject json, string name) => json[name] ?? throw new FormatException($"'{name}' is missing");
}
