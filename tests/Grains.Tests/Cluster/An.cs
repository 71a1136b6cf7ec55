using System.Text;

namespace E2EEvents.Grains.Tests.Cluster;

/// <summary>Builds events.</summary>
internal static class An
{
    public const string Source = "test/1";

    /// <summary>An addition with a sequence.</summary>
    public static SourcedEvent Addition(TopicKey topic, long by, ulong sequence, string source = Source, long incarnation = 1, string? note = null) =>
        Event(topic, note is null ? $$"""{"by":{{by}}}""" : $$"""{"by":{{by}},"note":"{{note}}"}""", Seq(sequence, incarnation), source);

    /// <summary>Any data with a sequence.</summary>
    public static SourcedEvent Event(TopicKey topic, string json, Sequence sequence, string source = Source) =>
        new(topic, Encoding.UTF8.GetBytes(json), source, sequence, null, OriginTime: 0);

    /// <summary>An addition with an event id.</summary>
    public static SourcedEvent Identified(TopicKey topic, long by, string id, string source = "hook/1") =>
        new(topic, Encoding.UTF8.GetBytes($$"""{"by":{{by}}}"""), source, null, id, OriginTime: 0);

    public static Sequence Seq(ulong sequence, long incarnation = 1) => new(incarnation, Sequence.OrdinalOf(sequence));
}
