using System.Diagnostics.CodeAnalysis;
using Orleans.Streams;

namespace E2EEvents.Streams;

/// <summary>
/// What was read of one queue and is not yet delivered to every consumer, bounded in entries and bytes. An entry is <em>done</em> once every cursor of its
/// stream has come back for the next one, and only then may it be deleted from the log.
/// </summary>
/// <remarks>
/// Orleans' own caches move a cursor before the delivery is through, so that an entry may be let go while a consumer still works on it; harmless where
/// letting go means memory, a loss where it means the log. So the agent is never asked what was delivered: its cursors are watched, and entries leave by
/// <see cref="TakeDone"/> instead of <see cref="TryPurgeFromCache"/>. No Redis in here; any thread may call.
/// </remarks>
internal sealed class QueueCache(RedisStreamsOptions options) : IQueueCache
{
    /// <summary>Bytes after which no further container is put into one delivery.</summary>
    private const int DeliveryBytes = 1 << 20;

    private readonly Lock _lock = new();
    private readonly Dictionary<StreamId, StreamLine> _lines = [];
    private readonly HashSet<EntryId> _held = []; // undone, or done and still in the log
    private readonly HashSet<EntryId> _undone = [];
    private readonly Queue<EntryId> _order = new();
    private readonly List<EntryId> _done = [];
    private long _bytes;

    /// <summary>Set when entries are done: there is something to delete.</summary>
    public Wake Done { get; } = new();

    /// <summary>Set when entries were deleted: there is room.</summary>
    public Wake Freed { get; } = new();

    /// <summary>Entries that may be read now; 0 = full.</summary>
    /// <param name="entryBytes">Size of the entries to come, as far as known.</param>
    public int Room(int entryBytes)
    {
        lock (_lock)
        {
            var bytes = options.CacheBytes - _bytes;
            if (bytes <= 0) return 0;
            var byBytes = (int)Math.Min(int.MaxValue, Math.Max(1, bytes / Math.Max(1, entryBytes)));
            return Math.Min(options.CacheEntries - _held.Count, byBytes);
        }
    }

    /// <summary>True if the entry is here, or done but perhaps still in the log: reading it again must not deliver it again.</summary>
    public bool Holds(EntryId id)
    {
        lock (_lock) return _held.Contains(id);
    }

    /// <summary>Ids that are done and not yet confirmed by <see cref="Deleted"/>; empty = none. Asked again, they are given again.</summary>
    public List<EntryId> TakeDone(int max)
    {
        lock (_lock) return _done.GetRange(0, Math.Min(max, _done.Count));
    }

    /// <summary>The first <paramref name="ids"/> that <see cref="TakeDone"/> gave are no longer in the log.</summary>
    public void Deleted(List<EntryId> ids)
    {
        lock (_lock)
        {
            _done.RemoveRange(0, ids.Count);
            foreach (var id in ids) _held.Remove(id);
        }

        Freed.Set();
    }

    /// <summary>The entry that has been undone for longest; null = all done.</summary>
    public EntryId? Oldest()
    {
        lock (_lock)
        {
            while (_order.TryPeek(out var id))
            {
                if (_undone.Contains(id)) return id;
                _order.Dequeue();
            }

            return null;
        }
    }

    /// <summary>Entries not yet done.</summary>
    public int Undone
    {
        get
        {
            lock (_lock) return _undone.Count;
        }
    }

    /// <summary>A stream with entries that no consumer comes for; null = none. Only Orleans failing to find a stream's consumers can bring that about.</summary>
    public StreamId? Stranded()
    {
        lock (_lock)
        {
            foreach (var (stream, line) in _lines)
            {
                if (line.Cursors.Count == 0 && line.Items.Count > 0) return stream;
            }

            return null;
        }
    }

    public int GetMaxAddCount() => options.ReadEntries;

    public bool IsUnderPressure() => false; // the receiver asks for Room by itself, and waits for it instead of looking every few milliseconds

