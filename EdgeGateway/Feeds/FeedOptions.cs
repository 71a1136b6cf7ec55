using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace E2EEvents.EdgeGateway.Feeds;

/// <summary>How the gateway follows topics at the region's silos. Section <c>Gateway:Feeds</c>.</summary>
internal sealed class FeedOptions
{
    /// <summary>Longest wait of a pull for something new; also how often freshness is confirmed. Default: 1 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:00:02")]
    public TimeSpan PullWait { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Beyond its wait, how long a pull or another call to a silo may take before it counts as failed. Default: 2 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:00:10")]
    public TimeSpan CallDeadline { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>Bytes of frames in one answer. Default: 256 KiB.</summary>
    [Range(1024, 4 << 20)]
    public int MaxPullBytes { get; set; } = 256 << 10;

    /// <summary>How long a topic is followed after its last subscriber left. Default: 30 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00")]
    public TimeSpan Linger { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>First and longest wait before trying again what failed; each wait is drawn between nothing and a limit that doubles from the one to the other. Defaults: 50 ms, 1 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:00:10")]
    public TimeSpan FirstRetry { get; set; } = TimeSpan.FromMilliseconds(50);

    /// <inheritdoc cref="FirstRetry"/>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:01:00")]
    public TimeSpan LongestRetry { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Topics followed at once after a silo is lost. Default: 64.</summary>
    [Range(1, 10_000)]
    public int ParallelFollows { get; set; } = 64;
}

[OptionsValidator]
internal sealed partial class FeedOptionsValidator : IValidateOptions<FeedOptions>;
