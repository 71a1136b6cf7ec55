using E2EEvents.Grains.Interfaces.Topics;

namespace E2EEvents.Grains.Interfaces.Regions;

/// <summary>What is wrong with <see cref="RegionsOptions"/>: everything at once, each in words that say where to mend it. Pure, but for <see cref="CertificateErrors"/>.</summary>
public static class RegionsCheck
{
    private const string All = "Regions:All";

    /// <summary>What any process can tell.</summary>
    public static List<string> Errors(RegionsOptions options)
    {
        var errors = new List<string>();
        if (options.All.Count > 0 && !options.All.ContainsKey(options.Name)) errors.Add($"Regions:Name is '{options.Name}', which is no region of {All} ({Known(options)}).");
        if (options.DefaultHome is { } home) CheckHome(options, "Regions:DefaultHome", home, errors);
        foreach (var (kind, region) in options.Homes)
        {
            if (!TopicKey.IsKind(kind)) errors.Add($"Regions:Homes names '{kind}', which cannot be a topic kind.");
            CheckHome(options, $"Regions:Homes:{kind}", region, errors);
        }

        CheckList("Regions:Standby", options.Standby ?? "", errors);
        foreach (var (name, region) in options.All) CheckRegion(options, name, region, errors);
        foreach (var loop in Loops(options)) errors.Add($"{All} holds a loop of upstreams: {loop}. Topics would never come from their home; end the way at a home.");
        return errors;
    }

    /// <summary>What only a silo can tell, which knows the topic kinds there are.</summary>
    public static List<string> KindErrors(RegionsOptions options, IEnumerable<string> kinds)
    {
        var errors = new List<string>();
        var known = new SortedSet<string>(kinds, StringComparer.Ordinal);
        var tree = new RegionTree(options);
        foreach (var kind in options.Homes.Keys)
        {
            if (!known.Contains(kind)) errors.Add($"Regions:Homes:{kind} names a topic kind that does not exist; there are {string.Join(", ", known)}.");
        }

        foreach (var kind in known)
        {
            if (tree.ConfiguredHomeOf(kind) is null) errors.Add($"Topic kind '{kind}' has no home: set Regions:Homes:{kind} or Regions:DefaultHome to one of {Known(options)}.");
        }

        foreach (var kind in Items(options.Standby ?? ""))
        {
            if (TopicKey.IsKind(kind) && !known.Contains(kind)) errors.Add($"Regions:Standby names the topic kind '{kind}', which does not exist; there are {string.Join(", ", known)}.");
        }

        return errors;
    }

    /// <summary>What is wrong with the certificate files of a process that dials links or takes them. Reads the files.</summary>
    public static List<string> CertificateErrors(RegionsOptions options)
    {
        try
        {
            var own = new LinkCertificates(options, TimeProvider.System).Own;

            // One that has expired is no reason not to start: the region still serves its own, and links say why they are down.
            var now = TimeProvider.System.GetUtcNow();
            DateTimeOffset from = own.NotBefore, to = own.NotAfter.AddSeconds(-1);
            var certificates = new LinkCertificates(options, new Fixed(now < from ? from : now > to ? to : now));
            foreach (var role in (LinkRole[])[LinkRole.Client, LinkRole.Server])
            {
                if (!certificates.TryCheck(own, role, out var region, out var reason)) return [$"Regions:Certificate ({options.Certificate}) is of no use for links: {reason}."];
                if (region != options.Name) return [$"Regions:Certificate ({options.Certificate}) is region '{region}', but Regions:Name is '{options.Name}'."];
            }

            return [];
        }
        catch (InvalidDataException e)
        {
            return [e.Message];
        }
    }

    /// <summary>Every loop of upstreams once, as <c>a -> b -> a</c>.</summary>
    public static List<string> Loops(RegionsOptions options)
    {
        var loops = new List<string>();
        var done = new HashSet<string>();
        foreach (var start in options.All.Keys)
        {
            var way = new List<string>();
            var at = start;
            while (at is not null && options.All.TryGetValue(at, out var region) && done.Add(at))
            {
                way.Add(at);
                at = region.Upstream;
            }

            // A way that ends on itself has closed a loop; one that ends on an earlier way has not.
            if (at is not null && way.IndexOf(at) is var first and >= 0) loops.Add(string.Join(" -> ", way.GetRange(first, way.Count - first)) + " -> " + at);
        }

        return loops;
    }

    private static void CheckHome(RegionsOptions options, string key, string region, List<string> errors)
    {
        if (!Exists(options, region)) errors.Add($"{key} is '{region}', which is no region of {All} ({Known(options)}).");
        else if (options.All.Count > 1 && string.IsNullOrWhiteSpace(options.All[region].Links)) errors.Add($"{key} is '{region}', but {All}:{region}:Links is empty: no other region can follow it.");
    }

    private static void CheckRegion(RegionsOptions options, string name, RegionOptions region, List<string> errors)
    {
        if (!IsName(name)) errors.Add($"{All} names '{name}'; a region is written with lower-case letters, digits and '-', a letter first, at most 40.");
        if (region.Upstream is { } upstream)
        {
            if (!Exists(options, upstream)) errors.Add($"{All}:{name}:Upstream is '{upstream}', which is no region of {All} ({Known(options)}).");
            else if (string.IsNullOrWhiteSpace(options.All[upstream].Links)) errors.Add($"{All}:{name}:Upstream is '{upstream}', but {All}:{upstream}:Links is empty: there is nowhere to dial.");
        }

        foreach (var address in (region.Links ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (!IsAddress(address)) errors.Add($"{All}:{name}:Links holds '{address}'; write host:port.");
        }

        if (region.PublicUrl is { Length: > 0 } url && !(Uri.TryCreate(url, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"))
        {
            errors.Add($"{All}:{name}:PublicUrl is '{url}'; write http://host:port or https://host.");
        }

        CheckList($"{All}:{name}:Kinds", region.Kinds, errors);
    }

    private static void CheckList(string key, string list, List<string> errors)
    {
        foreach (var item in Items(list))
        {
            if (item != "*" && !TopicKey.IsKind(item)) errors.Add($"{key} holds '{item}'; write topic kinds separated by commas, or *.");
        }
    }

    private static string[] Items(string list) => list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private static bool Exists(RegionsOptions options, string region) => options.All.Count == 0 ? region == options.Name : options.All.ContainsKey(region);

    private static string Known(RegionsOptions options)
    {
        var names = new List<string>(options.All.Count == 0 ? [options.Name] : options.All.Keys);
        names.Sort(StringComparer.Ordinal);
        return string.Join(", ", names);
    }

    private static bool IsName(string name)
    {
        if (name.Length is 0 or > 40 || !char.IsAsciiLetterLower(name[0])) return false;
        foreach (var c in name)
        {
            if (!char.IsAsciiLetterLower(c) && !char.IsAsciiDigit(c) && c != '-') return false;
        }

        return true;
    }

    /// <summary>Asks the parser that will read it when dialling: <c>host:port</c> and nothing more.</summary>
    private static bool IsAddress(string address)
    {
        var colon = address.LastIndexOf(':');
        return colon > 0 && ushort.TryParse(address.AsSpan(colon + 1), System.Globalization.NumberStyles.None, null, out var port) && port > 0
            && Uri.TryCreate($"wss://{address}/link", UriKind.Absolute, out var uri) && uri.Port == port && uri.UserInfo.Length == 0 && uri.AbsolutePath == "/link" && uri.Host.Length > 0;
    }

    private sealed class Fixed(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}
