using E2EEvents.Grains.Interfaces.Regions;

namespace E2EEvents.Grains.Region;

/// <summary>Collects what silos say about their links. In memory: a new activation knows all again after a second.</summary>
[GrainType("region-status")]
internal sealed class RegionStatusGrain(TimeProvider time) : Grain, IRegionStatusGrain
{
    private readonly LinkBook _book = new(time);

    public Task ReportAsync(string silo, LinkStatus[] links, CancellationToken cancellationToken)
    {
        _book.Report(silo, links);
        return Task.CompletedTask;
    }

    public Task<LinkStatus[]> ListAsync(CancellationToken cancellationToken) => Task.FromResult(_book.List());
}
