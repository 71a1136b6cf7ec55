using Microsoft.Extensions.Logging;

namespace E2EEvents.Streams;

/// <summary>Everything the streams log; ids 4000 to 4099.</summary>
internal static partial class Log
{
    [LoggerMessage(4001, LogLevel.Warning, "Redis of the streams '{Provider}' cannot be used: {Error} Trying again; nothing can be appended or delivered before it can.")]
    public static partial void ConnectFailed(ILogger logger, string provider, string error);

    [LoggerMessage(4002, LogLevel.Information, "Redis of the streams '{Provider}' is there now.")]
    public static partial void Connected(ILogger logger, string provider);

    [LoggerMessage(4003, LogLevel.Critical, "The streams '{Provider}' are not used: {Error} Mend it and start again.")]
    public static partial void Refused(ILogger logger, string provider, string error);

    [LoggerMessage(4004, LogLevel.Warning, "The streams '{Provider}': Redis at {Server} has appendfsync {Value}; if its machine (not only its process) crashes, up to a second of acknowledged events is lost.")]
    public static partial void WeakFsync(ILogger logger, string provider, string server, string value);

    [LoggerMessage(4005, LogLevel.Warning, "The streams '{Provider}': Redis at {Server} does not tell how durable it is ({Reason}); appendonly yes, appendfsync always and noeviction are taken on trust.")]
    public static partial void TakenOnTrust(ILogger logger, string provider, string server, string reason);

    [LoggerMessage(4010, LogLevel.Warning, "Queue {Queue} of the streams '{Provider}' cannot be read: {Error} Trying again; nothing is lost, its events wait.")]
    public static partial void ReadFailed(ILogger logger, string provider, int queue, string error);

    [LoggerMessage(4011, LogLevel.Information, "Queue {Queue} of the streams '{Provider}' is read again.")]
    public static partial void ReadAgain(ILogger logger, string provider, int queue);

    [LoggerMessage(4012, LogLevel.Warning, "What was delivered of queue {Queue} of the streams '{Provider}' cannot be deleted: {Error} Trying again; if this silo ends before, it is delivered twice.")]
    public static partial void DeleteFailed(ILogger logger, string provider, int queue, string error);

    [LoggerMessage(4013, LogLevel.Warning, "The log of queue {Queue} of the streams '{Provider}' went back behind what was read of it, as after an election that lost entries; it is read from its beginning.")]
    public static partial void LogWentBack(ILogger logger, string provider, int queue);

    [LoggerMessage(4014, LogLevel.Error, "{Count} entries of queue {Queue} of the streams '{Provider}' cannot be delivered, the first because: {Reason} They are handed to whoever keeps such.")]
    public static partial void Undeliverable(ILogger logger, string provider, int queue, int count, string reason);

    [LoggerMessage(4015, LogLevel.Error, "Events of {Stream} in queue {Queue} of the streams '{Provider}' wait, but Orleans found no consumer for them although a grain class subscribes; they stay in the log.")]
    public static partial void Stranded(ILogger logger, string provider, int queue, string stream);

    [LoggerMessage(4020, LogLevel.Warning, "The streams '{Provider}' take no events: {Reason} Producers wait, then fail.")]
    public static partial void Full(ILogger logger, string provider, string reason);

    [LoggerMessage(4021, LogLevel.Information, "The streams '{Provider}' take events again.")]
    public static partial void NotFull(ILogger logger, string provider);
}
