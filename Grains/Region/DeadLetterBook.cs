using System.Globalization;

namespace E2EEvents.Grains.Region;

/// <summary>
/// Dead letters of one kind within their bounds, numbered and in pages, oldest first; a letter about the same event is kept once. Says which pages
/// changed, so that an addition writes one of them. Not thread-safe.
/// </summary>
internal sealed class DeadLetterBook(DeadLetterOptions options)
{
    // What one addition rewrites.
    private const int PageLetters = 64;
    private const int PageBytes = 64 << 10;

    private readonly List<Page> _pages = [];
    private readonly HashSet<Identity> _known = [];
    private readonly HashSet<long> _changed = [];
    private long _nextPage;
    private long _bytes;

    /// <summary>Letters ever added; the number of the newest.</summary>
    public long Total { get; private set; }

    /// <summary>Of these, gone to keep the bounds.</summary>
    public long Dropped { get; private set; }

    /// <summary>Letters with lower numbers are gone, whatever an old page still says.</summary>
    public long Oldest { get; private set; } = 1;

    /// <summary>Kept now.</summary>
    public int Waiting { get; private set; }

    /// <summary>Rises with every change.</summary>
    public long Revision { get; private set; }

    /// <summary>Numbers of the pages in use, rising.</summary>
    public long[] Pages => [.. _pages.ConvertAll(page => page.Number)];

    /// <summary>All letters, oldest first.</summary>
    public IEnumerable<DeadLetter> Letters
    {
        get
        {
            foreach (var page in _pages)
            {
                foreach (var letter in page.Letters) yield return letter;
            }
        }
    }

    /// <summary>Puts a stored page back, in order of number. Bounds that have become narrower are kept from the next addition on.</summary>
    public void Restore(long number, DeadLetterPageRecord stored)
    {
        (Total, Dropped, Oldest) = (Math.Max(Total, stored.Total), Math.Max(Dropped, stored.Dropped), Math.Max(Oldest, stored.Oldest));
        var page = new Page(number);
        foreach (var letter in stored.Letters) Keep(page, letter.ToDeadLetter());
        _pages.Add(page);
        _nextPage = number + 1;
    }

    /// <summary>To be called after the last page: what a page says is gone, goes.</summary>
    public void Restored()
    {
        while (First() is { } first && first.Number < Oldest) Take(first.Number);
    }

    /// <summary>Takes what was stored as one record before there were pages, or by a silo that knows none: all of it is to be stored anew.</summary>
    public void Restore(DeadLetterRecord old)
    {
        if (Total == 0) Total = Dropped = old.Dropped;
        foreach (var letter in old.Letters) Add(letter.ToOldDeadLetter());
    }

    /// <summary>Adds a letter; false if it is about an event that has one already.</summary>
    public bool Add(DeadLetter letter)
    {
        if (Identity.Of(letter.Event) is { } identity && _known.Contains(identity)) return false;
        letter = Cut(letter) with { Number = Total + 1 };
        if (_pages is not [.., var page] || page.IsFull) _pages.Add(page = new Page(_nextPage++));
        Keep(page, letter);
        Change(page.Number);
        Total++;
        while (Waiting > options.KeepPerKind || (_bytes > options.KeepBytesPerKind && Waiting > 1))
        {
            var oldest = First()!;
            Take(oldest.Number);
            Dropped++;
            Oldest = oldest.Number + 1; // rides in the newest page: the oldest one is not written for it
        }

        return true;
    }

    public DeadLetter? Find(long number) => PageOf(number)?.Letters.Find(letter => letter.Number == number);

    /// <summary>Removes a letter for good; false if it was not there.</summary>
    public bool Remove(long number)
    {
        if (Find(number) is null) return false;
        Change(Take(number));
        return true;
    }

    /// <summary>Another reason for a letter that stays.</summary>
    public void Refused(long number, string reason)
    {
        if (PageOf(number) is not { } page) return;
        var at = page.Letters.FindIndex(letter => letter.Number == number);
        if (at < 0 || page.Letters[at].Reason == reason) return;
        page.Letters[at] = page.Letters[at] with { Reason = reason };
        Change(page.Number);
    }

