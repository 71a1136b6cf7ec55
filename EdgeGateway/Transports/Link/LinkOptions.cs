using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace E2EEvents.EdgeGateway.Transports.Link;

/// <summary>How this gateway serves other regions. Section <c>Link</c>. Certificates: section <c>Regions</c>.</summary>
internal sealed class LinkOptions : IValidatableObject
{
    /// <summary>Where other regions' silos connect, https only, separated by <c>;</c>, e.g. https://0.0.0.0:7443. Default: none, no region can follow this one through this gateway.</summary>
    public string? Urls { get; set; }

    /// <summary>Bytes sent to a region that it has not acknowledged. At the limit nothing more is sent but the newest once there is room. Default: 1 MiB; at 80 ms of round trip that is 12 MiB/s.</summary>
    [Range(64 << 10, 64 << 20)]
    public int MaxUnacknowledgedBytes { get; set; } = 1 << 20;

    /// <summary>Bytes of topic frames in one batch; one frame may exceed it. Default: 64 KiB.</summary>
    [Range(1 << 10, 1 << 20)]
    public int MaxBatchBytes { get; set; } = 64 << 10;

    /// <summary>Batches from this size on are compressed if the other side can. Default: 1 KiB; 0 = never.</summary>
    [Range(0, 1 << 20)]
    public int CompressFrom { get; set; } = 1 << 10;

    /// <summary>Topics that one link may follow; more are refused. Default: 200,000.</summary>
    [Range(1, 10_000_000)]
    public int MaxTopics { get; set; } = 200_000;

    /// <summary>Silence of the other side after which the link is cut. Default: 5 s; it pings every second.</summary>
    [Range(typeof(TimeSpan), "00:00:02", "00:01:00")]
    public TimeSpan Deadline { get; set; } = TimeSpan.FromSeconds(5);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (var url in (Urls ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (!Uri.TryCreate(url, UriKind.Absolute, out var uri) || uri.Scheme != "https")
            {
                yield return new ValidationResult($"Link:Urls holds '{url}'; write https://address:port (links are always encrypted).", [nameof(Urls)]);
            }
        }
    }
}

[OptionsValidator]
internal sealed partial class LinkOptionsValidator : IValidateOptions<LinkOptions>;
