namespace E2EEvents.Connectors;

/// <summary>Times as the wire has them: Unix µs.</summary>
internal static class UnixTime
{
    /// <summary>Now.</summary>
    public static long UnixMicroseconds(this TimeProvider time) => time.GetUtcNow().UnixMicroseconds();

    /// <summary>A point in time.</summary>
    public static long UnixMicroseconds(this DateTimeOffset point) => (point.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond;
}
