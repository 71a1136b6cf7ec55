using E2EEvents.Grains.Interfaces.Regions;

namespace E2EEvents.Grains.Region;

/// <summary>Terms that only rise. Not thread-safe.</summary>
internal sealed class HomesBook
{
    private readonly Dictionary<string, HomesRecord.Entry> _terms = [];

    public HomesBook(HomesRecord? stored = null)
    {
        foreach (var entry in stored?.Terms ?? []) _terms[entry.Kind] = entry;
    }

    /// <summary>Rises with each change.</summary>
    public int Changes { get; private set; }

    public KindTerm TermOf(string kind, Term first) => _terms.TryGetValue(kind, out var known) ? known.ToKindTerm() : new KindTerm(kind, first);

    public KindTerm[] All()
    {
        var all = new KindTerm[_terms.Count];
        var at = 0;
        foreach (var entry in _terms.Values) all[at++] = entry.ToKindTerm();
        return all;
    }

    /// <summary>Takes a term over if it is above the one known; that one's announcement is over then.</summary>
    public bool Learn(string kind, Term term, Term first)
    {
        if (!term.IsAbove(TermOf(kind, first).Term)) return false;
        Set(new HomesRecord.Entry { Kind = kind, Number = term.Number, Region = term.Region });
        return true;
    }

    /// <summary>Announces a move to a term, or calls it off; false if that changes nothing, or the term asked for is not above the one known.</summary>
    public bool Leave(string kind, Term to, bool leaving, Term first)
    {
        var known = TermOf(kind, first);
        if (known.Leaving == leaving || !to.IsAbove(known.Term) || (!leaving && known.LeavingTo != to)) return false; // one move at a time; only its own caller calls it off
        Set(new HomesRecord.Entry { Kind = kind, Number = known.Term.Number, Region = known.Term.Region, Leaving = leaving, ToNumber = to.Number, ToRegion = to.Region });
        return true;
    }

    public HomesRecord ToRecord() => new() { Terms = [.. _terms.Values] };

    private void Set(HomesRecord.Entry entry)
    {
        _terms[entry.Kind] = entry;
        Changes++;
    }
}

/// <summary>Stored form of the terms.</summary>
internal sealed class HomesRecord
{
    public IReadOnlyList<Entry> Terms { get; init; } = [];

    /// <summary>One kind.</summary>
    internal sealed class Entry
    {
        public string Kind { get; init; } = "";

        public long Number { get; init; }

        public string Region { get; init; } = "";

        public bool Leaving { get; init; }

        /// <summary>Number of the announced term while <see cref="Leaving"/>.</summary>
        public long ToNumber { get; init; }

        public string ToRegion { get; init; } = "";

        public KindTerm ToKindTerm() => new(Kind, new Term(Number, Region), Leaving) { LeavingTo = Leaving ? new Term(ToNumber, ToRegion) : null };
    }
}
