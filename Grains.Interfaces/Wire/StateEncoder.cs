using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace E2EEvents.Grains.Interfaces.Wire;

/// <summary>
/// JSON as topics speak it: camelCase names, enums as camelCase strings, times as ISO 8601 in UTC. Nulls are dropped at every depth outside
/// arrays, because a merge patch (RFC 7396) reads null as "delete".
/// </summary>
public static class StateEncoder
{
    /// <summary>For states: what was dropped as null reads back as null.</summary>
    public static JsonSerializerOptions StateOptions { get; } = Make(strict: false);

    /// <summary>For events: an unknown type, a missing value or a null where none may be is an error that names it.</summary>
    public static JsonSerializerOptions EventOptions { get; } = Make(strict: true);

    /// <summary>Encodes a state.</summary>
    /// <exception cref="InvalidOperationException">The state is not a JSON object.</exception>
    public static byte[] Encode<TState>(TState state)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(state, StateOptions);
        if (json.Length == 0 || json[0] != (byte)'{')
        {
            throw new InvalidOperationException($"{typeof(TState).Name} must be a JSON object; merge patches need names to change.");
        }

        // Records drop their nulls while being written; what is left stems from dictionaries or converters.
        return json.AsSpan().IndexOf(":null"u8) < 0 ? json : WithoutNulls(json);
    }

    private static byte[] WithoutNulls(byte[] json)
    {
        using var document = JsonDocument.Parse(json);
        var buffer = new ArrayBufferWriter<byte>(json.Length);
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            Copy(document.RootElement, writer);
        }

        return buffer.WrittenSpan.ToArray();

        static void Copy(JsonElement element, Utf8JsonWriter writer)
        {
            if (element.ValueKind != JsonValueKind.Object)
            {
                element.WriteTo(writer);
                return;
            }

            writer.WriteStartObject();
            foreach (var property in element.EnumerateObject())
            {
                if (property.Value.ValueKind == JsonValueKind.Null) continue;
                writer.WritePropertyName(property.Name);
                Copy(property.Value, writer);
            }

            writer.WriteEndObject();
        }
    }

    private static JsonSerializerOptions Make(bool strict)
    {
        var resolver = new DefaultJsonTypeInfoResolver();
        if (strict) resolver.Modifiers.Add(RequireWhatCannotBeNull);
        var options = new JsonSerializerOptions(JsonSerializerDefaults.Web)
        {
            DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
            // The bytes are JSON for programs, never markup; the page puts them in as text.
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
            NumberHandling = JsonNumberHandling.Strict,
            AllowOutOfOrderMetadataProperties = true,
            RespectNullableAnnotations = strict,
            TypeInfoResolver = resolver,
            Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, allowIntegerValues: false), new UtcTimeConverter() },
        };
        options.MakeReadOnly();
        return options;
    }

    private static void RequireWhatCannotBeNull(JsonTypeInfo type)
    {
        foreach (var property in type.Properties)
        {
            if (property.AssociatedParameter is { HasDefaultValue: false, IsNullable: false }) property.IsRequired = true;
        }
    }
}
