using System.Text.Json;
using E2EEvents.Grains.Interfaces.Topics;

namespace E2EEvents.Grains.Interfaces.Regions;

/// <summary>Bodies of calls between regions and of their replies: JSON, because they are rare and operators read them. Members may be added, never changed.</summary>
public static class LinkCalls
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web);

    /// <summary>Writes a body.</summary>
    public static byte[] Encode<T>(T body) => JsonSerializer.SerializeToUtf8Bytes(body, Options);

    /// <summary>Reads a body.</summary>
    /// <exception cref="InvalidDataException">It is not of this form; says where.</exception>
    public static T Decode<T>(ReadOnlyMemory<byte> body)
    {
        try
        {
            return JsonSerializer.Deserialize<T>(body.Span, Options) ?? throw new InvalidDataException($"A {typeof(T).Name} is null.");
        }
        catch (Exception e) when (e is JsonException or NotSupportedException or FormatException)
        {
            throw new InvalidDataException($"A {typeof(T).Name} cannot be read: {e.Message}", e);
        }
    }
}

/// <summary><see cref="LinkMethod.Publish"/>; answered by <see cref="PublishReply"/>.</summary>
public sealed record PublishCall(string Topic, string Source, string EventId, long OriginTime, byte[] Data);

/// <summary>Reply to <see cref="PublishCall"/>; the position as <see cref="Position.ToString"/>.</summary>
public sealed record PublishReply(PublishOutcome Outcome, string Position, string? Reason);

/// <summary><see cref="LinkMethod.List"/>; answered by <see cref="CataloguePage"/>.</summary>
/// <param name="Kind">The kind.</param>
/// <param name="Shard">0 to <see cref="CatalogueKey.Shards"/> - 1.</param>
/// <param name="After">Number of the last key known.</param>
/// <param name="Max">1 to 1,000.</param>
/// <param name="Here">True for what that region itself has stored, wherever the home is.</param>
public sealed record ListCall(string Kind, int Shard, long After, int Max, bool Here = false);

/// <summary><see cref="LinkMethod.Record"/>; answered by a <see cref="TopicRecordReply"/>.</summary>
public sealed record RecordCall(string Topic);

/// <summary>A topic's record (empty = it never had an event).</summary>
public sealed record TopicRecordReply(string Topic, byte[] Record);

/// <summary><see cref="LinkMethod.Leave"/>; answered by the <see cref="TermCall"/> known then: the caller's own if it was accepted.</summary>
public sealed record TermCall(string Kind, long Number, string Region, bool Leaving);

/// <summary><see cref="LinkMethod.HandOver"/>: at most 100 topics of one kind; answered by a list of <see cref="TopicRecordReply"/>, which lacks those that did not fit: ask for them again.</summary>
public sealed record HandOverCall(string[] Topics, long Number, string Region);

/// <summary><see cref="LinkMethod.Checkpoint"/>; answered by <see cref="Checkpoint"/>.</summary>
/// <param name="Connector">Its name.</param>
/// <param name="Kind">The kind that it follows.</param>
public sealed record CheckpointCall(string Connector, string Kind);

/// <summary><see cref="LinkMethod.Continued"/>: at most 100 topics of one kind; answered by a list of <see cref="ContinuedReply"/>.</summary>
public sealed record ContinuedCall(string[] Topics);

/// <summary>Where a topic stands at its home, and from which positions it was continued: term to position, as text.</summary>
public sealed record ContinuedReply(string Topic, string Position, Dictionary<string, string> Continued);

/// <summary><see cref="LinkMethod.Read"/>; answered by <see cref="ReadReply"/>.</summary>
public sealed record ReadCall(string Topic, string After, int MaxBytes);

/// <summary>Reply to <see cref="ReadCall"/>.</summary>
/// <param name="IsComplete">True if the frames continue the position without a gap.</param>
/// <param name="Frames">In the encoding of <c>FrameCodec</c>; at least one unless the topic stands at the position.</param>
public sealed record ReadReply(bool IsComplete, byte[] Frames);
