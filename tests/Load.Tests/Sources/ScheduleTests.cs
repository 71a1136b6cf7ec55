using E2EEvents.Load.Clients;
using E2EEvents.Load.Sources;
using Microsoft.Extensions.Time.Testing;

namespace E2EEvents.Load.Tests.Sources;

public sealed class ScheduleTests
{
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UnixEpoch.AddSeconds(1));

    [Fact]
    public void TryNext_Spread_SpreadsTheTopicsOverTheInterval()
    {
        var schedule = Started(bursts: false);
        _time.Advance(TimeSpan.FromMilliseconds(100));
        Assert.Equal([0, 25_000, 50_000, 75_000, 100_000], Due(schedule));
    }

    [Fact]
    public void TryNext_Bursts_AllTopicsAreDueAtOnce()
    {
        var schedule = Started(bursts: true);
        _time.Advance(TimeSpan.FromMilliseconds(150));
        Assert.Equal([0, 0, 0, 0, 100_000, 100_000, 100_000, 100_000], Due(schedule));
    }

    [Fact]
    public void TryNext_SourceWasHeldUp_KeepsTheTimesAtWhichUpdatesWereDue()
    {
        var schedule = Started(bursts: false);
        _time.Advance(TimeSpan.FromSeconds(1));
        var due = Due(schedule);
        Assert.Equal(41, due.Count);
        Assert.Equal(1_000_000, due[^1]);
        Assert.Equal(1_000_000, schedule.LatestMicroseconds);
    }

    /// <summary>Four topics, ten times a second.</summary>
    private Schedule Started(bool bursts)
    {
        var schedule = new Schedule(4, 10, new Clock(_time), bursts);
        schedule.Start();
        return schedule;
    }

    private static List<long> Due(Schedule schedule)
    {
        var due = new List<long>();
        while (schedule.TryNext(out _, out var at)) due.Add(at - 1_000_000);
        return due;
    }
}
