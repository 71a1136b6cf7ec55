using System.Text.Json;
using System.Text.Json.Serialization;
using E2EEvents.Grains.Topics;
using Orleans.Storage;

namespace E2EEvents.Grains.Storage;

/// <summary>The one grain storage of a silo, for topics and for what a region keeps about them.</summary>
public static class TopicStorage
{
    /// <summary>Name of the storage provider; its serializer comes with <c>AddTopics</c>.</summary>
    public const string Provider = "topics";
}

/// <summary>Makes everything stored readable JSON: topics by their own codec, the rest as plain objects.</summary>
internal sealed class JsonStorageSerializer : IGrainStorageSerializer
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public BinaryData Serialize<T>(T? input) =>
        new(input is TopicRecord topic ? TopicRecordCodec.Encode(topic) : JsonSerializer.SerializeToUtf8Bytes(input, Options));

    public T? Deserialize<T>(BinaryData input) =>
        typeof(T) == typeof(TopicRecord) ? (T)(object)TopicRecordCodec.Decode(input.ToMemory()) : JsonSerializer.Deserialize<T>(input.ToMemory().Span, Options);
}
