using System.ComponentModel.DataAnnotations;

namespace E2EEvents.Grains.Interfaces.Regions;

/// <summary>
/// The regions of the world, of which this process belongs to one. Section <c>Regions</c>; the same in every process of every region but for
/// <see cref="Name"/> and <see cref="Standby"/>. With nothing set there is one region, home of everything.
/// </summary>
public sealed class RegionsOptions
{
    /// <summary>Name of this region: lower-case letters, digits and <c>-</c>, at most 40. Default: home.</summary>
    [Required, RegularExpression("[a-z][a-z0-9-]{0,39}")]
    public string Name { get; set; } = "home";

    /// <summary>Home of every kind that <see cref="Homes"/> does not name. Default: none, which with one region is that region.</summary>
    public string? DefaultHome { get; set; }

    /// <summary>Homes of single kinds: kind to region. The first home only: a promotion is stored and overrides it. Default: none.</summary>
    public Dictionary<string, string> Homes { get; init; } = [];

    /// <summary>Every region by name, this one included. Default: none, this region alone.</summary>
    public Dictionary<string, RegionOptions> All { get; init; } = [];

    /// <summary>Age at which a topic is stale and its clients are told: no word from its home that vouches for a later moment. Default: 5 s.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan StaleAfter { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a replica stays after its last follower and reader. Default: 30 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "01:00:00")]
    public TimeSpan Linger { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Kinds, separated by commas, of which this region keeps every topic, asked for or not, so that it can be promoted; <c>*</c> = all. Default: none.</summary>
    public string? Standby { get; set; }

    /// <summary>How often a standby region copies the record of a topic that changes. What came after the last copy may be missing if home is lost. Default: 1 s; well below the 5 s by which copies of checkpoints lag.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:00:03")]
    public TimeSpan StandbyCopyEvery { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>PEM file with this region's certificate, whose subject alternative names hold <c>&lt;region&gt;.region</c>, with usages client and server. Needed for links. Default: none.</summary>
    public string? Certificate { get; set; }

    /// <summary>PEM file with the private key of <see cref="Certificate"/>. Default: none.</summary>
    public string? CertificateKey { get; set; }

    /// <summary>PEM file with the authority that all regions' certificates come from; the system's authorities are not trusted for links. Default: none.</summary>
    public string? Authority { get; set; }
}

/// <summary>One region of <see cref="RegionsOptions.All"/>.</summary>
public sealed class RegionOptions
{
    /// <summary>Where its gateways take links, <c>host:port</c> separated by <c>;</c>, tried in turn. Default: none, no other region can follow it.</summary>
    public string? Links { get; set; }

    /// <summary>Region through which it follows what has its home further up: its place in the tree. Default: none, it follows every home directly.</summary>
    public string? Upstream { get; set; }

    /// <summary>Where its clients connect, for the page and <c>GET /regions</c>, e.g. https://eu.scores.example. Default: none.</summary>
    public string? PublicUrl { get; set; }

    /// <summary>Kinds, separated by commas, that this region may take from others over a link. Default: * (all).</summary>
    public string Kinds { get; set; } = "*";
}
