using System.ComponentModel.DataAnnotations;
using E2EEvents.Connectors.Mapping;

namespace E2EEvents.Connectors;

/// <summary>What every connector has. Section <c>Connectors:&lt;name&gt;</c>; the options of a connector type derive from it and share its section.</summary>
public abstract class ConnectorOptions
{
    /// <summary>Connector type: Redis or Sample. Default: none, must be given.</summary>
    [Required]
    public string Type { get; set; } = "";

    /// <summary>False switches the connector off without removing its settings. Default: true.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>
    /// A kind: the connector runs in the region that is its home, so configure it in each region that may become that. Elsewhere it stands by and keeps a
    /// copy of the home's checkpoint. Default: none, it runs wherever it is configured.
    /// </summary>
    [RegularExpression("[a-z][a-z0-9-]{0,31}")]
    public string? Follows { get; set; }

    /// <summary>
    /// When events are safe, so that the checkpoint may pass them. Appended: once the stream has them, for durable streams (<c>Cluster:Streams</c> is Redis). Settled: once their
    /// topics have; memory streams and <see cref="Follows"/> need that. Default: the earlier of both that loses nothing, so Appended with durable streams and without Follows, else Settled.
    /// </summary>
    public SafeAfter? SafeAfter { get; set; }

    /// <summary>Mapping rules, tried in order; the first that fits maps the record. Default: none; records must then be <c>{"topic":…,"event":{…}}</c>.</summary>
    public List<MappingRule> Map { get; set; } = [];

    /// <summary>
    /// Instead of rules: an <see cref="IEventMapper"/>, by the name it was registered with (keyed service) or by its type name
    /// (<c>Namespace.Class</c> or <c>Namespace.Class, Assembly</c>). Default: none.
    /// </summary>
    public string? Mapper { get; set; }

    /// <summary>Events read but not yet settled at which reading pauses, 1 to 1,000,000; bounds what a restart publishes again. Default: 10,000.</summary>
    [Range(1, 1_000_000)]
    public int MaxInFlightEvents { get; set; } = 10_000;

    /// <summary>Bytes of records read but not yet settled at which reading pauses, 64 KiB to 1 GiB. Default: 32 MiB.</summary>
    [Range(64 * 1024, 1024 * 1024 * 1024)]
    public int MaxInFlightBytes { get; set; } = 32 * 1024 * 1024;

    /// <summary>Longest record, 1 KiB to 16 MiB; a longer one goes to the dead letters, cut. Default: 1 MiB.</summary>
    [Range(1024, 16 * 1024 * 1024)]
    public int MaxRecordBytes { get; set; } = 1024 * 1024;

    /// <summary>
    /// Most events of one topic published (and then applied and stored) at once, 1 to 10,000. More is quicker through a backlog, but keeps the topic from
    /// answering its readers meanwhile. Default: 100.
    /// </summary>
    [Range(1, 10_000)]
    public int MaxBatchEvents { get; set; } = 100;

    /// <summary>Topics served at the same time, 1 to 10,000; each has one batch under way. Default: 256.</summary>
    [Range(1, 10_000)]
    public int MaxParallelTopics { get; set; } = 256;

    /// <summary>Shortest time between two writes of the checkpoint, 10 ms to 1 min. Default: 500 ms.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:01:00")]
    public TimeSpan CheckpointInterval { get; set; } = TimeSpan.FromMilliseconds(500);

    /// <summary>How long a topic may take to settle a batch before it is published again, 100 ms to 1 min; of no effect where events are safe once appended; doubles from the third time on, up to eight times. Default: 1 s, so that what a killed silo held is back within seconds.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:01:00")]
    public TimeSpan SettleTimeout { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Longest wait for one call to the region, 1 s to 1 min; more than Cluster:CallTimeout. Default: 10 s.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:01:00")]
    public TimeSpan CallTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Upper bound of the first pause after a failure, 1 ms to 10 s; doubles with every failure, and the pause is a random part of it. Default: 100 ms.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:00:10")]
    public TimeSpan FirstPause { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Upper bound of any pause after a failure, 10 ms to 5 min. Default: 10 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:05:00")]
    public TimeSpan LongestPause { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>When stopping: how long to wait for what is in flight before it is left to the next start, 0 to 1 min. Default: 5 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:01:00")]
    public TimeSpan DrainTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Of several processes with this connector one runs it, for so long after it last renewed its lease, 1 s to 1 min; renewed every third of that. If it is killed
    /// another takes over when this time is over; if the silo that knows the lease dies with it, that begins anew when the lease is found on another silo. Default: 5 s.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:01:00")]
    public TimeSpan LeaseDuration { get; set; } = TimeSpan.FromSeconds(5);
}

/// <summary>When an event counts as safe, so that the checkpoint may pass it and the origin is told.</summary>
public enum SafeAfter
{
    /// <summary>Once its topic has settled it: stored, found to change nothing, or dead-lettered.</summary>
    Settled,

    /// <summary>Once the durable stream has taken it.</summary>
    Appended,
}
