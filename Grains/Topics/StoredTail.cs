namespace E2EEvents.Grains.Topics;

/// <summary>
/// The part of a topic's history that is stored: for <see cref="Delivery.Every"/> the newest frames as one full state and patches, within the
/// bounds but with at least the whole last commit (whoever has what was committed before it can continue); for <see cref="Delivery.Latest"/> the
/// newest frame. Not thread-safe.
/// </summary>
internal sealed class StoredTail(Delivery delivery, HistoryOptions bounds)
{
    private readonly List<Entry> _entries = [];
    private long _patchBytes; // of all entries but the first, which is stored as a full state

    /// <summary>Takes frames over from a record: the state of each, and the record's own form of it.</summary>
    public void Refill(IReadOnlyList<Frame> frames, IReadOnlyList<StoredFrame> stored)
    {
        for (var i = 0; i < frames.Count; i++) Add(frames[i], stored[i].IsPatch ? stored[i].Json : default);
    }

    /// <summary>Adds the frames of one write and drops what the bounds no longer allow.</summary>
    public void Append(IReadOnlyList<Frame> commit)
    {
        if (commit.Count == 0) return;
        if (delivery == Delivery.Latest) _entries.Clear();
        foreach (var frame in commit)
        {
            Add(frame, _entries.Count == 0 ? default : MergePatch.Diff(_entries[^1].Frame.State, frame.State));
        }

        Trim(commit.Count);
    }

    /// <summary>The tail as it is stored.</summary>
    public IReadOnlyList<StoredFrame> ToStored()
    {
        var stored = new StoredFrame[_entries.Count];
        for (var i = 0; i < stored.Length; i++)
        {
            var (frame, patch) = _entries[i];
            stored[i] = new StoredFrame(frame.Position.Offset, i == 0 ? frame.State : patch, i > 0, frame.OriginTime, frame.HomeTime, frame.Transaction);
        }

        return stored;
    }

    /// <summary>Frames of a record in full, oldest first.</summary>
    /// <exception cref="System.Text.Json.JsonException">A patch does not fit.</exception>
    public static List<Frame> Unfold(TopicRecord record, ulong epoch)
    {
        var frames = new List<Frame>(record.Frames.Count);
        ReadOnlyMemory<byte> state = default;
        foreach (var stored in record.Frames)
        {
            state = stored.IsPatch ? MergePatch.Apply(state, stored.Json) : stored.Json;
            frames.Add(new Frame(new Position(epoch, stored.Offset), state, stored.OriginTime, stored.HomeTime, stored.Transaction));
        }

        return frames;
    }

    private void Add(Frame frame, ReadOnlyMemory<byte> patch)
    {
        if (_entries.Count > 0) _patchBytes += patch.Length;
        _entries.Add(new Entry(frame, patch));
    }

    private void Trim(int commit)
    {
        var drop = 0;
        while (_entries.Count - drop > Math.Max(1, commit)
            && (_entries.Count - drop > bounds.StoredFrames || _patchBytes > bounds.StoredBytes))
        {
            _patchBytes -= _entries[++drop].Patch.Length; // the next one becomes the full state
        }

        _entries.RemoveRange(0, drop);
    }

    private readonly record struct Entry(Frame Frame, ReadOnlyMemory<byte> Patch);
}
