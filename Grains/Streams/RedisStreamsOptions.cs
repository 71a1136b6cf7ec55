using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace E2EEvents.Streams;

/// <summary>Streams kept in Redis: how many queues, how much may wait, how long things may take. Section <c>Streams</c>; the same in every process that uses them.</summary>
public sealed class RedisStreamsOptions
{
    /// <summary>Logs over which streams are spread, and so the most silos that can share the work. Fixed by the first start, for ever: another number is refused. Default: 8.</summary>
    [Range(1, 1024)]
    public int Queues { get; set; } = 8;

    /// <summary>Entries that one queue's log may hold; producers wait, then fail, while it is full. Default: 100,000.</summary>
    [Range(1, 100_000_000)]
    public long MaxEntries { get; set; } = 100_000;

    /// <summary>Largest entry that is taken, in bytes; must be more than any producer puts into one container, which would be refused for ever. Default: 24 MiB.</summary>
    [Range(1024, 64 << 20)]
    public int MaxEntryBytes { get; set; } = 24 << 20;

    /// <summary>Entries that a silo holds of one queue while they are being delivered. Default: 4,096.</summary>
    [Range(1, 1_000_000)]
    public int CacheEntries { get; set; } = 4096;

    /// <summary>Bytes that a silo holds of one queue while they are being delivered; one entry more may be held. Default: 16 MiB.</summary>
    [Range(1024, 1 << 30)]
    public int CacheBytes { get; set; } = 16 << 20;

    /// <summary>Most entries of one read. Default: 256.</summary>
    [Range(1, 10_000)]
    public int ReadEntries { get; set; } = 256;

    /// <summary>
    /// Events of one stream that are handed to a consumer in one call; the last container is not split, so it may be some more. What a consumer does with
    /// a call (a topic: one commit) must fit into its own bounds. Default: 256.
    /// </summary>
    [Range(1, 10_000)]
    public int DeliveryEvents { get; set; } = 256;

    /// <summary>Longest wait of a silo for news of an idle queue; it then looks by itself. Default: 1 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:00:10")]
    public TimeSpan IdleWait { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Time for which what was delivered is collected before it is deleted from the log, in one command. Default: 50 ms.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:00:10")]
    public TimeSpan DeletePeriod { get; set; } = TimeSpan.FromMilliseconds(50);

    /// <summary>Longest wait for one answer of Redis. An append without an answer may have been done or not. Default: 5 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:01:00")]
    public TimeSpan CallTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Longest wait of a producer for room in a full log, or for memory of a full Redis; it then fails. Default: 1 s, less than producers give an append before they try again, so that they learn the reason.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:10:00")]
    public TimeSpan FullWait { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Connections of a process over which it appends, each for its share of the queues; made when something is appended. Redis takes some 16 KiB from a
    /// connection before it syncs its file, so more connections are more events a sync. Default: 4.
    /// </summary>
    [Range(1, 64)]
    public int AppendConnections { get; set; } = 4;

    /// <summary>
    /// Replicas that must have an append before it is acknowledged. What an election (Sentinel, Redis Cluster) may lose is exactly what the new master
    /// did not have: give the number of all replicas of a master, or acknowledged events can be lost. Default: 0, right for Redis without replicas.
    /// </summary>
    [Range(0, 100)]
    public int AckReplicas { get; set; }

    /// <summary>Where Redis is.</summary>
    internal ConfigurationOptions? Redis { get; private set; }

    /// <summary>Says where Redis is: a server, a Redis Cluster, or Sentinels with the name of their service.</summary>
    public void UseRedis(ConfigurationOptions configuration) => Redis = configuration;

    /// <summary>Says where Redis is, as StackExchange.Redis reads it: <c>host:port,password=…</c>.</summary>
    public void UseRedis(string configuration) => Redis = ConfigurationOptions.Parse(configuration);
}

[OptionsValidator]
internal sealed partial class RedisStreamsOptionsValidator : IValidateOptions<RedisStreamsOptions>;
