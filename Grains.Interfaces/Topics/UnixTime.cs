namespace E2EEvents.Grains.Interfaces.Topics;

/// <summary>Times as frames and events carry them: Unix µs.</summary>
public static class UnixTime
{
    /// <summary>Now.</summary>
    public static long UnixMicroseconds(this TimeProvider time) => time.GetUtcNow().UnixMicroseconds();

    /// <summary>A point in time.</summary>
    public static long UnixMicroseconds(this DateTimeOffset point) => (point.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond;
}
