using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using E2EEvents.Grains.Interfaces.Regions;
using E2EEvents.Grains.Storage;

namespace E2EEvents.Grains.Topics;

/// <summary>
/// Writes and reads <see cref="TopicRecord"/> as JSON that an operator can read, states and patches as they are:
/// <code>
/// {"format":1,"epoch":"16 hex digits","offset":17,"sources":{"connector/partition":"incarnation.ordinal.index"},
///  "eventIds":[["source","id"]],"term":"number@region","restored":1,"continued":[["number@region","epoch:offset"]],
///  "frames":[{"offset":16,"originTime":0,"homeTime":0,"transaction":"…","state":{}},{"offset":17,…,"patch":{}}]}
/// </code>
/// <c>term</c> and <c>continued</c> are absent until the home has moved, <c>restored</c> until a backup was restored. Unknown members are skipped, so that later versions can add some.
/// </summary>
internal static class TopicRecordCodec
{
    private const int Format = 1;

    private static readonly JsonWriterOptions Writing = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = true, // states and patches are raw JSON that has been written by a validating writer
    };

    public static byte[] Encode(TopicRecord record)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var writer = new Utf8JsonWriter(buffer, Writing))
        {
            writer.WriteStartObject();
            writer.WriteNumber("format", Format);
            writer.WriteString("epoch", new Position(record.Epoch, 0).EpochText);
            writer.WriteNumber("offset", record.Offset);
            WriteLedger(writer, record.Ledger);
            if (record.Term is { } term) writer.WriteString("term", term.ToString());
            if (record.Restored > 0) writer.WriteNumber("restored", record.Restored);
            WriteContinued(writer, record.Continued);
            WriteFrames(writer, record.Frames);
            writer.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <exception cref="InvalidDataException">The bytes are no record of a topic, or of a later format.</exception>
    public static TopicRecord Decode(ReadOnlyMemory<byte> json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            var root = document.RootElement;
            var format = root.GetProperty("format").GetInt32();
            if (format != Format) throw new InvalidDataException($"A topic stored in format {format}; this version reads {Format}.");
            if (!Position.TryParseEpoch(root.GetProperty("epoch").GetString(), out var epoch)) throw new InvalidDataException("A stored topic without an epoch.");
            return Checked(new TopicRecord
            {
                Epoch = epoch,
                Offset = root.GetProperty("offset").GetInt64(),
                Ledger = new LedgerSnapshot(ReadSources(root.GetProperty("sources")), ReadEventIds(root.GetProperty("eventIds"))),
                Frames = ReadFrames(root.GetProperty("frames")),
                Term = root.TryGetProperty("term", out var term) ? ReadTerm(term) : null,
                Restored = root.TryGetProperty("restored", out var restored) ? restored.GetInt64() : 0,
                Continued = root.TryGetProperty("continued", out var continued) ? ReadContinued(continued) : [],
            });
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or FormatException or InvalidOperationException or ArgumentException)
        {
            throw new InvalidDataException($"A stored topic cannot be read: {e.Message}", e);
        }
    }

    private static TopicRecord Checked(TopicRecord record)
    {
        var frames = record.Frames;
        for (var i = 0; i < frames.Count; i++)
        {
            if (frames[i].IsPatch != (i > 0) || (i > 0 && frames[i].Offset != frames[i - 1].Offset + 1))
            {
                throw new InvalidDataException($"A stored topic's frame at offset {frames[i].Offset} does not follow the one before.");
            }
        }

        var last = frames.Count > 0 ? frames[^1].Offset : 0;
        return last == record.Offset ? record : throw new InvalidDataException($"A stored topic at offset {record.Offset} ends with offset {last}.");
    }

    private static void WriteLedger(Utf8JsonWriter writer, LedgerSnapshot ledger)
    {
        writer.WriteStartObject("sources");
        foreach (var (source, newest) in ledger.Sources) writer.WriteString(source, newest.ToString());
        writer.WriteEndObject();
        writer.WriteStartArray("eventIds");
        foreach (var (source, id) in ledger.EventIds)
        {
            writer.WriteStartArray();
            writer.WriteStringValue(source);
            writer.WriteStringValue(id);
            writer.WriteEndArray();
        }

        writer.WriteEndArray();
    }

    private static void WriteContinued(Utf8JsonWriter writer, IReadOnlyList<Continuation> continued)
    {
        if (continued.Count == 0) return;
        writer.WriteStartArray("continued");
        foreach (var (term, from) in continued)
        {
            writer.WriteStartArray();
            writer.WriteStringValue(term.ToString());
            writer.WriteStringValue(from.ToString());
            writer.WriteEndArray();
        }

        writer.WriteEndArray();
    }

    private static void WriteFrames(Utf8JsonWriter writer, IReadOnlyList<StoredFrame> frames)
    {
        writer.WriteStartArray("frames");
        foreach (var frame in frames)
        {
            writer.WriteStartObject();
            writer.WriteNumber("offset", frame.Offset);
            writer.WriteNumber("originTime", frame.OriginTime);
            writer.WriteNumber("homeTime", frame.HomeTime);
            if (frame.Transaction is not null) writer.WriteString("transaction", frame.Transaction);
            writer.WritePropertyName(frame.IsPatch ? "patch" : "state");
            writer.WriteRawValue(frame.Json.Span, skipInputValidation: true);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static List<SourceSequence> ReadSources(JsonElement element)
    {
        var sources = new List<SourceSequence>();
        foreach (var source in element.EnumerateObject()) sources.Add(new SourceSequence(source.Name, SequenceText.Parse(source.Value.GetString()!)));
        return sources;
    }

    private static List<SourceEventId> ReadEventIds(JsonElement element)
    {
        var ids = new List<SourceEventId>();
        foreach (var id in element.EnumerateArray()) ids.Add(new SourceEventId(id[0].GetString()!, id[1].GetString()!));
        return ids;
    }

    private static Term ReadTerm(JsonElement element) => Term.TryParse(element.GetString(), out var term) ? term : throw new FormatException($"'{element}' is no term.");

    private static List<Continuation> ReadContinued(JsonElement element)
    {
        var continued = new List<Continuation>();
        foreach (var one in element.EnumerateArray())
        {
            continued.Add(new Continuation(ReadTerm(one[0]), Position.TryParse(one[1].GetString(), out var from) ? from : throw new FormatException($"'{one[1]}' is no position.")));
        }

        return continued;
    }

    private static List<StoredFrame> ReadFrames(JsonElement element)
    {
        var frames = new List<StoredFrame>();
        foreach (var frame in element.EnumerateArray())
        {
            var isPatch = frame.TryGetProperty("patch", out var json);
            if (!isPatch) json = frame.GetProperty("state");
            frames.Add(new StoredFrame(
                frame.GetProperty("offset").GetInt64(),
                JsonMarshal.GetRawUtf8Value(json).ToArray(),
                isPatch,
                frame.GetProperty("originTime").GetInt64(),
                frame.GetProperty("homeTime").GetInt64(),
                frame.TryGetProperty("transaction", out var transaction) ? transaction.GetString() : null));
        }

        return frames;
    }
}
