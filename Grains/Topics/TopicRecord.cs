namespace E2EEvents.Grains.Topics;

/// <summary>
/// The one stored record of a topic; immutable. <see cref="Frames"/> is the tail of its history: the oldest as a full state, the others as merge
/// patches, of consecutive offsets, the last at <see cref="Offset"/>. The state is their fold. Stored as JSON by <see cref="TopicRecordCodec"/>.
/// </summary>
internal sealed record TopicRecord
{
    /// <summary>Name of the record in storage.</summary>
    public const string Name = "topic";

    public ulong Epoch { get; init; }

    public long Offset { get; init; }

    public LedgerSnapshot Ledger { get; init; } = LedgerSnapshot.Empty;

    public IReadOnlyList<StoredFrame> Frames { get; init; } = [];
}

/// <summary>One stored frame.</summary>
/// <param name="Offset">Its offset.</param>
/// <param name="Json">Full state, or merge patch against the frame before.</param>
/// <param name="IsPatch">Which of the two.</param>
/// <param name="OriginTime">As in <see cref="Frame.OriginTime"/>.</param>
/// <param name="HomeTime">As in <see cref="Frame.HomeTime"/>.</param>
/// <param name="Transaction">As in <see cref="Frame.Transaction"/>.</param>
internal readonly record struct StoredFrame(long Offset, ReadOnlyMemory<byte> Json, bool IsPatch, long OriginTime, long HomeTime, string? Transaction);
