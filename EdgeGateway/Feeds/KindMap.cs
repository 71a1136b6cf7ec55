using E2EEvents.Hosting;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace E2EEvents.EdgeGateway.Feeds;

/// <summary>
/// The region's topic kinds and their homes, asked from its silos every second: a home may move. An unknown kind is asked for again at once, at most
/// every few seconds.
/// </summary>
internal sealed class KindMap(IGrainFactory grains, IOptions<FeedOptions> options, TimeProvider time, ILogger<KindMap> logger) : BackgroundService
{
    private static readonly TimeSpan ReloadEvery = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan UnknownAgainAfter = TimeSpan.FromSeconds(5);

    private volatile Dictionary<string, KindInfo> _kinds = [];
    private readonly Lock _lock = new();
    private volatile bool _isLoaded;
    private Task? _loading;
    private long _unknownAt = long.MinValue / 2;

    public bool IsLoaded => _isLoaded;

    public IReadOnlyCollection<KindInfo> All => _kinds.Values;

    /// <summary>True if the kind exists.</summary>
    public async ValueTask<bool> KnowsAsync(string kind, CancellationToken cancellationToken)
    {
        if (_kinds.ContainsKey(kind)) return true;
        if (_isLoaded && time.GetElapsedTime(Volatile.Read(ref _unknownAt)) < UnknownAgainAfter) return false;
        if (_isLoaded) Volatile.Write(ref _unknownAt, time.GetTimestamp());
        try
        {
            await ReloadAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception) when (_isLoaded && !cancellationToken.IsCancellationRequested)
        {
            // the silos do not answer: what is known must do
        }

        return _kinds.ContainsKey(kind);
    }

    /// <exception cref="KeyNotFoundException">The kind is unknown; ask <see cref="KnowsAsync"/> first.</exception>
    public Delivery DeliveryOf(string kind) => _kinds[kind].Delivery;

    /// <summary>Name of the kind's home region.</summary>
    /// <exception cref="KeyNotFoundException">The kind is unknown.</exception>
    public string HomeOf(string kind) => _kinds[kind].Home;

    public KindInfo? Find(string kind) => _kinds.GetValueOrDefault(kind);

    /// <summary>The grain to read, follow and publish at in this region.</summary>
    public ITopicReader ReaderOf(TopicKey topic) => grains.GetGrain<ITopicReader>(TopicKindAttribute.ReaderIdOf(topic, _kinds[topic.Kind].IsHere));

    /// <summary>Raised for each kind whose topics are at other grains than before.</summary>
    public event Action<string>? Moved;

    /// <summary>Asks the silos; several callers share one question.</summary>
    public Task ReloadAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_loading is null or { IsCompleted: true }) _loading = LoadAsync();
            return _loading.WaitAsync(cancellationToken);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var backoff = new Backoff(options.Value.FirstRetry, options.Value.LongestRetry, time, Random.Shared.NextDouble);
        while (!stoppingToken.IsCancellationRequested)
        {
            var delay = ReloadEvery;
            try
            {
                var isFirst = !_isLoaded;
                await ReloadAsync(stoppingToken).ConfigureAwait(false);
                backoff.Reset();
                if (isFirst) Log.KindsLoaded(logger, _kinds.Count, string.Join(", ", _kinds.Keys));
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested) // survived: silos that are not there
            {
                delay = backoff.Next();
                if (!_isLoaded) Log.KindsFailed(logger, e.Message, delay);
            }

            await Task.Delay(delay, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task LoadAsync()
    {
        var deadline = options.Value.PullWait + options.Value.CallDeadline;
        var infos = await grains.GetGrain<IKindsGrain>(0).ListAsync(CancellationToken.None).WaitAsync(deadline, time).ConfigureAwait(false);
        var before = _kinds;
        var kinds = new Dictionary<string, KindInfo>(infos.Length);
        foreach (var info in infos) kinds[info.Kind] = info;
        _kinds = kinds;
        _isLoaded = true;
        foreach (var info in infos)
        {
            if (before.TryGetValue(info.Kind, out var old) && (old.IsHere != info.IsHere || old.Home != info.Home)) Moved?.Invoke(info.Kind);
        }
    }
}
