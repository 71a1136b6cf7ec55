using Microsoft.Extensions.Logging;

namespace E2EEvents.Connectors;

/// <summary>All log lines of the connectors. No line holds a connection string or a record's content.</summary>
internal static partial class Log
{
    [LoggerMessage(2000, LogLevel.Information, "Connector {Connector} ({Type}) starts after {Checkpoint}.")]
    public static partial void Starting(ILogger logger, string connector, string type, string checkpoint);

    [LoggerMessage(2001, LogLevel.Warning, "Connector {Connector} lost its origin ({Failures} failures in a row); reading on from the last record in {PauseMs:0} ms.")]
    public static partial void ReadingFailed(ILogger logger, string connector, int failures, double pauseMs, Exception failure);

    [LoggerMessage(2002, LogLevel.Information, "Connector {Connector} reads.")]
    public static partial void Reading(ILogger logger, string connector);

    [LoggerMessage(2003, LogLevel.Warning, "Connector {Connector}: {Operation} failed ({Failures} times in a row, {Reason}); trying again.")]
    public static partial void CallFailed(ILogger logger, string connector, string operation, int failures, string reason);

    [LoggerMessage(2004, LogLevel.Warning, "Connector {Connector}: {Topic} did not settle {Events} events within {Seconds:0.#} s; publishing them again in {PauseMs:0} ms.")]
    public static partial void NotSettled(ILogger logger, string connector, TopicKey topic, int events, double seconds, double pauseMs);

    [LoggerMessage(2005, LogLevel.Debug, "Connector {Connector}: asking {Topic} what is settled failed; asking again.")]
    public static partial void AskingFailed(ILogger logger, string connector, TopicKey topic, Exception failure);

    [LoggerMessage(2006, LogLevel.Warning, "Connector {Connector}: a record of {Source} cannot be mapped and goes to the dead letters of {Kind}: {Reason}")]
    public static partial void Unmapped(ILogger logger, string connector, string source, string kind, string reason);

    [LoggerMessage(2007, LogLevel.Information, "Connector {Connector} stands by: {Holder} runs it; it takes over when that one gives the lease back or no longer renews it.")]
    public static partial void StandingBy(ILogger logger, string connector, string holder);

    [LoggerMessage(2008, LogLevel.Warning, "Connector {Connector}: the origin was not told that records are safe; the next time covers it.")]
    public static partial void AcknowledgeFailed(ILogger logger, string connector, Exception failure);

    [LoggerMessage(2009, LogLevel.Information, "Connector {Connector} stopped; the checkpoint covers {Covered}.")]
    public static partial void Stopped(ILogger logger, string connector, string covered);

    [LoggerMessage(2010, LogLevel.Error, "Connector {Connector} failed by a bug; it starts again from its checkpoint in {PauseMs:0} ms.")]
    public static partial void Broken(ILogger logger, string connector, double pauseMs, Exception failure);

    [LoggerMessage(2011, LogLevel.Warning, "No connectors are configured (section Connectors): nothing will be read.")]
    public static partial void NoConnectors(ILogger logger);

    [LoggerMessage(2012, LogLevel.Warning, "Connector {Connector} stops with {Events} events in flight after waiting {Seconds:0.#} s; the next start reads them again.")]
    public static partial void DrainTimedOut(ILogger logger, string connector, int events, double seconds);

    [LoggerMessage(2013, LogLevel.Information, "Connector {Connector} is {Phase}; it reads nothing here.")]
    public static partial void FollowsHome(ILogger logger, string connector, string phase);

    [LoggerMessage(2014, LogLevel.Warning, "Connector {Connector} holds events of {Kind} back: its home is region {Home}, not this one. Run the connector there, or set Follows; nothing is lost meanwhile.")]
    public static partial void HeldBack(ILogger logger, string connector, string kind, string home);

    [LoggerMessage(2015, LogLevel.Information, "Connector {Connector} has lease {Lease} after {Seconds:0.0} s.")]
    public static partial void LeaseAcquired(ILogger logger, string connector, long lease, double seconds);

    [LoggerMessage(2016, LogLevel.Warning, "Connector {Connector} lost lease {Lease}: {Why}. It publishes and stores nothing more, and asks for the lease again.")]
    public static partial void LeaseOver(ILogger logger, string connector, long lease, string why);

    [LoggerMessage(2050, LogLevel.Information, "Connector {Connector} reads Redis streams {Positions}.")]
    public static partial void RedisReading(ILogger logger, string connector, string positions);

    [LoggerMessage(2051, LogLevel.Warning, "Connector {Connector}: Redis stream {Stream} is not the one read before ({Found}, read up to {Read}); reading it from {From} as incarnation {Incarnation}.")]
    public static partial void RedisStreamReset(ILogger logger, string connector, string stream, string found, string read, string from, long incarnation);

    [LoggerMessage(2052, LogLevel.Warning, "Connector {Connector}: up to {Entries} entries of Redis stream {Stream} were trimmed or deleted before they were read; they are lost, reading goes on after {Read}.")]
    public static partial void RedisEntriesLost(ILogger logger, string connector, string stream, long entries, string read);

    [LoggerMessage(2053, LogLevel.Warning, "Connector {Connector} listens to Redis pub/sub ({Subscriptions}): delivery is at most once; what is sent while it is not connected is lost. Use streams to lose nothing.")]
    public static partial void RedisAtMostOnce(ILogger logger, string connector, string subscriptions);

    [LoggerMessage(2054, LogLevel.Warning, "Connector {Connector} listens to Redis pub/sub again; what was sent in between is lost.")]
    public static partial void RedisListeningAgain(ILogger logger, string connector);

    [LoggerMessage(2055, LogLevel.Warning, "Connector {Connector} cannot keep up with Redis pub/sub; {Messages} messages so far were dropped.")]
    public static partial void RedisOverflow(ILogger logger, string connector, long messages);
}
