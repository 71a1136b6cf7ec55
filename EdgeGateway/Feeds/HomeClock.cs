using E2EEvents.Grains.Interfaces.Regions;

namespace E2EEvents.EdgeGateway.Feeds;

/// <summary>A home region's watermark and clock, as one silo of this region tells them. Free-threaded.</summary>
internal sealed class HomeClock(string home, TimeProvider time)
{
    private readonly ClockOffset _offset = new(time);
    private long _freshAt;

    public string Home { get; } = home;

    /// <summary>On home's clock, Unix µs: everything committed there before is in the channels of what is followed at this silo. 0 = not known.</summary>
    public long FreshAt => Volatile.Read(ref _freshAt);

    /// <summary>Estimate of home's clock now, Unix µs: what ages and hop stamps are measured by.</summary>
    public long Now => time.UnixMicroseconds() + _offset.Microseconds;

    public void Take(Watermark watermark)
    {
        SetNow(watermark.HomeNow);
        if (watermark.FreshAt > FreshAt) Volatile.Write(ref _freshAt, watermark.FreshAt);
    }

    /// <summary>Learns home's clock from an answer that took no time worth counting.</summary>
    public void SetNow(long homeNow)
    {
        if (homeNow != 0) _offset.Sample(homeNow);
    }
}
