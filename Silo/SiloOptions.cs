using System.ComponentModel.DataAnnotations;
using System.Net;
using Microsoft.Extensions.Options;

namespace E2EEvents.Silo;

/// <summary>What this process does in its region. Section <c>Silo</c>; see also <c>Cluster</c>.</summary>
internal sealed class SiloOptions : IValidatableObject
{
    /// <summary>Parts hosted by this process, separated by commas: <c>silo</c> (always), <c>gateway</c>, <c>connectors</c>. Default: all three.</summary>
    [Required]
    public string Roles { get; set; } = "silo,gateway,connectors";

    /// <summary>Port on which silos talk to each other. Default: 11111. The port for Orleans clients is <c>Cluster:OrleansGatewayPort</c>.</summary>
    [Range(1, 65535)]
    public int SiloPort { get; set; } = 11111;

    /// <summary>IP address at which other processes reach this silo. Default: none, the first address of the machine; a loopback address makes it listen there only.</summary>
    public string? AdvertisedAddress { get; set; }

    /// <summary>
    /// Silence of a silo that counts as one missed probe. Default: 1 s. With three misses a killed silo's topics answer elsewhere in about 2 s;
    /// Orleans' own 5 s make it 18 s and more. Shorter ones let a garbage collection on a small busy host kill a healthy silo.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.5", "00:00:30")]
    public TimeSpan ProbeTimeout { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Missed probes in a row after which a silo is suspected dead. Default: 3.</summary>
    [Range(2, 20)]
    public int MissedProbes { get; set; } = 3;

    /// <summary>How often a silo reads the membership table in case it missed the word of a change. Default: 10 s, instead of Orleans' 60 s: the word travels by gossip, which may get lost.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:05:00")]
    public TimeSpan MembershipRefresh { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How often, while silos hold unequal shares, some grains move to those with fewer: a new silo takes its share of topics that are followed all day, too.
    /// A topic that moves goes on within milliseconds, and where the storage is declared durable no client notices; elsewhere nothing is moved, because its epoch
    /// would be renewed. 2 s to 1 h, or zero = never. Default: 15 s.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00")]
    public TimeSpan RebalanceEvery { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>Processor load, in percent, from which a silo turns new calls of Orleans clients away. Default: 95. They try again; without it, a silo that is late with everything looks dead.</summary>
    [Range(50, 100)]
    public int ShedLoadAbovePercent { get; set; } = 95;

    /// <summary>Serves Orleans' dashboard (grains, calls, silos) on the operators' listener under <c>/dashboard</c>. Default: false.</summary>
    public bool Dashboard { get; set; }

    /// <summary>True if this process has the role.</summary>
    public bool Has(string role) => Array.IndexOf(RoleNames(), role) >= 0;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (var role in RoleNames())
        {
            if (role is not (Role.Silo or Role.Gateway or Role.Connectors)) yield return new ValidationResult($"Silo:Roles names '{role}'; there are silo, gateway and connectors.", [nameof(Roles)]);
        }

        if (RebalanceEvery > TimeSpan.Zero && RebalanceEvery < TimeSpan.FromSeconds(2)) yield return new ValidationResult($"Silo:RebalanceEvery is {RebalanceEvery}; 2 s to 1 h, or zero = never.", [nameof(RebalanceEvery)]);
        if (!Has(Role.Silo)) yield return new ValidationResult("Silo:Roles lacks silo; the processes EdgeGateway and Connectors run the other roles alone.", [nameof(Roles)]);
        if (AdvertisedAddress is { Length: > 0 } address && !IPAddress.TryParse(address, out _))
        {
            yield return new ValidationResult($"Silo:AdvertisedAddress is '{address}'; write an IP address.", [nameof(AdvertisedAddress)]);
        }
    }

    private string[] RoleNames() => Roles.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}

/// <summary>Names of roles in <see cref="SiloOptions.Roles"/>.</summary>
internal static class Role
{
    public const string Silo = "silo";
    public const string Gateway = "gateway";
    public const string Connectors = "connectors";
}

[OptionsValidator]
internal sealed partial class SiloOptionsValidator : IValidateOptions<SiloOptions>;
