using HdrHistogram;

namespace E2EEvents.Load.Clients;

/// <summary><see cref="Clients.Figures"/> as a client process tells them to the driver. Histograms are pairs of µs and count, which add up without loss.</summary>
internal sealed record FiguresWire
{
    /// <summary>Length of the window.</summary>
    public required double Seconds { get; init; }

    public required long Deliveries { get; init; }

    public required long Bytes { get; init; }

    public required long Answers { get; init; }

    public required long Malformed { get; init; }

    /// <summary>By <see cref="Verdict"/>.</summary>
    public required long[] Verdicts { get; init; }

    public required Dictionary<string, int> Losses { get; init; }

    public required long[][] FromHome { get; init; }

    public required long[][] FromOrigin { get; init; }

    public required long[][] FirstState { get; init; }

    public static long[][] Pairs(LongHistogram histogram)
    {
        var pairs = new List<long[]>();
        foreach (var value in histogram.RecordedValues()) pairs.Add([value.ValueIteratedTo, value.CountAddedInThisIterationStep]);
        return [.. pairs];
    }

    public static void Add(LongHistogram histogram, long[][] pairs)
    {
        foreach (var pair in pairs) histogram.RecordValueWithCount(Math.Min(pair[0], histogram.HighestTrackableValue), pair[1]);
    }
}
