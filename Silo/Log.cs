using Microsoft.Extensions.Logging;

namespace E2EEvents.Silo;

/// <summary>What the composition of a silo logs; ids 1900 to 1999.</summary>
internal static partial class Log
{
    [LoggerMessage(1901, LogLevel.Warning, "Redis at {Server} does not tell how durable it is ({Reason}); Topics:DurableStorage is taken on trust.")]
    public static partial void DurabilityUnknown(ILogger logger, string server, string reason);

    [LoggerMessage(1902, LogLevel.Warning, "Stopping took longer than {Longest}; the process ends now. Other silos will take its topics over.")]
    public static partial void StopTookTooLong(ILogger logger, TimeSpan longest);
}
