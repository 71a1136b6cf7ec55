using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace E2EEvents.Connectors.Mapping;

/// <summary>A <see cref="MappingRule"/> ready to work.</summary>
internal sealed class CompiledRule
{
    private readonly MappingRule _rule;
    private readonly JsonExpression? _when;
    private readonly JsonExpression? _forEach;
    private readonly TopicTemplate? _topic;
    private readonly JsonExpression? _event;
    private readonly JsonExpression? _time;

    /// <summary>Compiles a rule.</summary>
    /// <param name="rule">As configured.</param>
    /// <param name="path">Its path in the configuration.</param>
    /// <param name="errors">Gets everything that is wrong.</param>
    public CompiledRule(MappingRule rule, string path, List<string> errors)
    {
        _rule = rule;
        _when = Compile(rule.When, $"{path}:When");
        _forEach = Compile(rule.ForEach, $"{path}:ForEach");
        _event = Compile(rule.Event, $"{path}:Event");
        _time = Compile(rule.Time, $"{path}:Time");
        if (rule.Ignore) return;
        if (string.IsNullOrEmpty(rule.Topic))
        {
            errors.Add($"{path}:Topic: must be given, for example match/{{matchId}} (or set Ignore).");
            return;
        }

        _topic = TopicTemplate.Compile(rule.Topic, out var error);
        if (error is not null) errors.Add($"{path}:Topic: {error}");

        JsonExpression? Compile(string? text, string where)
        {
            if (string.IsNullOrEmpty(text)) return null;
            var compiled = JsonExpression.Compile(text, out var wrong);
            if (wrong is not null) errors.Add($"{where}: {wrong}");
            return compiled;
        }
    }

    /// <summary>True if the rule is for this record.</summary>
    public bool Fits(JToken record) => _when is null || JsonExpression.IsTrue(_when.Evaluate(record));

    /// <summary>Maps a record that fits.</summary>
    public MappedRecord Map(SourceRecord source, JToken record)
    {
        if (_rule.Ignore) return MappedRecord.Nothing;
        if (_forEach is not null) return MapEach(source, record);
        return TryMap(source, record, record, source.Data, out var mapped, out var problem)
            ? new MappedRecord([mapped])
            : MappedRecord.Failed(problem!, _topic!.Kind);
    }

    private MappedRecord MapEach(SourceRecord source, JToken record)
    {
        var elements = _forEach!.Evaluate(record);
        if (elements.Type == JTokenType.Null) return MappedRecord.Nothing;
        if (elements is not JArray array) return MappedRecord.Failed($"ForEach gives {JsonText.Describe(elements)}, not a list.", _topic!.Kind);

        var events = new List<MappedEvent>(array.Count);
        string? problem = null;
        // A token has one parent: the record is put into one scope for all elements, or it would be copied for each.
        var scope = new JObject { ["item"] = null, ["record"] = record, ["index"] = 0 };
        for (var index = 0; index < array.Count; index++)
        {
            scope["item"] = array[index];
            scope["index"] = index;
            if (TryMap(source, scope, scope["item"]!, null, out var mapped, out var wrong)) events.Add(mapped);
            else problem ??= $"Element {index}: {wrong}";
        }

        return new MappedRecord(events, problem, _topic!.Kind);
    }

    private bool TryMap(SourceRecord source, JToken scope, JToken whole, byte[]? wholeBytes, out MappedEvent mapped, out string? problem)
    {
        mapped = default;
        if (!_topic!.TryRender(scope, out var topic, out problem)) return false;
        if (!TryReadTime(source, scope, out var time, out problem)) return false;

        var data = _event is null && wholeBytes is not null ? wholeBytes : EventBytes(_event?.Evaluate(scope) ?? whole, out problem);
        if (data is null) return false;
        mapped = new MappedEvent(topic, data, time);
        return true;
    }

    private bool TryReadTime(SourceRecord source, JToken scope, out long time, out string? problem)
    {
        (time, problem) = (source.OriginTime, null);
        if (_time is null) return true;
        var value = _time.Evaluate(scope);
        if (value.Type == JTokenType.Null) return true;
        if (JsonText.Scalar(value) is { } text && EventTime.TryRead(text, _rule.TimeUnit, out time, out problem)) return true;
        problem = $"Time: {problem ?? $"{_time.Text} gives {JsonText.Describe(value)}."}";
        return false;
    }

    private static byte[]? EventBytes(JToken value, out string? problem)
    {
        problem = null;
        if (value is JValue { Type: JTokenType.String } text)
        {
            // Fields of stream entries are text: one may hold the event's JSON.
            try
            {
                value = JsonText.Read((string)text!);
            }
            catch (JsonException failure)
            {
                problem = $"Event gives text that is not JSON: {failure.Message}";
                return null;
            }
        }

        if (value is JObject) return JsonText.Write(value);
        problem = $"Event gives {JsonText.Describe(value)}, not an object.";
        return null;
    }
}
