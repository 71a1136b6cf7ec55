using System.Globalization;
using System.Text.Json;
using E2EEvents.Connectors.Mapping;

namespace E2EEvents.Connectors.Tests.Docs;

/// <summary>A stadium clock's text, such as "45+2", as the two numbers that the topic wants.</summary>
public sealed class StadiumClockMapper : IEventMapper
{
    public MappedRecord Map(SourceRecord record)
    {
        using var json = JsonDocument.Parse(record.Data);
        var match = json.RootElement.GetProperty("match").GetString() ?? "";
        if (!TopicKey.TryCreate("match", match, out var topic, out var error)) return MappedRecord.Failed(error!, "match");

        var clock = json.RootElement.GetProperty("clock").GetString()!.Split('+');
        var minute = int.Parse(clock[0], CultureInfo.InvariantCulture);
        var added = clock.Length == 1 ? 0 : int.Parse(clock[1], CultureInfo.InvariantCulture);
        return MappedRecord.Of(topic, JsonSerializer.SerializeToUtf8Bytes(new { type = "clock", minute, added }), record.OriginTime);
    }
}
