using System.Text.Json;
using E2EEvents.EdgeGateway.Feeds;
using E2EEvents.EdgeGateway.Policy;
using E2EEvents.Grains.Interfaces.Regions;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace E2EEvents.EdgeGateway.Transports.Http;

/// <summary>
/// <c>GET /regions</c>: which regions there are, who follows whom, how fresh this one is. Clients are told what helps to choose a region; addresses,
/// silos and errors are for operators. Silos are asked at most once a second, however many clients ask.
/// </summary>
internal sealed class RegionsEndpoint(KindMap kinds, IGrainFactory grains, IOptions<RegionsOptions> regions, IOptions<FeedOptions> feeds, TimeProvider time)
{
    private static readonly TimeSpan Kept = TimeSpan.FromSeconds(1);
    private static readonly JsonSerializerOptions Indented = new(StateEncoder.StateOptions) { WriteIndented = true };

    private readonly Lock _lock = new();
    private Task<LinkStatus[]>? _links;
    private long _askedAt;

    /// <summary>For clients.</summary>
    public async Task GetAsync(HttpContext http)
    {
        if (!kinds.IsLoaded) throw new ProblemException(Problem.Unavailable, "The region's silos do not answer yet; try again in a moment.");
        var links = RegionsBodies.ForClients(await LinksAsync(http.RequestAborted).ConfigureAwait(false));
        var body = new RegionsBody(regions.Value.Name, RegionsBodies.Topology(regions.Value, kinds.All, isForOperators: false), links, regions.Value.StaleAfter.TotalMilliseconds);
        await WriteAsync(http, body, CacheRules.Status, StateEncoder.StateOptions).ConfigureAwait(false);
    }

    /// <summary>For operators: all there is.</summary>
    public async Task GetForOperatorsAsync(HttpContext http)
    {
        LinkStatus[] links;
        try
        {
            links = await LinksAsync(http.RequestAborted).ConfigureAwait(false);
        }
        catch (ProblemException e)
        {
            await e.Problem.WriteAsync(http, e.Message).ConfigureAwait(false);
            return;
        }

        var body = new OperatorsBody(
            regions.Value.Name, RegionsBodies.Topology(regions.Value, kinds.All, isForOperators: true), RegionsBodies.Homes(kinds.All),
            Array.ConvertAll(links, RegionsBodies.ForOperators), regions.Value.StaleAfter.TotalMilliseconds);
        await WriteAsync(http, body, "no-store", Indented).ConfigureAwait(false);
    }

    private async Task<LinkStatus[]> LinksAsync(CancellationToken cancellationToken)
    {
        Task<LinkStatus[]> asked;
        lock (_lock)
        {
            if (_links is null or { IsCompleted: true, IsCompletedSuccessfully: false } || time.GetElapsedTime(_askedAt) >= Kept)
            {
                _links = AskAsync();
                _askedAt = time.GetTimestamp();
            }

            asked = _links;
        }

        try
        {
            return await asked.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is TimeoutException or Orleans.Runtime.OrleansException)
        {
            throw new ProblemException(Problem.Unavailable, "The region's silos do not answer; try again in a moment.");
        }
    }

    private Task<LinkStatus[]> AskAsync() =>
        grains.GetGrain<IRegionStatusGrain>(0).ListAsync(CancellationToken.None).WaitAsync(feeds.Value.PullWait + feeds.Value.CallDeadline, time);

    private static Task WriteAsync<T>(HttpContext http, T body, string caching, JsonSerializerOptions options)
    {
        http.Response.ContentType = "application/json";
        http.Response.Headers.CacheControl = caching;
        return http.Response.Body.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(body, options), http.RequestAborted).AsTask();
    }
}
