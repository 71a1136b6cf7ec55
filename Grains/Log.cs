using Microsoft.Extensions.Logging;

namespace E2EEvents.Grains;

/// <summary>Everything the grains log; ids 1000 to 1999.</summary>
internal static partial class Log
{
    [LoggerMessage(1001, LogLevel.Warning, "Topic {Topic} could not be stored; it starts anew from what is stored, and the stream delivers again what was lost here.")]
    public static partial void WriteFailed(ILogger logger, string topic, Exception exception);

    [LoggerMessage(1002, LogLevel.Warning, "{Topic}: {Count} events were not applied and are put aside as dead letters; the first, of {Source}: {Reason}")]
    public static partial void DeadLettered(ILogger logger, string topic, int count, string source, string reason);

    [LoggerMessage(1003, LogLevel.Warning, "Topic {Topic} could not be added to the catalogue (try {Tries}); trying again in {Delay}. The topic works all the same.")]
    public static partial void CatalogueFailed(ILogger logger, string topic, int tries, TimeSpan delay, Exception exception);

    [LoggerMessage(1004, LogLevel.Error, "Topic {Topic} cannot be read from storage; it answers nothing until that is mended, and its stored record stays as it is.")]
    public static partial void UnreadableTopic(ILogger logger, string topic, Exception exception);

    [LoggerMessage(1005, LogLevel.Information, "The feed of gateway {Gateway} was not pulled for {Silence}; it ends, and with it {Follows} follows.")]
    public static partial void FeedEnded(ILogger logger, string gateway, TimeSpan silence, int follows);

    [LoggerMessage(1006, LogLevel.Warning, "Gateway {Gateway} acknowledged answer {Ack} of its feed, which has only got to {Number}; the feed ends, and the gateway follows anew.")]
    public static partial void FeedAckedUnknown(ILogger logger, string gateway, long ack, long number);

    [LoggerMessage(1009, LogLevel.Error, "The storage lost writes of {Topic}: a gateway has shown {Shown}, and only {Stored} is stored. The topic goes on from there in a new epoch, and clients are told; see docs/epochs.md.")]
    public static partial void StorageWentBack(ILogger logger, string topic, Position shown, Position stored);

    [LoggerMessage(1011, LogLevel.Warning, "The database took no write of {Topics} topics: {Error} They start anew from what is stored, streams deliver again, and it is tried until it does; said at most every 10 s.")]
    public static partial void StorageFailed(ILogger logger, int topics, string error);

    [LoggerMessage(1012, LogLevel.Information, "The database takes writes again, {Silence} after the last one.")]
    public static partial void StorageCured(ILogger logger, TimeSpan silence);

    [LoggerMessage(1013, LogLevel.Warning, "The database cannot be reached ({Error}); trying again before the silo starts.")]
    public static partial void DatabaseAway(ILogger logger, string error);

    [LoggerMessage(1014, LogLevel.Warning, "The database does not tell how durable it is ({Reason}); Topics:DurableStorage is taken on trust.")]
    public static partial void DurabilityOnTrust(ILogger logger, string reason);

    [LoggerMessage(1020, LogLevel.Information, "The link to region {Region} is up ({Address}); it carries {Topics} topics.")]
    public static partial void LinkUp(ILogger logger, string region, string address, int topics);

    [LoggerMessage(1021, LogLevel.Warning, "The link to region {Region} ({Address}) is down: {Error}. Its topics are served as they are, stale after a while; dialling again until it is up.")]
    public static partial void LinkDown(ILogger logger, string region, string address, string error);

    [LoggerMessage(1022, LogLevel.Warning, "Region {Region} refuses to send {Topic}: {Reason}. Readers of it wait; asked again every few seconds, this is said once.")]
    public static partial void LinkRefused(ILogger logger, string region, string topic, string reason);

