namespace E2EEvents.Load.Clients;

/// <summary>The machine's clock as envelopes carry it, and a stopwatch.</summary>
internal sealed class Clock(TimeProvider time)
{
    public TimeProvider Time { get; } = time;

    /// <summary>Unix µs.</summary>
    public long Now => (Time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    public long Timestamp => Time.GetTimestamp();

    public double MicrosecondsSince(long timestamp) => Time.GetElapsedTime(timestamp).TotalMicroseconds;

    public Task DelayAsync(TimeSpan delay, CancellationToken cancellationToken) => Task.Delay(delay, Time, cancellationToken);
}
