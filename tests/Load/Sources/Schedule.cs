using E2EEvents.Load.Clients;

namespace E2EEvents.Load.Sources;

/// <summary>
/// When updates are due: each topic <c>rate</c> times a second, the topics evenly spread over the interval, or in a burst all at once. An open
/// loop: what could not be made in time is made up for, and keeps the time at which it was due.
/// </summary>
internal sealed class Schedule(int topics, double rate, Clock clock, bool bursts = false)
{
    private readonly double _microsecondsPerUpdate = 1e6 / (rate * topics);
    private long _startedAt;
    private long _made;
    private long _latest;

    /// <summary>Updates made so far, of all topics.</summary>
    public long Made => _made;

    /// <summary>Most that an update was late, µs: above some ms the source itself could not keep up and the run says little.</summary>
    public long LatestMicroseconds => _latest;

    /// <summary>When the next update is due, Unix µs.</summary>
    public long NextDue => _startedAt + (long)((bursts ? _made / topics * topics : _made) * _microsecondsPerUpdate);

    public void Start() => (_startedAt, _made, _latest) = (clock.Now, 0, 0);

    /// <summary>The next update if it is due.</summary>
    /// <param name="topic">Whose.</param>
    /// <param name="dueAt">When, Unix µs.</param>
    public bool TryNext(out int topic, out long dueAt)
    {
        dueAt = NextDue;
        topic = (int)(_made % topics);
        var late = clock.Now - dueAt;
        if (late < 0) return false;
        _latest = Math.Max(_latest, late);
        _made++;
        return true;
    }

    /// <summary>Until the next update is due: at least 1 ms, which is as fine as timers are (what is due by then goes out together), at most 100 ms.</summary>
    public TimeSpan UntilNext()
    {
        var wait = NextDue - clock.Now;
        return TimeSpan.FromMicroseconds(Math.Clamp(wait, 1000, 100_000));
    }
}

/// <summary>What a source says when it has stopped.</summary>
/// <param name="Updates">Updates made.</param>
/// <param name="LatestMs">Most that one was late, ms.</param>
/// <param name="CpuSeconds">CPU of the source if it is a process of its own; 0 = it runs inside the server.</param>
internal sealed record SourceReport(long Updates, double LatestMs, double CpuSeconds);
