namespace E2EEvents.Grains.Interfaces.Regions;

/// <summary>What follows from <see cref="RegionsOptions"/> about who follows whom. Immutable.</summary>
/// <remarks>
/// A region follows a home through its configured upstream if that leads to the home, else directly. As everybody on the way decides by the same
/// settings, ways end at the home; a loop of upstreams is refused at start.
/// </remarks>
public sealed class RegionTree(RegionsOptions options)
{
    /// <summary>This region.</summary>
    public string Name => options.Name;

    /// <summary>The configured home of a kind: the first term. Null when none is configured although there are several regions.</summary>
    public string? ConfiguredHomeOf(string kind) =>
        options.Homes.GetValueOrDefault(kind) ?? options.DefaultHome ?? (options.All.Count <= 1 ? options.Name : null);

    /// <summary>The region that this one dials for what has its home in <paramref name="home"/>; null at that home itself.</summary>
    public string? UpstreamTo(string home)
    {
        if (home == options.Name) return null;
        var first = options.All.GetValueOrDefault(options.Name)?.Upstream;
        var at = first;
        for (var steps = 0; at is not null && steps < options.All.Count; steps++)
        {
            if (at == home) return first;
            at = options.All.GetValueOrDefault(at)?.Upstream;
        }

        return home;
    }

    /// <summary>Regions to stay in touch with whatever is followed: the upstream, and those that lead to configured homes.</summary>
    public IReadOnlyCollection<string> ToKeep()
    {
        var keep = new HashSet<string>();
        foreach (var home in (string?[])[options.DefaultHome, .. options.Homes.Values])
        {
            if (home is not null && UpstreamTo(home) is { } towards) keep.Add(towards);
        }

        if (options.All.GetValueOrDefault(options.Name)?.Upstream is { } upstream) keep.Add(upstream);
        keep.RemoveWhere(region => LinksOf(region).Length == 0);
        return keep;
    }

    /// <summary>Where a region takes links, <c>host:port</c> each; empty when it takes none.</summary>
    public string[] LinksOf(string region) =>
        options.All.GetValueOrDefault(region)?.Links?.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];

    /// <summary>True if a region may take this kind over a link.</summary>
    public bool MayTake(string region, string kind) => options.All.TryGetValue(region, out var of) && IsListed(of.Kinds, kind);

    /// <summary>True if another region may speak of this term: of a region of the configuration, and far enough from the largest number for later ones.</summary>
    public bool IsTerm(long number, string region) => number is >= 1 and <= long.MaxValue / 2 && options.All.ContainsKey(region);

    /// <summary>True if this region keeps every topic of the kind.</summary>
    public bool IsStandbyFor(string kind) => options.Standby is { } standby && IsListed(standby, kind);

    private static bool IsListed(string list, string kind)
    {
        foreach (var item in list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (item == "*" || item == kind) return true;
        }

        return false;
    }
}
