using System.Collections.Concurrent;
using E2EEvents.Grains.Interfaces.Regions;
using E2EEvents.Grains.Region;
using E2EEvents.Hosting;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace E2EEvents.Grains.Replication;

/// <summary>
/// All links of this silo. Those that lead to configured homes, and to the upstream, are kept open even when nothing is followed there,
/// so that terms get around: a home that comes back after it was replaced learns of it from whoever dials it first.
/// </summary>
internal sealed class RegionLinks : BackgroundService, IRegionCalls
{
    private const int AskAgainTurns = 5;
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(1);

    private readonly HomeMap _homes;
    private readonly IGrainFactory _grains;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly LinkParts _parts;
    private readonly string _silo;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, RegionLink> _links = [];
    private readonly ConcurrentDictionary<Replica, RegionLink?> _replicas = new();
    private readonly CancellationTokenSource _stopping = new();
    private Task _running = Task.CompletedTask;
    private long _sub;

    public RegionLinks(
        HomeMap homes, SiloFreshness freshness, ILinkDialler dialler, IGrainFactory grains, ILocalSiloDetails silo, SiloMetrics metrics, TimeProvider time, ILogger<RegionLinks> logger)
    {
        (_homes, _grains, _time, _logger) = (homes, grains, time, logger);
        _silo = silo.SiloAddress.ToParsableString();
        _parts = new LinkParts(homes, freshness, dialler, LearnAsync, _silo, metrics, logger, time);
        CopyFailures = new Seldom(TimeSpan.FromSeconds(10), time);
        homes.HomeChanged += Reroute;
    }

    /// <summary>When to speak of standby copies that fail.</summary>
    public Seldom CopyFailures { get; }

    /// <summary>Follows a topic through the link that leads to its home; while this region is the home, not yet.</summary>
    public void Add(Replica replica)
    {
        var link = _homes.UpstreamOf(replica.Topic.Kind) is { } upstream ? LinkTo(upstream) : null;
        replica.Sub = Interlocked.Increment(ref _sub);
        _replicas[replica] = link;
        link?.Add(replica);
        if (replica.IsEnded) Remove(replica); // while it was routed anew
    }

    /// <summary>Follows it no longer.</summary>
    public void Remove(Replica replica)
    {
        if (_replicas.TryRemove(replica, out var link)) link?.Remove(replica);
    }

    public Task<ReadOnlyMemory<byte>> CallAsync(string region, LinkMethod method, byte[] body, CancellationToken cancellationToken) =>
        _homes.Tree.LinksOf(region).Length == 0
            ? throw new RegionCallException($"region {region} takes no links (Regions:All:{region}:Links is empty)", isRefused: true)
            : LinkTo(region).CallAsync(method, body, cancellationToken);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Every, _time);
        for (var turn = 0; ; turn++)
        {
            foreach (var region in _homes.Tree.ToKeep()) LinkTo(region);
            try
            {
                if (turn % AskAgainTurns == 0) AskAgain();
                await TellAsync(exchangesTerms: turn % 2 == 1, stoppingToken).ConfigureAwait(false);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested) // survived: a silo that is just starting, or a link that is down
            {
                Log.LinkNewsFailed(_logger, e.Message);
            }

            if (!await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false)) return;
        }
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await base.StopAsync(cancellationToken).ConfigureAwait(false);
        await _running.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public override void Dispose()
    {
        _homes.HomeChanged -= Reroute;
        _stopping.Dispose();
        base.Dispose();
    }

    /// <summary>Says how the links are, and exchanges terms with everybody who is connected.</summary>
    private async Task TellAsync(bool exchangesTerms, CancellationToken cancellationToken)
    {
        RegionLink[] links;
        lock (_lock) links = [.. _links.Values];
        if (links.Length == 0) return;
        await _grains.GetGrain<IRegionStatusGrain>(0).ReportAsync(_silo, Array.ConvertAll(links, link => link.Status(_silo)), cancellationToken)
            .WaitAsync(Every, _time, cancellationToken).ConfigureAwait(false);
        if (!exchangesTerms) return;
        foreach (var link in links) await link.ExchangeTermsAsync(cancellationToken).WaitAsync(Every, _time, cancellationToken).ConfigureAwait(false);
    }

    private void AskAgain()
    {
        lock (_lock)
        {
            foreach (var (_, link) in _links) link.AskAgain();
        }
    }

    private Task<KindTerm[]> LearnAsync(KindTerm[] terms) =>
        _grains.GetGrain<IHomesGrain>(0).LearnAsync(terms, CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(3), _time);

    private RegionLink LinkTo(string region)
    {
        lock (_lock)
        {
            if (_links.TryGetValue(region, out var known)) return known;
            var link = new RegionLink(region, _parts);
            _links.Add(region, link);
            if (_homes.Tree.LinksOf(region).Length > 0) _running = Task.WhenAll(_running, Task.Run(() => link.RunAsync(_stopping.Token), CancellationToken.None));
            else Log.LinkWithoutAddress(_logger, region);
            return link;
        }
    }

    /// <summary>A kind's home is elsewhere now: its replicas go on by position at the other link.</summary>
    private void Reroute(string kind)
    {
        foreach (var (replica, _) in _replicas)
        {
            if (replica.Topic.Kind != kind) continue;
            Remove(replica);
            Add(replica);
        }
    }
}
