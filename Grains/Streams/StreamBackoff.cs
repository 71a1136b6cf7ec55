using Orleans.Runtime.Providers;

namespace E2EEvents.Streams;

/// <summary>Waits of the pulling agents after a failure: doubling between two limits, with jitter. For delivering and for reading; memory streams take it too.</summary>
internal sealed class StreamBackoff(TimeSpan first, TimeSpan longest) : IMessageDeliveryBackoffProvider, IQueueReaderBackoffProvider
{
    public TimeSpan Next(int attempt)
    {
        var limit = Math.Min(longest.Ticks, first.Ticks * Math.Pow(2, Math.Min(attempt, 30)));
        return TimeSpan.FromTicks((long)(limit * (0.5 + (Random.Shared.NextDouble() / 2))));
    }
}
