using E2EEvents.Hosting;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace E2EEvents.EdgeGateway.Feeds;

/// <summary>The region's topic kinds, asked from its silos at start, and again when an unknown one is named (at most every few seconds).</summary>
internal sealed class KindMap(IGrainFactory grains, IOptions<FeedOptions> options, TimeProvider time, ILogger<KindMap> logger) : BackgroundService
{
    private static readonly TimeSpan ReloadEvery = TimeSpan.FromSeconds(5);

    private volatile Dictionary<string, KindInfo> _kinds = [];
    private volatile bool _isLoaded;
    private long _loadedAt;

    public bool IsLoaded => _isLoaded;

    public IReadOnlyCollection<KindInfo> All => _kinds.Values;

    /// <summary>True if the kind exists.</summary>
    public async ValueTask<bool> KnowsAsync(string kind, CancellationToken cancellationToken)
    {
        if (_kinds.ContainsKey(kind)) return true;
        if (_isLoaded && time.GetElapsedTime(Volatile.Read(ref _loadedAt)) < ReloadEvery) return false;
        try
        {
            await LoadAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception) when (_isLoaded && !cancellationToken.IsCancellationRequested)
        {
            Volatile.Write(ref _loadedAt, time.GetTimestamp()); // the silos do not answer: what is known must do
        }

        return _kinds.ContainsKey(kind);
    }

    /// <exception cref="KeyNotFoundException">The kind is unknown; ask <see cref="KnowsAsync"/> first.</exception>
    public Delivery DeliveryOf(string kind) => _kinds[kind].Delivery;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var backoff = new Backoff(options.Value.FirstRetry, options.Value.LongestRetry, time, Random.Shared.NextDouble);
        while (!_isLoaded && !stoppingToken.IsCancellationRequested)
        {
            try
            {
                await LoadAsync(stoppingToken).ConfigureAwait(false);
                Log.KindsLoaded(logger, _kinds.Count, string.Join(", ", _kinds.Keys));
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested) // survived: silos that are not there yet
            {
                var delay = backoff.Next();
                Log.KindsFailed(logger, e.Message, delay);
                await Task.Delay(delay, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task LoadAsync(CancellationToken cancellationToken)
    {
        var deadline = options.Value.PullWait + options.Value.CallDeadline;
        var infos = await grains.GetGrain<IKindsGrain>(0).ListAsync(cancellationToken).WaitAsync(deadline, time, cancellationToken).ConfigureAwait(false);
        var kinds = new Dictionary<string, KindInfo>(infos.Length);
        foreach (var info in infos) kinds[info.Kind] = info;
        _kinds = kinds;
        Volatile.Write(ref _loadedAt, time.GetTimestamp());
        _isLoaded = true;
    }
}
