namespace E2EEvents.Grains.Interfaces.Regions;

/// <summary>How this region's links are, as its silos last said. In memory. Key 0.</summary>
[Alias("e2e.region-status")]
public interface IRegionStatusGrain : IGrainWithIntegerKey
{
    /// <summary>Replaces what this silo said before; forgotten after 5 s of silence.</summary>
    [Alias("report")]
    Task ReportAsync(string silo, LinkStatus[] links, CancellationToken cancellationToken);

    /// <summary>All links of all silos.</summary>
    [Alias("list")]
    Task<LinkStatus[]> ListAsync(CancellationToken cancellationToken);
}

/// <summary>One link of one silo.</summary>
/// <param name="Silo">Silo that dials.</param>
/// <param name="Upstream">Region it leads to.</param>
/// <param name="Address">Gateway it is connected to, or tried last.</param>
/// <param name="IsUp">True while frames pass.</param>
/// <param name="Since">Since when, Unix µs.</param>
/// <param name="RoundTrip">Of the last ping, µs; 0 = none yet.</param>
/// <param name="ClockOffset">What to add to this silo's clock to get the upstream's, µs.</param>
/// <param name="Lag">Per home region reached through it: home's time now minus the watermark, µs.</param>
/// <param name="Topics">Topics followed through it.</param>
/// <param name="BytesIn">Bytes received since the process started, before decompression.</param>
/// <param name="LastError">Why it is down or was last; empty = nothing yet.</param>
[GenerateSerializer, Immutable, Alias("e2e.link-status")]
public sealed record LinkStatus(
    [property: Id(0)] string Silo,
    [property: Id(1)] string Upstream,
    [property: Id(2)] string Address,
    [property: Id(3)] bool IsUp,
    [property: Id(4)] long Since,
    [property: Id(5)] long RoundTrip,
    [property: Id(6)] long ClockOffset,
    [property: Id(7)] Dictionary<string, long> Lag,
    [property: Id(8)] int Topics,
    [property: Id(9)] long BytesIn,
    [property: Id(10)] string LastError);
