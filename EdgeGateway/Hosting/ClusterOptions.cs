using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace E2EEvents.Hosting;

/// <summary>Which Orleans cluster (= region) a process belongs to, and what that stands on. Section <c>Cluster</c>; the same in every process of a region.</summary>
internal sealed class ClusterOptions : IValidatableObject
{
    /// <summary>Name of the region's cluster; processes of different names never talk. Default: e2e.</summary>
    [Required, RegularExpression("[A-Za-z0-9-]{1,64}")]
    public string ClusterId { get; set; } = "e2e";

    /// <summary>Name under which state is stored; keep it for ever. Default: e2e-events.</summary>
    [Required, RegularExpression("[A-Za-z0-9-]{1,64}")]
    public string ServiceId { get; set; } = "e2e-events";

    /// <summary>
    /// Where processes find each other and silos keep state (topics, the catalogue, dead letters, checkpoints). Local: one silo on this machine, with
    /// everything in memory, for trying out. Redis, PostgreSql, MySql (MariaDB too): any number of silos. Default: Local.
    /// </summary>
    public ClusterProvider Provider { get; set; } = ClusterProvider.Local;

    /// <summary>Redis of the region, as StackExchange.Redis reads it (host:port,password=…; several hosts of a Redis Cluster, or of Sentinels with serviceName=…). Needed for the provider Redis and for streams in Redis. Default: none.</summary>
    public string? Redis { get; set; }

    /// <summary>Database of the region, as Npgsql or MySqlConnector read it (Host=…;Database=…;Username=…). Needed for the providers PostgreSql and MySql. Default: none.</summary>
    public string? Sql { get; set; }

    /// <summary>
    /// Where events wait between connectors and topics. Redis: durable streams at <c>Cluster:Redis</c>, an event is safe once appended. Memory: in the
    /// silos; connectors wait until topics have stored what they sent. Default: none, which means Redis if <c>Cluster:Redis</c> is given, else Memory.
    /// </summary>
    public StreamsProvider? Streams { get; set; }

    /// <summary>Port on which the silo takes Orleans clients (provider Local: also where they look for it). Default: 30000.</summary>
    [Range(1, 65535)]
    public int OrleansGatewayPort { get; set; } = 30000;

    /// <summary>Longest wait for an answer of a silo. Default: 5 s; more than twice the longest wait of a pull.</summary>
    [Range(typeof(TimeSpan), "00:00:03", "00:01:00")]
    public TimeSpan CallTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary><see cref="Streams"/>, or what its default means here.</summary>
    public StreamsProvider StreamsInUse() => Streams ?? (string.IsNullOrWhiteSpace(Redis) ? StreamsProvider.Memory : StreamsProvider.Redis);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Provider == ClusterProvider.Redis && string.IsNullOrWhiteSpace(Redis))
        {
            yield return new ValidationResult("Cluster:Redis is empty although Cluster:Provider is Redis; give host:port of the region's Redis.", [nameof(Redis)]);
        }

        if (Provider is ClusterProvider.PostgreSql or ClusterProvider.MySql && string.IsNullOrWhiteSpace(Sql))
        {
            yield return new ValidationResult($"Cluster:Sql is empty although Cluster:Provider is {Provider}; give the connection string of the region's database.", [nameof(Sql)]);
        }

        if (Streams == StreamsProvider.Redis && string.IsNullOrWhiteSpace(Redis))
        {
            yield return new ValidationResult("Cluster:Redis is empty although Cluster:Streams is Redis; give host:port of the region's Redis.", [nameof(Redis)]);
        }
    }
}

/// <summary>What a region's cluster stands on.</summary>
internal enum ClusterProvider
{
    Local,
    Redis,
    PostgreSql,
    MySql,
}

/// <summary>Where events wait between connectors and topics.</summary>
internal enum StreamsProvider
{
    Memory,
    Redis,
}

[OptionsValidator]
internal sealed partial class ClusterOptionsValidator : IValidateOptions<ClusterOptions>;
