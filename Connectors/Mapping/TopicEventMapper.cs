using System.Text.Json;

namespace E2EEvents.Connectors.Mapping;

/// <summary>
/// The mapping where nothing is configured: <c>{"topic":"match/1","event":{…},"time":…}</c>. The event may be text that holds the object; time
/// (ISO 8601, or a number since 1970) may be left out. Other names are passed over. The event's bytes are not touched.
/// </summary>
internal sealed class TopicEventMapper : IEventMapper
{
    public MappedRecord Map(SourceRecord record)
    {
        string? topicText = null;
        byte[]? data = null;
        var time = record.OriginTime;
        var reader = new Utf8JsonReader(record.Data);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) return MappedRecord.Failed("The record is not a JSON object.");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("topic"u8))
            {
                reader.Read();
                if (reader.TokenType == JsonTokenType.String) topicText = reader.GetString();
                else reader.Skip();
            }
            else if (reader.ValueTextEquals("event"u8))
            {
                reader.Read();
                data = EventBytes(record.Data, ref reader);
            }
            else if (reader.ValueTextEquals("time"u8))
            {
                reader.Read();
                if (!TryReadTime(ref reader, ref time, out var problem)) return MappedRecord.Failed($"time: {problem}", KindOf(topicText));
            }
            else
            {
                reader.Skip();
            }
        }

        if (topicText is null) return MappedRecord.Failed("The record has no text named topic; it needs {\"topic\":…,\"event\":{…}} or mapping rules.");
        if (!TopicKey.TryParse(topicText, out var topic, out var error)) return MappedRecord.Failed($"topic: {error}", KindOf(topicText));
        return data is null ? MappedRecord.Failed("The record has no object named event.", topic.Kind) : MappedRecord.Of(topic, data, time);
    }

    private static byte[]? EventBytes(byte[] record, ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.String)
        {
            var text = System.Text.Encoding.UTF8.GetBytes(reader.GetString()!);
            return IsObject(text) ? text : null;
        }

        var start = (int)reader.TokenStartIndex;
        var isObject = reader.TokenType == JsonTokenType.StartObject;
        reader.Skip();
        return isObject ? record[start..(int)reader.BytesConsumed] : null;
    }

    private static bool TryReadTime(ref Utf8JsonReader reader, ref long time, out string? problem)
    {
        problem = null;
        switch (reader.TokenType)
        {
            case JsonTokenType.Null:
                return true;
            case JsonTokenType.String:
                return EventTime.TryRead(reader.GetString()!, TimeUnit.Auto, out time, out problem);
            case JsonTokenType.Number:
                return EventTime.TryRead(System.Text.Encoding.UTF8.GetString(reader.ValueSpan), TimeUnit.Auto, out time, out problem);
            default:
                problem = "neither text nor a number.";
                return false;
        }
    }

    private static string? KindOf(string? topic) => topic?.IndexOf('/') is > 0 and var slash ? topic[..slash] : null;

    private static bool IsObject(byte[] json)
    {
        try
        {
            var reader = new Utf8JsonReader(json);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) return false;
            reader.Skip();
            return !reader.Read();
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
