using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;

namespace E2EEvents.Connectors.Redis;

/// <summary>
/// Makes the record of named fields. If the JSON field holds an object, that is the record, and other fields are added as text where it has no
/// such name; else every field becomes text. Of fields with the same name the last counts; bytes that are not UTF-8 become <c>base64:…</c>.
/// </summary>
internal sealed class RecordJson(string jsonField)
{
    private const int FewFields = 16;
    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly byte[] _jsonField = Encoding.UTF8.GetBytes(jsonField);
    private readonly ArrayBufferWriter<byte> _buffer = new(1024);

    /// <summary>The record as a JSON object. Not thread-safe.</summary>
    public byte[] Of(IReadOnlyList<(byte[] Name, byte[] Value)> fields)
    {
        for (var i = fields.Count - 1; i >= 0; i--)
        {
            if (!fields[i].Name.AsSpan().SequenceEqual(_jsonField)) continue;
            if (!IsObject(fields[i].Value)) break;
            if (fields.Count == 1) return fields[i].Value;
            if (Merged(fields, fields[i].Value) is { } merged) return merged;
            break;
        }

        return Write(fields, null);
    }

    private byte[]? Merged(IReadOnlyList<(byte[] Name, byte[] Value)> fields, byte[] json)
    {
        using var document = JsonDocument.Parse(json);
        try
        {
            return Write(fields, document);
        }
        catch (InvalidOperationException)
        {
            // Half a surrogate pair, written as an escape, is JSON but no text. It stays what it is, inside text.
            return null;
        }
    }

    private byte[] Write(IReadOnlyList<(byte[] Name, byte[] Value)> fields, JsonDocument? document)
    {
        _buffer.ResetWrittenCount();
        using var writer = new Utf8JsonWriter(_buffer, WriterOptions);
        writer.WriteStartObject();
        if (document is not null)
        {
            foreach (var property in document.RootElement.EnumerateObject()) property.WriteTo(writer);
        }

        var last = LastOfEachName(fields);
        for (var i = 0; i < fields.Count; i++)
        {
            var (name, value) = fields[i];
            if (last is null ? IsRepeated(fields, i) : last[Text(name)] != i) continue;
            if (document is not null && (name.AsSpan().SequenceEqual(_jsonField) || document.RootElement.TryGetProperty(Text(name), out _))) continue;
            writer.WritePropertyName(Text(name));
            if (Utf8.IsValid(value)) writer.WriteStringValue(value);
            else writer.WriteStringValue(Text(value));
        }

        writer.WriteEndObject();
        writer.Flush();
        return _buffer.WrittenSpan.ToArray();
    }

    // Comparing all with all is quicker than a dictionary for the few fields that entries have, and never ends for very many.
    private static Dictionary<string, int>? LastOfEachName(IReadOnlyList<(byte[] Name, byte[] Value)> fields)
    {
        if (fields.Count <= FewFields) return null;
        var last = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < fields.Count; i++) last[Text(fields[i].Name)] = i;
        return last;
    }

    private static bool IsRepeated(IReadOnlyList<(byte[] Name, byte[] Value)> fields, int index)
    {
        for (var i = index + 1; i < fields.Count; i++)
        {
            if (fields[i].Name.AsSpan().SequenceEqual(fields[index].Name)) return true;
        }

        return false;
    }

    private static string Text(byte[] bytes) => Utf8.IsValid(bytes) ? Encoding.UTF8.GetString(bytes) : "base64:" + Convert.ToBase64String(bytes);

    private static bool IsObject(byte[] json)
    {
        if (!Utf8.IsValid(json)) return false; // the reader does not look into texts
        try
        {
            var reader = new Utf8JsonReader(json);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) return false;
            while (reader.Read())
            {
                // Read to the end: a value may be broken anywhere.
            }

            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
