using System.Globalization;
using System.Linq;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using StackExchange.Redis;

namespace E2EEvents.Streams;

/// <summary>Healthy while Redis answers, no log is full and Redis has more than 2 % of its memory left. Looks for itself each time, so it is green again as soon as that is so.</summary>
internal sealed class StreamsHealthCheck(StreamsAdapter adapter) : IHealthCheck
{
    /// <summary>Part of its memory at which Redis counts as full: what it refuses depends on moments, so a look may find a little left.</summary>
    private const double NearlyAll = 0.98;

    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(2);

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var parts = adapter.Parts;
        if (parts.Redis.Multiplexer is not { } redis) return HealthCheckResult.Unhealthy(parts.Redis.Problem);
        try
        {
            var lengths = await Task.WhenAll(adapter.Logs.Select(log => log.LengthAsync(cancellationToken))).WaitAsync(Longest, parts.Time, cancellationToken).ConfigureAwait(false);
            for (var i = 0; i < lengths.Length; i++)
            {
                if (lengths[i] >= parts.Options.MaxEntries) return HealthCheckResult.Unhealthy($"queue {i} is full: {lengths[i]} entries wait");
            }

            foreach (var server in redis.GetServers())
            {
                if (server is { IsConnected: true, IsReplica: false } && await IsOutOfMemoryAsync(server).WaitAsync(Longest, parts.Time, cancellationToken).ConfigureAwait(false))
                {
                    return HealthCheckResult.Unhealthy($"Redis at {server.EndPoint} is out of memory; nothing can be appended");
                }
            }

            return adapter.Appender.Problem is { } problem
                ? HealthCheckResult.Unhealthy($"the last append failed: {problem}")
                : HealthCheckResult.Healthy($"{lengths.Sum()} entries wait");
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            return HealthCheckResult.Unhealthy($"Redis does not answer: {e.Message}");
        }
    }

    private static async Task<bool> IsOutOfMemoryAsync(IServer server)
    {
        long used = 0, max = 0;
        foreach (var section in await server.InfoAsync("memory").ConfigureAwait(false))
        {
            foreach (var (name, value) in section)
            {
                if (name == "used_memory") used = long.Parse(value, CultureInfo.InvariantCulture);
                else if (name == "maxmemory") max = long.Parse(value, CultureInfo.InvariantCulture);
            }
        }

        return max > 0 && used >= max * NearlyAll;
    }
}
