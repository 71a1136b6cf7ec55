using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace E2EEvents.Grains.Interfaces.Wire;

/// <summary>Merge patches (RFC 7396) between two states. States are JSON objects without nulls outside arrays (<see cref="StateEncoder"/>).</summary>
public static class MergePatch
{
    private static readonly JsonWriterOptions Writing = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The patch that turns <paramref name="before"/> into <paramref name="after"/>; <c>{}</c> when they are alike.</summary>
    /// <exception cref="JsonException">One of them is not JSON.</exception>
    public static byte[] Diff(ReadOnlyMemory<byte> before, ReadOnlyMemory<byte> after)
    {
        using var from = JsonDocument.Parse(before);
        using var to = JsonDocument.Parse(after);
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var writer = new Utf8JsonWriter(buffer, Writing))
        {
            writer.WriteStartObject();
            WriteChanges(from.RootElement, to.RootElement, writer);
            writer.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>The state that <paramref name="patch"/> makes of <paramref name="state"/>; names keep their order, new ones come last.</summary>
    /// <exception cref="JsonException">One of them is not JSON.</exception>
    public static byte[] Apply(ReadOnlyMemory<byte> state, ReadOnlyMemory<byte> patch)
    {
        using var target = JsonDocument.Parse(state);
        using var change = JsonDocument.Parse(patch);
        var buffer = new ArrayBufferWriter<byte>(state.Length + patch.Length);
        using (var writer = new Utf8JsonWriter(buffer, Writing))
        {
            WriteMerged(target.RootElement, change.RootElement, writer);
        }

        return buffer.WrittenSpan.ToArray();
    }

    private static void WriteChanges(JsonElement from, JsonElement to, Utf8JsonWriter writer)
    {
        foreach (var property in from.EnumerateObject())
        {
            if (!to.TryGetProperty(property.Name, out _)) writer.WriteNull(property.Name);
        }

        foreach (var property in to.EnumerateObject())
        {
            var known = from.TryGetProperty(property.Name, out var old);
            if (known && JsonElement.DeepEquals(old, property.Value)) continue;
            writer.WritePropertyName(property.Name);
            if (known && old.ValueKind == JsonValueKind.Object && property.Value.ValueKind == JsonValueKind.Object)
            {
                writer.WriteStartObject();
                WriteChanges(old, property.Value, writer);
                writer.WriteEndObject();
            }
            else
            {
                property.Value.WriteTo(writer);
            }
        }
    }

    private static void WriteMerged(JsonElement target, JsonElement patch, Utf8JsonWriter writer)
    {
        if (patch.ValueKind != JsonValueKind.Object)
        {
            patch.WriteTo(writer);
            return;
        }

        writer.WriteStartObject();
        var isObject = target.ValueKind == JsonValueKind.Object;
        if (isObject)
        {
            foreach (var property in target.EnumerateObject())
            {
                if (!patch.TryGetProperty(property.Name, out var change))
                {
                    property.WriteTo(writer);
                }
                else if (change.ValueKind != JsonValueKind.Null)
                {
                    writer.WritePropertyName(property.Name);
                    WriteMerged(property.Value, change, writer);
                }
            }
        }

        foreach (var property in patch.EnumerateObject())
        {
            if (property.Value.ValueKind == JsonValueKind.Null) continue;
            if (isObject && target.TryGetProperty(property.Name, out _)) continue;
            writer.WritePropertyName(property.Name);
            WriteMerged(default, property.Value, writer);
        }

        writer.WriteEndObject();
    }
}
