using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace E2EEvents.Grains.Topics;

/// <summary>How much of an <see cref="Delivery.Every"/> topic's past is kept for readers that come back. Section <c>Topics</c>. <see cref="Delivery.Latest"/> topics keep their newest frame only.</summary>
internal sealed class HistoryOptions
{
    /// <summary>Frames kept in memory for each topic. Default: 256. Up to eight times these bounds are kept while a gateway has yet to be sent them, so that a burst makes no hole.</summary>
    [Range(1, 65_536)]
    public int HistoryFrames { get; set; } = 256;

    /// <summary>Bytes of states kept in memory for each topic; the newest frame is always kept. Default: 1 MiB.</summary>
    [Range(1024, 1 << 30)]
    public int HistoryBytes { get; set; } = 1 << 20;

    /// <summary>Age beyond which a frame goes as soon as a newer one comes. Default: 1 h.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "7.00:00:00")]
    public TimeSpan HistoryAge { get; set; } = TimeSpan.FromHours(1);

    /// <summary>Frames stored with the newest state, so that a restarted topic can still continue its readers. Default: 64; the last commit is always stored whole.</summary>
    [Range(1, 4096)]
    public int StoredFrames { get; set; } = 64;

    /// <summary>Bytes of stored changes (merge patches; the one full state beside them does not count). Default: 16 KiB; the last commit is always stored whole.</summary>
    [Range(1024, 1 << 24)]
    public int StoredBytes { get; set; } = 16 << 10;
}

[OptionsValidator]
internal sealed partial class HistoryOptionsValidator : IValidateOptions<HistoryOptions>;
