using E2EEvents.EdgeGateway.Fanout;
using Microsoft.Extensions.Logging;

namespace E2EEvents.EdgeGateway;

/// <summary>All log lines of the gateway: what happened and what is done next. Ids 3000-3999.</summary>
internal static partial class Log
{
    [LoggerMessage(3001, LogLevel.Information, "A {Transport} client with {Topics} topics did not take its frames; closing it, it can resume from its last position.")]
    public static partial void SlowConsumer(ILogger logger, string transport, int topics);

    [LoggerMessage(3002, LogLevel.Error, "Delivery work {Kind} failed; the connections it served are cut and will resume from their positions.")]
    public static partial void WorkFailed(ILogger logger, WorkKind kind, Exception exception);

    [LoggerMessage(3003, LogLevel.Warning, "Pulling the feed of silo {Silo} failed ({Reason}); following its topics anew and trying again in {Delay}.")]
    public static partial void PullFailed(ILogger logger, string silo, string reason, TimeSpan delay);

    [LoggerMessage(3004, LogLevel.Information, "The feed of silo {Silo} is another one than before; following its {Topics} topics anew.")]
    public static partial void FeedRenewed(ILogger logger, string silo, int topics);

    [LoggerMessage(3005, LogLevel.Warning, "Following {Topic} failed ({Reason}); trying again in {Delay}.")]
    public static partial void FollowFailed(ILogger logger, string topic, string reason, TimeSpan delay);

    [LoggerMessage(3006, LogLevel.Warning, "{Topic} is missing offsets after {Have}, next came {Got}; reading it again from {Have}.")]
    public static partial void FeedGap(ILogger logger, string topic, Position have, Position got);

    [LoggerMessage(3007, LogLevel.Warning, "No fresh word on {Topics} topics for {Age}; their clients are told that they are stale.")]
    public static partial void WentStale(ILogger logger, int topics, TimeSpan age);

    [LoggerMessage(3008, LogLevel.Information, "{Topics} topics are fresh again; their clients are told.")]
    public static partial void BecameFresh(ILogger logger, int topics);

    [LoggerMessage(3009, LogLevel.Information, "Gateway {Name} serves at {Urls}.")]
    public static partial void Serving(ILogger logger, string name, string urls);

    [LoggerMessage(3010, LogLevel.Information, "Stopping: {Connections} streams are closed over {Window}; clients resume elsewhere.")]
    public static partial void Draining(ILogger logger, long connections, TimeSpan window);

    [LoggerMessage(3011, LogLevel.Warning, "Loading the topic kinds failed ({Reason}); trying again in {Delay}.")]
    public static partial void KindsFailed(ILogger logger, string reason, TimeSpan delay);

    [LoggerMessage(3012, LogLevel.Information, "Serving {Count} topic kinds: {Kinds}.")]
    public static partial void KindsLoaded(ILogger logger, int count, string kinds);

    [LoggerMessage(3013, LogLevel.Error, "Request {Path} failed; the client gets a 500 without details.")]
    public static partial void RequestFailed(ILogger logger, string path, Exception exception);

    [LoggerMessage(3014, LogLevel.Error, "A batch of frames from silo {Silo} cannot be read ({Reason}); following its topics anew.")]
    public static partial void BrokenBatch(ILogger logger, string silo, string reason);

    [LoggerMessage(3015, LogLevel.Error, "Writing to a {Transport} client failed as no transport should; cutting it, it can resume from its last position.")]
    public static partial void WriteFailed(ILogger logger, string transport, Exception exception);

    [LoggerMessage(3016, LogLevel.Error, "Cutting a {Transport} client failed; it is dropped from delivery all the same.")]
    public static partial void AbortFailed(ILogger logger, string transport, Exception exception);

    [LoggerMessage(3024, LogLevel.Warning, "{Count} connections that did not take their bytes are cut, the slowest first, because all together held more than Gateway:Fanout:MaxHeldBytes ({Held} bytes are held now); they can resume from their last positions.")]
    public static partial void Shed(ILogger logger, int count, long held);

    [LoggerMessage(3017, LogLevel.Error, "Reading from a client's socket failed as it never should; the connection is dropped, its client can resume from its last position.")]
    public static partial void ReadFailed(ILogger logger, Exception exception);

    [LoggerMessage(3018, LogLevel.Error, "Joining {Topic} failed; the stream is closed, its client can resume from its last position.")]
    public static partial void JoinFailed(ILogger logger, string topic, Exception exception);

    [LoggerMessage(3019, LogLevel.Error, "Taking a connection over failed; it goes to the web server like any other.")]
    public static partial void TakeOverFailed(ILogger logger, Exception exception);

    [LoggerMessage(3023, LogLevel.Warning, "No connection can be accepted ({Reason}); trying again in {Delay}. Raise the limit of open files or lower Gateway:MaxConnections.")]
    public static partial void AcceptFailed(ILogger logger, string reason, TimeSpan delay);

    [LoggerMessage(3025, LogLevel.Error, "Encoding an update of {Topic} ahead failed; it is announced all the same, and encoded when it is sent.")]
    public static partial void PreparingFailed(ILogger logger, string topic, Exception exception);

    [LoggerMessage(3020, LogLevel.Information, "Region {Region} (silo {Silo}, {Address}) follows topics over a link.")]
    public static partial void LinkOpened(ILogger logger, string region, string silo, System.Net.IPAddress? address);

    [LoggerMessage(3021, LogLevel.Information, "The link of region {Region} (silo {Silo}) is over: {Reason}. It dials again.")]
    public static partial void LinkClosed(ILogger logger, string region, string silo, string reason);

    [LoggerMessage(3022, LogLevel.Warning, "A peer at {Address} was refused on the link port: {Reason}. Said once a minute however often it tries.")]
    public static partial void LinkPeerRefused(ILogger logger, System.Net.IPAddress? address, string reason);
}
