using System.Linq;

namespace E2EEvents.Connectors.Sample;

/// <summary>Collects what happens in one round, in any order, and puts it in order.</summary>
/// <param name="seed">Seed of the feed.</param>
/// <param name="number">Number of the round.</param>
/// <param name="start">Start of the round in time of play since the feed began.</param>
/// <param name="length">Time of play until the next round.</param>
/// <param name="feedStart">When the feed began.</param>
internal sealed class RoundScript(ulong seed, long number, TimeSpan start, TimeSpan length, DateTimeOffset feedStart)
{
    private readonly List<(TimeSpan Offset, TopicKey Topic, object Event)> _steps = [];

    public ulong Seed => seed;

    public long Number => number;

    public TimeSpan Start => start;

    public TimeSpan Length => length;

    /// <summary>Random numbers of this round for one purpose, independent of what others draw.</summary>
    public SampleRandom Random(string purpose) => new(SampleRandom.Seed(seed, purpose, number));

    /// <summary>
    /// The time that an event tells of itself. It runs with the wall clock at the default speed, whatever the speed is: so times are plausible, and a
    /// feed that begins anew is never older than one before it.
    /// </summary>
    public DateTimeOffset Stamp(TimeSpan offset)
    {
        var since = (start + offset) / SampleFeed.NominalSpeed;
        return feedStart + TimeSpan.FromMilliseconds(since.Ticks / TimeSpan.TicksPerMillisecond);
    }

    /// <summary>Plans an event. Events of the same offset stay in the order in which they were planned.</summary>
    public void Add(TimeSpan offset, TopicKey topic, object e)
    {
        if (offset < TimeSpan.Zero || offset >= length) throw new InvalidOperationException($"{topic} has an event at {offset}, outside of round {number} of {length}.");
        _steps.Add((offset, topic, e));
    }

    /// <summary>The round in order.</summary>
    public SampleStep[] Finish()
    {
        if (_steps.Count > SamplePlace.MaxSteps) throw new InvalidOperationException($"Round {number} has {_steps.Count} steps, more than {SamplePlace.MaxSteps}.");
        return _steps
            .OrderBy(step => step.Offset) // stable
            .Select((step, index) => new SampleStep(new SamplePlace(number, index), start + step.Offset, step.Topic, step.Event))
            .ToArray();
    }
}