    public bool TryPurgeFromCache([MaybeNullWhen(false)] out IList<IBatchContainer> purgedItems)
    {
        purgedItems = null;
        return false;
    }

    public void AddToCache(IList<IBatchContainer> messages)
    {
        lock (_lock)
        {
            foreach (var message in messages)
            {
                var container = (StreamContainer)message;
                if (!_held.Add(container.Id)) continue;
                _undone.Add(container.Id);
                _order.Enqueue(container.Id);
                _bytes += container.Bytes;
                LineOf(container.StreamId).Items.Add(container);
            }
        }
    }

    /// <summary>A cursor at the oldest entry of the stream that is not done, whatever the token: nothing here is ever passed over.</summary>
    public IQueueCacheCursor GetCacheCursor(StreamId streamId, StreamSequenceToken? token)
    {
        lock (_lock)
        {
            var line = LineOf(streamId);
            var cursor = new QueueCursor(this, streamId, line.First);
            line.Cursors.Add(cursor);
            return cursor;
        }
    }

    /// <summary>The oldest entry that is not done is also where "earliest" and "latest" begin: a subscription is not asked what it would like to miss.</summary>
    public QueueCacheCursorResult<IQueueCacheCursor> TryGetCacheCursorAtPosition(StreamId streamId, StreamSubscriptionStartPosition startPosition) =>
        QueueCacheCursorResult<IQueueCacheCursor>.FromCursor(GetCacheCursor(streamId, null));

    /// <summary>The next containers for the cursor, which has done with all before <paramref name="from"/>.</summary>
    internal List<IBatchContainer> Next(QueueCursor cursor, StreamId stream, long from)
    {
        lock (_lock)
        {
            var next = new List<IBatchContainer>();
            if (!_lines.TryGetValue(stream, out var line) || !line.Cursors.Contains(cursor)) return next;
            Advance(line);
            var (events, bytes) = (0, 0);
            for (var i = (int)(from - line.First); i < line.Items.Count && events < options.DeliveryEvents && bytes < DeliveryBytes; i++)
            {
                next.Add(line.Items[i]);
                events += line.Items[i].Count;
                bytes += line.Items[i].Bytes;
            }

            return next;
        }
    }

    /// <summary>
    /// Forgets the cursor. Nothing is done because of it: an agent that stops closes its consumers' cursors one after the other, and the first to go may
    /// be the one that the others were ahead of.
    /// </summary>
    internal void Remove(QueueCursor cursor, StreamId stream)
    {
        lock (_lock)
        {
            if (!_lines.TryGetValue(stream, out var line) || !line.Cursors.Remove(cursor)) return;
            if (line.Cursors.Count == 0 && line.Items.Count == 0) _lines.Remove(stream);
        }
    }

    private StreamLine LineOf(StreamId stream)
    {
        if (!_lines.TryGetValue(stream, out var line)) _lines[stream] = line = new StreamLine();
        return line;
    }

    /// <summary>Lets go what all cursors have done with; without a cursor, nothing.</summary>
    private void Advance(StreamLine line)
    {
        if (line.Cursors.Count == 0) return;
        var upTo = long.MaxValue;
        foreach (var cursor in line.Cursors) upTo = Math.Min(upTo, cursor.Completed);
        var count = (int)(upTo - line.First);
        if (count <= 0) return;
        for (var i = 0; i < count; i++)
        {
            var item = line.Items[i];
            _bytes -= item.Bytes;
            _undone.Remove(item.Id);
            _done.Add(item.Id);
        }

        line.Items.RemoveRange(0, count);
        line.First = upTo;
        if (_undone.Count == 0) _order.Clear();
        Done.Set();
    }

    /// <summary>One stream's entries in order, and who reads them.</summary>
    private sealed class StreamLine
    {
        /// <summary>Number of the first of <see cref="Items"/>, counted since the line began.</summary>
        public long First { get; set; }

        public List<StreamContainer> Items { get; } = [];

        public List<QueueCursor> Cursors { get; } = [];
    }
}
