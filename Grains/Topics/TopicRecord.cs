using System.Linq;
using E2EEvents.Grains.Interfaces.Regions;

namespace E2EEvents.Grains.Topics;

/// <summary>
/// The one stored record of a topic; immutable. <see cref="Frames"/> is the tail of its history: the oldest as a full state, the others as merge
/// patches, of consecutive offsets, the last at <see cref="Offset"/>. The state is their fold. Stored as JSON by <see cref="TopicRecordCodec"/>.
/// </summary>
internal sealed record TopicRecord
{
    /// <summary>Name of the record in storage.</summary>
    public const string Name = "topic";

    /// <summary>Continuations kept.</summary>
    public const int MaxContinued = 8;

    public ulong Epoch { get; init; }

    public long Offset { get; init; }

    public LedgerSnapshot Ledger { get; init; } = LedgerSnapshot.Empty;

    public IReadOnlyList<StoredFrame> Frames { get; init; } = [];

    /// <summary>The term under which the topic was last handed or taken over; null = never. Of another region: it is no longer this region's.</summary>
    public Term? Term { get; init; }

    /// <summary>The number of <see cref="TopicOptions.Restored"/> under which it was stored.</summary>
    public long Restored { get; init; }

    /// <summary>Where homes went on that were promoted without a hand-over, oldest first; at most <see cref="MaxContinued"/>.</summary>
    public IReadOnlyList<Continuation> Continued { get; init; } = [];

    /// <summary>The record that a home goes on from which cannot know whether it has all: a new epoch, of which nobody holds a position, so only the newest frame.</summary>
    /// <exception cref="System.Text.Json.JsonException">A patch does not fit.</exception>
    public TopicRecord Renewed(Term term, ulong epoch)
    {
        var frames = StoredTail.Unfold(this, epoch);
        var from = new Continuation(term, new Position(Epoch, Offset));
        return this with
        {
            Epoch = epoch,
            Term = term,
            Frames = frames is [.., var f] ? [new StoredFrame(f.Position.Offset, f.State, false, f.OriginTime, f.HomeTime, f.Transaction)] : [],
            Continued = Continued.Count < MaxContinued ? [.. Continued, from] : [.. Continued.Skip(Continued.Count - MaxContinued + 1), from],
        };
    }
}

/// <summary>A home that went on from a copy.</summary>
/// <param name="Term">Of that home.</param>
/// <param name="From">The position of the copy, in the epoch before. What lies beyond it in that epoch is not part of the topic.</param>
internal readonly record struct Continuation(Term Term, Position From);

/// <summary>One stored frame.</summary>
/// <param name="Offset">Its offset.</param>
/// <param name="Json">Full state, or merge patch against the frame before.</param>
/// <param name="IsPatch">Which of the two.</param>
/// <param name="OriginTime">As in <see cref="Frame.OriginTime"/>.</param>
/// <param name="HomeTime">As in <see cref="Frame.HomeTime"/>.</param>
/// <param name="Transaction">As in <see cref="Frame.Transaction"/>.</param>
internal readonly record struct StoredFrame(long Offset, ReadOnlyMemory<byte> Json, bool IsPatch, long OriginTime, long HomeTime, string? Transaction);
