using Microsoft.Extensions.Hosting;

namespace E2EEvents.EdgeGateway;

/// <summary>
/// Gives memory back to the system after many clients came or left. The collector itself waits for the next allocations to look, and a gateway
/// whose clients only listen hardly makes any. A heap so large that the pause would be felt is somebody else's (a silo's, in one process) and left alone.
/// </summary>
internal sealed class MemoryTrim(GatewayMetrics metrics, TimeProvider time) : BackgroundService
{
    private const long LargestHeapBytes = 256 << 20;

    public static readonly TimeSpan Period = TimeSpan.FromSeconds(2);

    private readonly TrimRule _rule = new(leastBetween: 30);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false))
        {
            if (_rule.IsTime(metrics.OpenStreams) && GC.GetTotalMemory(forceFullCollection: false) <= LargestHeapBytes) GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        }
    }
}

/// <summary>When it is worth the pause: the number of streams has changed by much since the last time, and has stopped changing.</summary>
/// <param name="leastBetween">Looks from one time to the next at least: clients come and go as they like, and everybody feels the pause.</param>
internal sealed class TrimRule(int leastBetween)
{
    private const int LeastChange = 1000;
    private const int Calm = 100;

    private long _before;
    private long _atLastTrim;
    private int _waits; // looks until the next may be

    /// <param name="streams">Open now. To be asked once in <see cref="MemoryTrim.Period"/>.</param>
    public bool IsTime(long streams)
    {
        var isCalm = Math.Abs(streams - _before) < Calm;
        _before = streams;
        if (_waits > 0) _waits--;
        if (_waits > 0 || !isCalm || Math.Abs(streams - _atLastTrim) < Math.Max(LeastChange, Math.Max(streams, _atLastTrim) / 4)) return false;
        (_atLastTrim, _waits) = (streams, leastBetween);
        return true;
    }
}
