using System.Globalization;

namespace E2EEvents.Grains.Region;

/// <summary>Dead letters of one kind within their bounds, oldest first; a letter about the same event is kept once. Not thread-safe.</summary>
internal sealed class DeadLetterBook
{
    private readonly DeadLetterOptions _options;
    private readonly Queue<DeadLetter> _letters = new();
    private readonly HashSet<Identity> _known = [];
    private long _bytes;

    public DeadLetterBook(DeadLetterOptions options, long dropped = 0, IEnumerable<DeadLetter>? stored = null)
    {
        _options = options;
        foreach (var letter in stored ?? []) Add(letter);
        (Dropped, Total) = (dropped, dropped + _letters.Count);
    }

    /// <summary>Letters ever added.</summary>
    public long Total { get; private set; }

    /// <summary>Of these, gone to keep the bounds.</summary>
    public long Dropped { get; private set; }

    public IReadOnlyCollection<DeadLetter> Letters => _letters;

    /// <summary>Adds a letter; false if it is about an event that has one already.</summary>
    public bool Add(DeadLetter letter)
    {
        if (Identity.Of(letter.Event) is { } identity && !_known.Add(identity)) return false;
        letter = Cut(letter);
        _letters.Enqueue(letter);
        _bytes += letter.Event.Data.Length;
        Total++;
        while (_letters.Count > _options.KeepPerKind || (_bytes > _options.KeepBytesPerKind && _letters.Count > 1))
        {
            var oldest = _letters.Dequeue();
            _bytes -= oldest.Event.Data.Length;
            if (Identity.Of(oldest.Event) is { } gone) _known.Remove(gone);
            Dropped++;
        }

        return true;
    }

    /// <summary>Newest first.</summary>
    public DeadLetter[] Newest(int max)
    {
        var letters = _letters.ToArray();
        Array.Reverse(letters);
        return letters.Length > max ? letters[..max] : letters;
    }

    private DeadLetter Cut(DeadLetter letter)
    {
        var data = letter.Event.Data ?? [];
        if (data.Length <= _options.KeepPayloadBytes) return letter.Event.Data is null ? letter with { Event = letter.Event with { Data = data } } : letter;
        return letter with
        {
            Event = letter.Event with { Data = data[.._options.KeepPayloadBytes] },
            Reason = string.Create(CultureInfo.InvariantCulture, $"{letter.Reason} (Only the first {_options.KeepPayloadBytes} of {data.Length} bytes are kept.)"),
        };
    }

    private readonly record struct Identity(TopicKey Topic, string Source, string Place)
    {
        public static Identity? Of(SourcedEvent e) =>
            (e.Sequence?.ToString() ?? e.EventId) is { } place && e.Source is not null ? new Identity(e.Topic, e.Source, place) : null;
    }
}
