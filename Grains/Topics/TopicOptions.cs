using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace E2EEvents.Grains.Topics;

/// <summary>How topics are stored and what they take. Section <c>Topics</c>.</summary>
internal sealed class TopicOptions
{
    /// <summary>
    /// Declares that the storage never loses an acknowledged write: a SQL database, or a single Redis with <c>appendfsync always</c>. Only then
    /// do epochs survive a restart of a topic; else each activation renews its epoch and clients get the full state, told as a gap. Never true for
    /// memory storage or a replicated Redis: a failover there may lose writes that clients have seen. Checked at start where the storage tells. Default: none, which means true for SQL and false for the others.
    /// </summary>
    public bool? DurableStorage { get; set; }

    /// <summary>
    /// Raise it, by one, in all silos before they start on storage that was restored from a backup, or that otherwise lost writes which clients have seen:
    /// each topic then renews its epoch once, because its next offsets may have been given to other changes. Default: 0.
    /// </summary>
    [Range(0L, long.MaxValue)]
    public long Restored { get; set; }

    /// <summary>Longest wait for storage before the outcome counts as unknown and the topic starts anew from what is stored. Default: 10 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:01:00")]
    public TimeSpan WriteTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Largest state, in bytes of JSON; an event that would make it larger is dead-lettered. Default: 1 MiB.</summary>
    [Range(1024, 16 << 20)]
    public int MaxStateBytes { get; set; } = 1 << 20;

    /// <summary>Recent event ids a topic remembers to drop repeats from sources without an order. Default: 256; a repeat after more events than that is applied again.</summary>
    [Range(16, 16_384)]
    public int EventIds { get; set; } = 256;

    /// <summary>Ordered sources a topic remembers; the one unused for longest is forgotten first. Default: 256.</summary>
    [Range(1, 16_384)]
    public int Sources { get; set; } = 256;
}

[OptionsValidator]
internal sealed partial class TopicOptionsValidator : IValidateOptions<TopicOptions>;
