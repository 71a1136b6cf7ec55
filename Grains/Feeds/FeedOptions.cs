using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace E2EEvents.Grains.Feeds;

/// <summary>How long a silo keeps what a gateway follows. Section <c>Feeds</c>.</summary>
internal sealed class FeedOptions
{
    /// <summary>Silence of a gateway, from the end of its last pull, after which its feed at this silo ends. Default: 10 s; above the longest wait between two pulls of a gateway that is alive.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan Lease { get; set; } = TimeSpan.FromSeconds(10);
}

[OptionsValidator]
internal sealed partial class FeedOptionsValidator : IValidateOptions<FeedOptions>;
