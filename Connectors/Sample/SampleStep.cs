using System.Text.Json;
using E2EEvents.Grains.Interfaces.Kinds;

namespace E2EEvents.Connectors.Sample;

/// <summary>One event of the sample feed in its place.</summary>
/// <param name="Place">Where in the schedule.</param>
/// <param name="Offset">When, in time of play since the feed began.</param>
/// <param name="Topic">The topic it is about.</param>
/// <param name="Event">The event, of the event type of the topic's kind.</param>
internal sealed record SampleStep(SamplePlace Place, TimeSpan Offset, TopicKey Topic, object Event)
{
    /// <summary>The record as an origin would hand it out: <c>{"topic":…,"event":{…}}</c>.</summary>
    public byte[] Encode() => Event switch
    {
        MatchEvent e => Encode(e),
        TickerEvent e => Encode(e),
        NewsEvent e => Encode(e),
        Observed e => Encode(e),
        _ => throw new InvalidOperationException($"The sample feed has no events of type {Event.GetType().Name}."),
    };

    private byte[] Encode<TEvent>(TEvent e) => JsonSerializer.SerializeToUtf8Bytes(new Record<TEvent>(Topic.ToString(), e), StateEncoder.StateOptions);

    private sealed record Record<TEvent>(string Topic, TEvent Event);
}

/// <summary>Place of a step in the schedule.</summary>
/// <param name="Round">Number of the round, from 0.</param>
/// <param name="Step">Number of the step in its round, from 0; below 2^20.</param>
internal readonly record struct SamplePlace(long Round, int Step)
{
    /// <summary>Steps a round can have.</summary>
    public const int MaxSteps = 1 << 20;

    /// <summary>A number that rises over the whole schedule.</summary>
    public ulong Ordinal => ((ulong)Round * MaxSteps) + (ulong)Step;
}