    public DeadLetterPage Answer(LetterQuery query, int max)
    {
        var found = new List<DeadLetter>();
        foreach (var letter in Letters)
        {
            if (letter.Number <= query.After || (query.Before > 0 && letter.Number >= query.Before)) continue;
            if (query.Topic is { } topic && letter.Event.Topic.ToString() != topic) continue;
            if (query.Reason is { } reason && !letter.Reason.Contains(reason, StringComparison.OrdinalIgnoreCase)) continue;
            found.Add(letter);
        }

        if (!query.OldestFirst) found.Reverse();
        var more = found.Count > max;
        return new DeadLetterPage([.. more ? found[..max] : found], Total, Dropped, Waiting, more);
    }

    /// <summary>Pages that changed since the last call, as they are to be stored; null = the page is no longer in use.</summary>
    public List<(long Number, DeadLetterPageRecord? Record)> TakeChanged()
    {
        var changed = new List<(long, DeadLetterPageRecord?)>(_changed.Count);
        foreach (var number in _changed) changed.Add((number, _pages.Find(page => page.Number == number) is { } page ? RecordOf(page) : null));
        _changed.Clear();
        return changed;
    }

    private DeadLetterPageRecord RecordOf(Page page) => new()
    {
        Total = Total,
        Dropped = Dropped,
        Oldest = Oldest,
        Letters = page.Letters.ConvertAll(DeadLetterRecord.Letter.Of),
    };

    private void Keep(Page page, DeadLetter letter)
    {
        if (Identity.Of(letter.Event) is { } identity) _known.Add(identity);
        page.Letters.Add(letter);
        page.Bytes += letter.Event.Data.Length;
        _bytes += letter.Event.Data.Length;
        Waiting++;
    }

    /// <returns>Number of its page. A page without letters goes, unless it is the newest: that says how far numbers have come.</returns>
    private long Take(long number)
    {
        var page = PageOf(number)!;
        var letter = page.Letters.Find(kept => kept.Number == number)!;
        page.Letters.Remove(letter);
        if (Identity.Of(letter.Event) is { } gone) _known.Remove(gone);
        page.Bytes -= letter.Event.Data.Length;
        _bytes -= letter.Event.Data.Length;
        Waiting--;
        if (page.Letters.Count > 0 || page == _pages[^1]) return page.Number;
        _pages.Remove(page);
        Change(page.Number);
        return page.Number;
    }

    private void Change(long page)
    {
        _changed.Add(page);
        Revision++;
    }

    private DeadLetter? First()
    {
        foreach (var letter in Letters) return letter;
        return null;
    }

    private Page? PageOf(long number) => _pages.Find(page => page.Letters is [var first, .., var last] ? first.Number <= number && number <= last.Number : page.Letters is [var only] && only.Number == number);

    private DeadLetter Cut(DeadLetter letter)
    {
        var data = letter.Event.Data ?? [];
        if (data.Length <= options.KeepPayloadBytes) return letter.Event.Data is null ? letter with { Event = letter.Event with { Data = data } } : letter;
        return letter with
        {
            Event = letter.Event with { Data = data[..options.KeepPayloadBytes] },
            Reason = string.Create(CultureInfo.InvariantCulture, $"{letter.Reason} (Only the first {options.KeepPayloadBytes} of {data.Length} bytes are kept.)"),
            CutFrom = data.Length,
        };
    }

    private sealed class Page(long number)
    {
        public long Number { get; } = number;

        public List<DeadLetter> Letters { get; } = [];

        public long Bytes { get; set; }

        public bool IsFull => Letters.Count >= PageLetters || Bytes >= PageBytes;
    }

    private readonly record struct Identity(TopicKey Topic, string Source, string Place)
    {
        public static Identity? Of(SourcedEvent e) =>
            (e.Sequence?.ToString() ?? e.EventId) is { } place && e.Source is not null ? new Identity(e.Topic, e.Source, place) : null;
    }
}
