using System.Text.Json;
using System.Text.Json.Serialization;
using E2EEvents.Grains.Topics;
using Orleans.Storage;

namespace E2EEvents.Grains.Storage;

/// <summary>Names of a silo's storage providers, which the process chooses; their serializer comes with <c>AddTopics</c>.</summary>
public static class TopicStorage
{
    /// <summary>Keeps topics: written many times a second.</summary>
    public const string Provider = "topics";

    /// <summary>Keeps what a region knows beside topics (catalogue, dead letters, checkpoints, homes), and the state of anybody's ordinary grains: Orleans' default storage.</summary>
    public const string Ordinary = "Default";
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
