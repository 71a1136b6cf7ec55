using E2EEvents.Grains.Interfaces.Regions;
using E2EEvents.Grains.Region;
using Microsoft.Extensions.Time.Testing;

namespace E2EEvents.Grains.Tests.Region;

/// <summary>Home's clock as another region estimates it, with a clock of its own that is wrong.</summary>
public sealed class HomeFreshnessTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly FakeTimeProvider _here = new(Start);
    private readonly HomeFreshness _home;

    public HomeFreshnessTests() => _home = new HomeFreshness("home", _here);

    /// <summary>Home's true clock: this region's is ten minutes slow.</summary>
    private long HomeTime => _here.UnixMicroseconds() + 600_000_000;

    [Fact]
    public void HomeNow_ClocksThatDifferByMinutes_IsRightWithinHalfTheQuickestPing()
    {
        foreach (var (there, back) in ((int, int)[])[(40, 200), (41, 43), (150, 40)]) Ping(there, back);
        Assert.InRange(_home.HomeNow - HomeTime, -1_000, 1_000); // the second ping: 2 ms uneven
    }

    [Fact]
    public void HomeNow_HomesClockIsSet_FollowsAfterTenSeconds()
    {
        Ping(40, 40);
        _here.Advance(TimeSpan.FromSeconds(11));
        var set = HomeTime - 5_000_000; // five seconds back
        _home.TakePong(set, 80_000);
        Assert.Equal(set + 40_000, _home.HomeNow);
    }

    [Fact]
    public void Raise_LowerWatermark_ChangesNothing()
    {
        Assert.True(_home.Raise(10));
        Assert.False(_home.Raise(9));
        Assert.False(_home.Raise(10));
        Assert.Equal(10, _home.FreshAt);
    }

    [Fact]
    public void ClockOffset_SamplesThatArriveLate_BelievesTheQuickest()
    {
        var offset = new ClockOffset(_here);
        foreach (var late in (int[])[30, 2, 500, 8]) Late(offset, late);
        Assert.Equal(600_000_000 - 2_000, offset.Microseconds);
    }

    [Fact]
    public void ClockOffset_OtherClockSetBack_FollowsWithinTwentySeconds()
    {
        var offset = new ClockOffset(_here);
        Late(offset, 2);
        for (var i = 0; i < 21; i++)
        {
            _here.Advance(TimeSpan.FromSeconds(1));
            offset.Sample(HomeTime - 5_000_000);
        }

        Assert.Equal(595_000_000, offset.Microseconds);
    }

    private void Late(ClockOffset offset, int milliseconds)
    {
        var sent = HomeTime;
        _here.Advance(TimeSpan.FromMilliseconds(milliseconds));
        offset.Sample(sent);
    }

    private void Ping(int there, int back)
    {
        _here.Advance(TimeSpan.FromMilliseconds(there));
        var answered = HomeTime;
        _here.Advance(TimeSpan.FromMilliseconds(back));
        _home.TakePong(answered, (there + back) * 1000);
    }
}
