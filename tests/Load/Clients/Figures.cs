using HdrHistogram;

namespace E2EEvents.Load.Clients;

/// <summary>What one loop counted. Owned by its thread; others read it through <see cref="ClientLoop.InvokeAsync"/>.</summary>
internal sealed class Figures
{
    private const long LongestMicroseconds = 300_000_000;

    private readonly long[] _verdicts = new long[Enum.GetValues<Verdict>().Length];

    /// <summary>Deliveries while measuring.</summary>
    public long Deliveries { get; private set; }

    /// <summary>Bytes received while measuring, with framing.</summary>
    public long Bytes { get; set; }

    /// <summary>Answered requests while measuring, with or without news (polling transports).</summary>
    public long Answers { get; set; }

    /// <summary>Commit at home to arrival, µs.</summary>
    public LongHistogram FromHome { get; } = new(LongestMicroseconds, 3);

    /// <summary>From when the source meant to write it to arrival, µs: what a stalled source or silo cannot hide.</summary>
    public LongHistogram FromOrigin { get; } = new(LongestMicroseconds, 3);

    /// <summary>Connect to first state of all topics, µs.</summary>
    public LongHistogram FirstState { get; } = new(LongestMicroseconds, 3);

    /// <summary>Connections that are over, by reason.</summary>
    public Dictionary<string, int> Losses { get; } = [];

    public long Malformed { get; set; }

    public long CountOf(Verdict verdict) => _verdicts[(int)verdict];

    public void Judged(Verdict verdict) => _verdicts[(int)verdict]++;

    /// <param name="homeTime">Unix µs.</param>
    /// <param name="originTime">Unix µs, 0 = not known.</param>
    /// <param name="now">Unix µs.</param>
    public void Delivered(long homeTime, long originTime, long now)
    {
        Deliveries++;
        FromHome.RecordValue(Math.Clamp(now - homeTime, 0, LongestMicroseconds));
        if (originTime != 0) FromOrigin.RecordValue(Math.Clamp(now - originTime, 0, LongestMicroseconds));
    }

    public void Joined(double microseconds) => FirstState.RecordValue((long)Math.Clamp(microseconds, 0, LongestMicroseconds));

    public void Lost(string reason) => Losses[reason] = Losses.GetValueOrDefault(reason) + 1;

    /// <summary>Begins a new measuring window; verdicts and losses stay, they count for the whole run.</summary>
    public void Reset()
    {
        (Deliveries, Bytes, Answers) = (0, 0, 0);
        FromHome.Reset();
        FromOrigin.Reset();
    }

    public void Add(Figures other)
    {
        Deliveries += other.Deliveries;
        Bytes += other.Bytes;
        Answers += other.Answers;
        Malformed += other.Malformed;
        FromHome.Add(other.FromHome);
        FromOrigin.Add(other.FromOrigin);
        FirstState.Add(other.FirstState);
        foreach (var (reason, count) in other.Losses) Losses[reason] = Losses.GetValueOrDefault(reason) + count;
        for (var i = 0; i < _verdicts.Length; i++) _verdicts[i] += other._verdicts[i];
    }

    /// <param name="seconds">Length of the window.</param>
    public FiguresWire ToWire(double seconds) => new()
    {
        Seconds = seconds,
        Deliveries = Deliveries,
        Bytes = Bytes,
        Answers = Answers,
        Malformed = Malformed,
        Verdicts = [.. _verdicts],
        Losses = new Dictionary<string, int>(Losses),
        FromHome = FiguresWire.Pairs(FromHome),
        FromOrigin = FiguresWire.Pairs(FromOrigin),
        FirstState = FiguresWire.Pairs(FirstState),
    };

    /// <summary>Adds those of another process.</summary>
    public void Add(FiguresWire other)
    {
        Deliveries += other.Deliveries;
        Bytes += other.Bytes;
        Answers += other.Answers;
        Malformed += other.Malformed;
        for (var i = 0; i < _verdicts.Length; i++) _verdicts[i] += other.Verdicts[i];
        foreach (var (reason, count) in other.Losses) Losses[reason] = Losses.GetValueOrDefault(reason) + count;
        FiguresWire.Add(FromHome, other.FromHome);
        FiguresWire.Add(FromOrigin, other.FromOrigin);
        FiguresWire.Add(FirstState, other.FirstState);
    }
}
