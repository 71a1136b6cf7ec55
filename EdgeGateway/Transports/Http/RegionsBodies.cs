using E2EEvents.Grains.Interfaces.Regions;

namespace E2EEvents.EdgeGateway.Transports.Http;

/// <summary>What <see cref="RegionsEndpoint"/> tells, made from configuration, kinds and what silos said. Pure.</summary>
internal static class RegionsBodies
{
    private const double Thousand = 1000;

    /// <summary>All regions by name; with one region and no configuration, that one.</summary>
    public static List<RegionBody> Topology(RegionsOptions options, IReadOnlyCollection<KindInfo> kinds, bool isForOperators)
    {
        var bodies = new List<RegionBody>();
        var names = options.All.Count > 0 ? new SortedSet<string>(options.All.Keys, StringComparer.Ordinal) : new SortedSet<string> { options.Name };
        foreach (var name in names)
        {
            var region = options.All.GetValueOrDefault(name) ?? new RegionOptions();
            var homeOf = new List<string>();
            foreach (var kind in kinds)
            {
                if (kind.Home == name) homeOf.Add(kind.Kind);
            }

            homeOf.Sort(StringComparer.Ordinal);
            var publicUrl = string.IsNullOrEmpty(region.PublicUrl) ? null : region.PublicUrl.TrimEnd('/');
            bodies.Add(new RegionBody(name, publicUrl, region.Upstream, homeOf, isForOperators ? region.Links : null, isForOperators ? region.Kinds : null, isForOperators && name == options.Name ? options.Standby : null));
        }

        return bodies;
    }

    /// <summary>Kinds by name, with the term that says where they are at home.</summary>
    public static List<HomeBody> Homes(IReadOnlyCollection<KindInfo> kinds)
    {
        var bodies = new List<HomeBody>();
        foreach (var kind in kinds) bodies.Add(new HomeBody(kind.Kind, kind.Home, kind.Term, kind.Leaving));
        bodies.Sort((a, b) => string.CompareOrdinal(a.Kind, b.Kind));
        return bodies;
    }

    /// <summary>One link for each upstream, as bad as the worst of the silos has it.</summary>
    public static List<LinkBody> ForClients(LinkStatus[] links)
    {
        var bodies = new SortedDictionary<string, LinkBody>(StringComparer.Ordinal);
        foreach (var link in links)
        {
            bodies[link.Upstream] = bodies.TryGetValue(link.Upstream, out var other)
                ? new LinkBody(
                    link.Upstream, link.IsUp && other.IsUp, Math.Max(link.Since, other.Since), Worst(other.RoundTripMs, RoundTrip(link)),
                    Worst(other.LagMs, link.Lag), other.Topics + link.Topics)
                : new LinkBody(link.Upstream, link.IsUp, link.Since, RoundTrip(link), Worst([], link.Lag), link.Topics);
        }

        return [.. bodies.Values];
    }

    /// <summary>A silo's link as it is.</summary>
    public static OperatorLinkBody ForOperators(LinkStatus link) => new(
        link.Upstream, link.Silo, link.Address, link.IsUp, link.Since, RoundTrip(link), Milliseconds(link.ClockOffset), Worst([], link.Lag), link.Topics, link.BytesIn,
        link.LastError.Length > 0 ? link.LastError : null);

    private static double? RoundTrip(LinkStatus link) => link.RoundTrip > 0 ? Milliseconds(link.RoundTrip) : null;

    private static double? Worst(double? a, double? b) => a is null ? b : b is null ? a : Math.Max(a.Value, b.Value);

    private static SortedDictionary<string, double> Worst(SortedDictionary<string, double> lags, Dictionary<string, long> lag)
    {
        foreach (var (home, micros) in lag) lags[home] = Math.Max(lags.GetValueOrDefault(home), Milliseconds(micros));
        return lags;
    }

    private static double Milliseconds(long micros) => Math.Round(micros / Thousand, 1);
}

/// <summary>What clients are told.</summary>
internal sealed record RegionsBody(string Region, List<RegionBody> Regions, List<LinkBody> Links, double StaleAfterMs);

/// <summary>A region; links, kinds and standby for operators only.</summary>
internal sealed record RegionBody(string Name, string? PublicUrl, string? Upstream, List<string> HomeOf, string? Links, string? Kinds, string? Standby);

/// <summary>This region's way to an upstream. Since: Unix µs. Lag by home: how old what is here may be.</summary>
internal sealed record LinkBody(string Upstream, bool IsUp, long Since, double? RoundTripMs, SortedDictionary<string, double> LagMs, int Topics);

/// <summary>What operators are told.</summary>
internal sealed record OperatorsBody(string Region, List<RegionBody> Regions, List<HomeBody> Kinds, OperatorLinkBody[] Links, double StaleAfterMs);

/// <summary>Where a kind is at home.</summary>
internal sealed record HomeBody(string Kind, string Home, long Term, bool Leaving);

/// <summary>One silo's link.</summary>
internal sealed record OperatorLinkBody(
    string Upstream, string Silo, string Address, bool IsUp, long Since, double? RoundTripMs, double ClockOffsetMs, SortedDictionary<string, double> LagMs, int Topics, long BytesIn, string? LastError);
