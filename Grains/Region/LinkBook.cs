using E2EEvents.Grains.Interfaces.Regions;

namespace E2EEvents.Grains.Region;

/// <summary>What every silo last said about its links; a silo that falls silent is forgotten. Not thread-safe.</summary>
internal sealed class LinkBook(TimeProvider time)
{
    /// <summary>Silence after which a silo's links count no more: five of its reports.</summary>
    public static readonly TimeSpan Kept = TimeSpan.FromSeconds(5);

    private readonly SortedDictionary<string, (LinkStatus[] Links, long At)> _silos = new(StringComparer.Ordinal);

    /// <summary>Replaces what the silo said before.</summary>
    public void Report(string silo, LinkStatus[] links)
    {
        Forget(); // here too: silos that come and go must not pile up where nobody lists
        _silos[silo] = (links, time.GetTimestamp());
    }

    /// <summary>All links, by silo.</summary>
    public LinkStatus[] List()
    {
        Forget();
        var all = new List<LinkStatus>();
        foreach (var (_, said) in _silos) all.AddRange(said.Links);
        return [.. all];
    }

    private void Forget()
    {
        List<string>? silent = null;
        foreach (var (silo, said) in _silos)
        {
            if (time.GetElapsedTime(said.At) > Kept) (silent ??= []).Add(silo);
        }

        foreach (var silo in silent ?? []) _silos.Remove(silo);
    }
}
