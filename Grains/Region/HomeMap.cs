using E2EEvents.Grains.Interfaces.Regions;
using Microsoft.Extensions.Options;

namespace E2EEvents.Grains.Region;

/// <summary>Where every kind has its home, as this silo knows it: configuration, overridden by terms. Free-threaded; readers see a whole map.</summary>
internal sealed class HomeMap(IOptions<RegionsOptions> options)
{
    private const long FirstTerm = 1;

    private readonly Lock _lock = new();
    private readonly TaskCompletionSource _loaded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile Dictionary<string, KindTerm> _terms = [];

    public RegionTree Tree { get; } = new(options.Value);

    /// <summary>True if there is no other region.</summary>
    public bool IsAlone { get; } = options.Value.All.Count <= 1;

    /// <summary>This region.</summary>
    public string Region => Tree.Name;

    /// <summary>Raised, on any thread, for each kind whose home became another.</summary>
    public event Action<string>? HomeChanged;

    /// <summary>Completes once the stored terms are known; before it, configuration alone speaks, which a promotion may have overridden.</summary>
    public Task Loaded => _loaded.Task;

    public KindTerm TermOf(string kind) => _terms.TryGetValue(kind, out var known) ? known : FirstTermOf(kind);

    /// <summary>The term that configuration gives.</summary>
    public KindTerm FirstTermOf(string kind) => new(kind, new Term(FirstTerm, Tree.ConfiguredHomeOf(kind) ?? Tree.Name));

    /// <summary>What other regions are to be told: every term that was learnt.</summary>
    public KindTerm[] TermsToTell()
    {
        var terms = _terms;
        var tell = new KindTerm[terms.Count];
        terms.Values.CopyTo(tell, 0);
        for (var i = 0; i < tell.Length; i++) tell[i] = tell[i] with { Leaving = false };
        return tell;
    }

    public string HomeOf(string kind) => TermOf(kind).Term.Region;

    public bool IsHome(string kind) => HomeOf(kind) == Region;

    /// <summary>Region to dial for a kind; null at home.</summary>
    public string? UpstreamOf(string kind) => Tree.UpstreamTo(HomeOf(kind));

    /// <summary>Terms as the region's <see cref="IHomesGrain"/> answers them; lower ones than those known change nothing.</summary>
    public void Learn(IEnumerable<KindTerm> terms)
    {
        var moved = new List<string>();
        lock (_lock)
        {
            var next = new Dictionary<string, KindTerm>(_terms);
            foreach (var term in terms)
            {
                var known = TermOf(term.Kind);
                if (!term.Term.IsAbove(known.Term) && !(term.Term == known.Term && term.Leaving != known.Leaving)) continue;
                if (term.Term.Region != known.Term.Region) moved.Add(term.Kind);
                next[term.Kind] = term;
            }

            _terms = next;
        }

        _loaded.TrySetResult();
        foreach (var kind in moved) HomeChanged?.Invoke(kind);
    }
}
