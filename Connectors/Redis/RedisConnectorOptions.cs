using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace E2EEvents.Connectors.Redis;

/// <summary>Options of the connector type Redis, beside those of every connector.</summary>
internal sealed class RedisConnectorOptions : ConnectorOptions, IValidatableObject
{
    // A source is connector/stream, 200 characters at most, and a connector's name has up to 64.
    private const int MaxStreamLength = 135;

    /// <summary>
    /// Where Redis is, as StackExchange.Redis reads it: <c>host:port,password=…,ssl=true</c>; a Sentinel's <c>serviceName</c> too. A secret: it
    /// belongs into the environment. Default: none, must be given.
    /// </summary>
    [Required]
    public string Configuration { get; set; } = "";

    /// <summary>Streams: every entry at least once. PubSub: at most once, what is sent while nobody listens is lost. Default: Streams.</summary>
    public RedisMode Mode { get; set; } = RedisMode.Streams;

    /// <summary>Keys of the streams to read, 1 to 64, each at most 135 characters; in a Redis Cluster all in one slot. Default: none.</summary>
    public List<string> Streams { get; set; } = [];

    /// <summary>Where reading begins when the process starts. Default: Checkpoint.</summary>
    public RedisStart From { get; set; } = RedisStart.Checkpoint;

    /// <summary>Where reading a stream begins when From is Checkpoint and there is none for it: Beginning or Now. Default: Beginning.</summary>
    public RedisStart FirstStart { get; set; } = RedisStart.Beginning;

    /// <summary>What to do when a stream is no longer the one that was read, for example deleted and filled anew with lower ids. Default: Beginning.</summary>
    public RedisReset WhenReset { get; set; } = RedisReset.Beginning;

    /// <summary>Field (of an entry) whose JSON object is the record; the other fields are added to it as text. Default: data.</summary>
    [Required]
    public string JsonField { get; set; } = "data";

    /// <summary>Most entries taken from a stream at once, 1 to 10,000; fewer are asked for when entries are big. Default: 256.</summary>
    [Range(1, 10_000)]
    public int ReadEntries { get; set; } = 256;

    /// <summary>PubSub: channels to listen to. Default: none.</summary>
    public List<string> Channels { get; set; } = [];

    /// <summary>PubSub: patterns of channels to listen to, such as <c>scores.*</c>. Default: none.</summary>
    public List<string> Patterns { get; set; } = [];

    /// <summary>PubSub: messages kept while the region is slow; beyond, the newest are dropped (and counted). 1 to 1,000,000. Default: 10,000.</summary>
    [Range(1, 1_000_000)]
    public int PubSubQueue { get; set; } = 10_000;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Configuration.Length > 0 && !TryParse(Configuration, out _)) yield return new("Configuration cannot be read; expected host:port,password=…,ssl=true as StackExchange.Redis has it.", [nameof(Configuration)]);
        if (FirstStart == RedisStart.Checkpoint) yield return new("FirstStart is for when there is no checkpoint: Beginning or Now.", [nameof(FirstStart)]);
        if (Mode == RedisMode.Streams)
        {
            if (Streams.Count is 0 or > 64) yield return new("Streams must name 1 to 64 streams.", [nameof(Streams)]);
            if (Streams.Exists(stream => stream.Length is 0 or > MaxStreamLength)) yield return new($"A stream's key has 1 to {MaxStreamLength} characters.", [nameof(Streams)]);
            if (new HashSet<string>(Streams).Count < Streams.Count) yield return new("Streams names a stream twice.", [nameof(Streams)]);
            if (Channels.Count + Patterns.Count > 0) yield return new("Channels and Patterns are for Mode PubSub.", [nameof(Channels)]);
        }
        else
        {
            if (Channels.Count + Patterns.Count == 0) yield return new("Channels or Patterns must name what to listen to.", [nameof(Channels)]);
            if (Streams.Count > 0) yield return new("Streams is for Mode Streams.", [nameof(Streams)]);
        }
    }

    /// <summary>Reads the connection string. Says nothing about why it cannot: the library's words may hold a piece of a password.</summary>
    public static bool TryParse(string configuration, out ConfigurationOptions? parsed)
    {
        try
        {
            parsed = ConfigurationOptions.Parse(configuration);
            return parsed.EndPoints.Count > 0;
        }
        catch (Exception failure) when (failure is ArgumentException or FormatException)
        {
            parsed = null;
            return false;
        }
    }
}

/// <summary>How Redis is read.</summary>
internal enum RedisMode
{
    Streams,
    PubSub,
}

/// <summary>Where reading begins.</summary>
internal enum RedisStart
{
    /// <summary>Behind the last entry that is known to be safe.</summary>
    Checkpoint,

    /// <summary>At the oldest entry there is; topics drop what they know.</summary>
    Beginning,

    /// <summary>Behind the newest entry there is: what was added before is passed over.</summary>
    Now,
}

/// <summary>What to do with a stream that is no longer the one that was read.</summary>
internal enum RedisReset
{
    /// <summary>Read all of it. Right for a stream that was deleted and filled anew.</summary>
    Beginning,

    /// <summary>Go on behind its newest entry. Right where a failover may lose the newest entries of a stream that goes on.</summary>
    Continue,
}

[OptionsValidator]
internal sealed partial class RedisConnectorOptionsValidator : IValidateOptions<RedisConnectorOptions>;