    [LoggerMessage(1023, LogLevel.Information, "The replica of {Topic} goes on at {Position} with changes missing, which the history of {Region} no longer had; readers are told.")]
    public static partial void ReplicaHole(ILogger logger, string topic, string position, string region);

    [LoggerMessage(1024, LogLevel.Debug, "Telling how the links are, or exchanging terms, failed ({Error}); done again in a second.")]
    public static partial void LinkNewsFailed(ILogger logger, string error);

    [LoggerMessage(1025, LogLevel.Error, "Region {Region} is to be followed but takes no links; set Regions:All:<region>:Links. Its topics cannot be read here.")]
    public static partial void LinkWithoutAddress(ILogger logger, string region);

    [LoggerMessage(1026, LogLevel.Warning, "The record of {Topic}, perhaps of others too, could not be copied from region {Region} ({Error}); trying again. If home is lost now, what came since {Since} may be missing.")]
    public static partial void StandbyCopyFailed(ILogger logger, string topic, string region, string error, DateTimeOffset since);

    [LoggerMessage(1027, LogLevel.Information, "Looking for topics to stand by for waits: {Error}. Tried again every two seconds.")]
    public static partial void StandbyWaits(ILogger logger, string error);

    [LoggerMessage(1007, LogLevel.Warning, "{Record} could not be stored; it is read again, and the caller tries again.")]
    public static partial void RecordWriteFailed(ILogger logger, string record, Exception exception);

    [LoggerMessage(1040, LogLevel.Warning, "The home of {Kind} is now {Term}; its topics are served by that region's authority from here on.")]
    public static partial void TermLearnt(ILogger logger, string kind, Interfaces.Regions.Term term);

    [LoggerMessage(1041, LogLevel.Warning, "A planned move of {Kind} to {Term} is {Leaving} (true = announced: connectors stop; false = called off: they go on).")]
    public static partial void KindLeaves(ILogger logger, string kind, Interfaces.Regions.Term term, bool leaving);

    [LoggerMessage(1042, LogLevel.Warning, "The region's terms could not be read (try {Tries}); no topic is served before they are known. Trying again in {Delay}.")]
    public static partial void TermsFailed(ILogger logger, int tries, TimeSpan delay, Exception exception);

    [LoggerMessage(1043, LogLevel.Warning, "The home of {Kind} begins to move from {From} to {To} (forced: {Force}).")]
    public static partial void MoveBegins(ILogger logger, string kind, string from, Interfaces.Regions.Term to, bool force);

    [LoggerMessage(1044, LogLevel.Warning, "The move of {Kind} does not go on from {Phase}: {Reason} Trying again.")]
    public static partial void MoveStuck(ILogger logger, string kind, Interfaces.Regions.MovePhase phase, string reason);

    [LoggerMessage(1045, LogLevel.Warning, "The home of {Kind} is here now: {To}, from {From}, with {Topics} topics; something may be missing of {Missing} of them.")]
    public static partial void HomeMoved(ILogger logger, string kind, Interfaces.Regions.Term to, string from, long topics, long missing);

    [LoggerMessage(1046, LogLevel.Warning, "{Topic} goes on from the copy at {Copied}, in a new epoch. This region had seen it up to offset {SeenUpTo} (0 = no further); what came later at the old home is not known.")]
    public static partial void ContinuedFromCopy(ILogger logger, string topic, Position copied, long seenUpTo);

    [LoggerMessage(1047, LogLevel.Warning, "{Topic}: offsets {From} to {Top} were accepted here after {Home} had gone on without them, and are no part of it. States from offset {KeptFrom} on (0 = none) are put aside as dead letters.")]
    public static partial void LostAtFormerHome(ILogger logger, string topic, long from, long top, Interfaces.Regions.Term home, long keptFrom);

    [LoggerMessage(1048, LogLevel.Warning, "Comparing {Kind} with its new home {Home} does not go on: {Reason} Trying again.")]
    public static partial void FormerHomeStuck(ILogger logger, string kind, Interfaces.Regions.Term home, string reason);
}
