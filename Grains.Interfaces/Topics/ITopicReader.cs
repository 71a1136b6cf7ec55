using Orleans.Concurrency;

namespace E2EEvents.Grains.Interfaces.Topics;

/// <summary>How a region reads a topic, be it at home or replicated. Grain id: <see cref="TopicKindAttribute.GrainIdOf"/> at home.</summary>
[Alias("e2e.topic-reader")]
public interface ITopicReader : IGrainWithStringKey
{
    /// <summary>Reads what lies after <paramref name="after"/>, oldest first.</summary>
    /// <param name="after">The reader's position; null = only the newest frame.</param>
    /// <param name="maxBytes">Stop once the frames hold so many bytes (at least one frame is given), 1 to 4 MiB.</param>
    /// <param name="cancellationToken">Ends the wait for the grain.</param>
    [AlwaysInterleave, Alias("read")]
    Task<TopicAnswer> ReadAsync(Position? after, int maxBytes, CancellationToken cancellationToken);

    /// <summary>
    /// As <see cref="ReadAsync"/>, and from then on every later change goes to the feed of <paramref name="gateway"/> at this topic's
    /// silo, without a hole between the answer and the feed. The feed is read with <see cref="IFeedGrain"/>. Calling it again is
    /// harmless: the feed goes on from the new answer.
    /// </summary>
    [AlwaysInterleave, Alias("follow")]
    Task<TopicAnswer> FollowAsync(string gateway, Position? after, int maxBytes, CancellationToken cancellationToken);

    /// <summary>Has home apply an event, and answers once it is stored there. From a replica it travels up the links; at least once, so it needs an event id.</summary>
    [AlwaysInterleave, Alias("publish")]
    Task<PublishAnswer> PublishAsync(SourcedEvent e, CancellationToken cancellationToken);

    /// <summary>For operators: all that can be said of it here.</summary>
    [AlwaysInterleave, Alias("inspect")]
    Task<TopicInspection> InspectAsync(CancellationToken cancellationToken);
}

/// <summary>A topic in its home region: what only the authority can say.</summary>
[Alias("e2e.topic")]
public interface ITopicGrain : ITopicReader
{
    /// <summary>
    /// True once everything of <paramref name="source"/> up to <paramref name="upTo"/> is settled: stored, found to change nothing,
    /// or dead-lettered. False when <paramref name="wait"/> (0 to 10 s) ends first: publish again, duplicates are dropped.
    /// </summary>
    [AlwaysInterleave, Alias("settled")]
    Task<bool> SettledAsync(string source, Sequence upTo, TimeSpan wait, CancellationToken cancellationToken);

    /// <summary>
    /// Ends this region's authority over the topic under a term above its own: what is staged is written, the record says who took over, and
    /// the topic is fenced. Asked again under the same term it answers the same record.
    /// </summary>
    /// <returns>The record as stored, JSON; empty when the topic never had an event.</returns>
    [Alias("hand-over")]
    Task<byte[]> HandOverAsync(Regions.Term to, CancellationToken cancellationToken);

    /// <summary>Takes a topic over from the record of another region, stores it, and is home from then on under <paramref name="term"/>.</summary>
    /// <param name="record">From <see cref="HandOverAsync"/>, or the last copy of it; empty = a topic without events.</param>
    /// <param name="term">The term under which this region is home.</param>
    /// <param name="keepEpoch">True if nothing can be missing: positions go on. False = a new epoch, clients are told.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    [Alias("take-over")]
    Task TakeOverAsync(byte[] record, Regions.Term term, bool keepEpoch, CancellationToken cancellationToken);

    /// <summary>The record as stored now, JSON, without changing anything: what a standby region keeps. Empty when the topic never had an event.</summary>
    [AlwaysInterleave, Alias("record")]
    Task<byte[]> RecordAsync(CancellationToken cancellationToken);
}

