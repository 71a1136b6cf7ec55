using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace E2EEvents.Grains.Region;

/// <summary>How many events that could not be applied are kept for operators. Section <c>DeadLetters</c>.</summary>
internal sealed class DeadLetterOptions
{
    /// <summary>Newest letters kept for each kind. Default: 1,000. Beyond it the oldest go; they stay in the count of dropped ones. What is replayed or discarded makes room.</summary>
    [Range(1, 100_000)]
    public int KeepPerKind { get; set; } = 1000;

    /// <summary>Bytes of payloads kept for each kind; the newest letter is always kept. They are stored in pages of at most 64 letters; an addition writes one page. Default: 1 MiB.</summary>
    [Range(1024, 64 << 20)]
    public int KeepBytesPerKind { get; set; } = 1 << 20;

    /// <summary>Bytes of one payload kept; a longer one is cut, and its reason says so. Default: 16 KiB.</summary>
    [Range(64, 1 << 20)]
    public int KeepPayloadBytes { get; set; } = 16 << 10;
}

[OptionsValidator]
internal sealed partial class DeadLetterOptionsValidator : IValidateOptions<DeadLetterOptions>;
