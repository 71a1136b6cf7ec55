using System.Text.Json;
using System.Text.Json.Serialization;

namespace E2EEvents.Grains.Interfaces.Wire;

/// <summary>
/// Times as ISO 8601 in UTC, written with <c>Z</c>. A time without an offset is read as UTC: the reader's own time zone, which the serializer would
/// take, differs from machine to machine, and replaying the same events must give the same state everywhere.
/// </summary>
internal sealed class UtcTimeConverter : JsonConverter<DateTimeOffset>
{
    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        // Without a text of its own the serializer writes one that names the place.
        if (reader.TokenType != JsonTokenType.String || !reader.TryGetDateTime(out var time)) throw new JsonException();
        return time.Kind == DateTimeKind.Unspecified ? new DateTimeOffset(time, TimeSpan.Zero) : reader.GetDateTimeOffset().ToUniversalTime();
    }

    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) => writer.WriteStringValue(value.UtcDateTime);
}