/// <summary>Answer of <see cref="ITopicReader"/>.</summary>
/// <param name="Position">Where the topic stands now; offset 0 = it never had an event. May lie beyond the frames given.</param>
/// <param name="Delivery">Of the kind.</param>
/// <param name="Gap">Why the frames do not continue the reader's position; <see cref="Gap.None"/> = they do.</param>
/// <param name="Frames">Frames of this topic, oldest first, in the encoding of <see cref="Wire.FrameCodec"/>; without a gap they continue the position.</param>
/// <param name="Silo">Address of the silo, parsable; first part of the feed's name.</param>
/// <param name="Follow">Number of this follow in the feed, rising; 0 from <see cref="ITopicReader.ReadAsync"/>.</param>
/// <param name="HomeTime">Home's clock, Unix µs: everything committed there before is included in the position. At home the silo's clock; in a replica its watermark.</param>
/// <param name="HomeNow">The silo's estimate of home's clock as it answered, Unix µs; minus <paramref name="HomeTime"/> it is the age of the answer.</param>
/// <param name="NotHome">True if another grain of this region has the topic (its home moved): read the kinds again. Nothing else is said then.</param>
[GenerateSerializer, Immutable, Alias("e2e.topic-answer")]
public sealed record TopicAnswer(
    [property: Id(0)] Position Position,
    [property: Id(1)] Delivery Delivery,
    [property: Id(2)] Gap Gap,
    [property: Id(3)] byte[] Frames,
    [property: Id(4)] string Silo,
    [property: Id(5)] long Follow,
    [property: Id(6)] long HomeTime,
    [property: Id(7)] long HomeNow = 0,
    [property: Id(8)] bool NotHome = false);

/// <summary>Why a reader gets a full state instead of the changes after its position.</summary>
public enum Gap
{
    /// <summary>No gap: every change after the position follows.</summary>
    None,

    /// <summary>History no longer reaches back to the position: the changes between are lost to this reader, the state is not.</summary>
    History,

    /// <summary>The epoch of the position is over: what happened since cannot be told.</summary>
    Epoch,
}

/// <summary>A topic as an operator sees it.</summary>
/// <param name="Position">Committed position.</param>
/// <param name="Sources">Source to newest settled sequence; a replica holds none.</param>
/// <param name="HistoryFrames">Frames in memory.</param>
/// <param name="HistoryBytes">Bytes of their states.</param>
/// <param name="Followers">Feeds that follow it.</param>
/// <param name="Silo">Silo it runs on.</param>
/// <param name="Continued">Term to the position of the copy that it went on from; empty unless its home was lost.</param>
/// <param name="IsReplica">True for the copy of a topic that has its home in another region.</param>
/// <param name="Term">Under which its record was handed or taken over; null = it never was.</param>
/// <param name="IsFenced">True if it takes no events, since its home is elsewhere or being moved.</param>
/// <param name="EventIds">Recent event ids that it remembers.</param>
/// <param name="HistoryFrom">Offset of the oldest frame in memory; 0 = none.</param>
/// <param name="Gateways">Gateways that follow it.</param>
/// <param name="Pending">Changes staged and not stored yet.</param>
/// <param name="ChangedAt">When home committed the newest change, Unix µs; 0 = never.</param>
/// <param name="FreshAt">On home's clock: everything committed there before is included, Unix µs.</param>
/// <param name="State">The newest committed state, UTF-8 JSON; empty = none.</param>
[GenerateSerializer, Immutable, Alias("e2e.topic-inspection")]
public sealed record TopicInspection(
    [property: Id(0)] Position Position,
    [property: Id(1)] Dictionary<string, string> Sources,
    [property: Id(2)] int HistoryFrames,
    [property: Id(3)] long HistoryBytes,
    [property: Id(4)] int Followers,
    [property: Id(5)] string Silo,
    [property: Id(6)] Dictionary<string, string> Continued,
    [property: Id(7)] bool IsReplica,
    [property: Id(8)] string? Term,
    [property: Id(9)] bool IsFenced,
    [property: Id(10)] int EventIds,
    [property: Id(11)] long HistoryFrom,
    [property: Id(12)] string[] Gateways,
    [property: Id(13)] long Pending,
    [property: Id(14)] long ChangedAt,
    [property: Id(15)] long FreshAt,
    [property: Id(16)] byte[] State);
