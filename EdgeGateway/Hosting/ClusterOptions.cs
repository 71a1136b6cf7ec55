using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace E2EEvents.Hosting;

/// <summary>Which Orleans cluster (= region) a process belongs to, and where it finds it. Section <c>Cluster</c>; the same in every process of a region.</summary>
internal sealed class ClusterOptions : IValidatableObject
{
    /// <summary>Name of the region's cluster; processes of different names never talk. Default: e2e.</summary>
    [Required, RegularExpression("[A-Za-z0-9-]{1,64}")]
    public string ClusterId { get; set; } = "e2e";

    /// <summary>Name under which state is stored; keep it for ever. Default: e2e-events.</summary>
    [Required, RegularExpression("[A-Za-z0-9-]{1,64}")]
    public string ServiceId { get; set; } = "e2e-events";

    /// <summary>How processes find each other. Localhost: one silo on this machine, for trying out. Redis: any number of silos and gateways. Default: Localhost.</summary>
    public ClusteringKind Clustering { get; set; } = ClusteringKind.Localhost;

    /// <summary>Redis of the region, as StackExchange.Redis reads it (host:port,password=…). Needed when clustering or storage is Redis. Default: none.</summary>
    public string? Redis { get; set; }

    /// <summary>Port on which the silo takes Orleans clients (Localhost clustering: also where they look for it). Default: 30000.</summary>
    [Range(1, 65535)]
    public int OrleansGatewayPort { get; set; } = 30000;

    /// <summary>Longest wait for an answer of a silo. Default: 5 s; more than twice the longest wait of a pull.</summary>
    [Range(typeof(TimeSpan), "00:00:03", "00:01:00")]
    public TimeSpan CallTimeout { get; set; } = TimeSpan.FromSeconds(5);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Clustering == ClusteringKind.Redis && string.IsNullOrWhiteSpace(Redis))
        {
            yield return new ValidationResult("Cluster:Redis is empty although Cluster:Clustering is Redis; give host:port of the region's Redis.", [nameof(Redis)]);
        }
    }
}

/// <summary>How processes of a region find each other.</summary>
internal enum ClusteringKind
{
    Localhost,
    Redis,
}

[OptionsValidator]
internal sealed partial class ClusterOptionsValidator : IValidateOptions<ClusterOptions>;
