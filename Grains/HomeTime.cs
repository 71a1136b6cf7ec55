namespace E2EEvents.Grains;

/// <summary>Home's clock as frames and watermarks carry it.</summary>
internal static class HomeTime
{
    /// <summary>Now, in Unix µs.</summary>
    public static long NowMicros(this TimeProvider time) => (time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    /// <summary>A span in µs.</summary>
    public static long Micros(this TimeSpan span) => span.Ticks / TimeSpan.TicksPerMicrosecond;
}
