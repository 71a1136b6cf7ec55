using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace E2EEvents.EdgeGateway.Fanout;

/// <summary>All workers of the gateway. An update goes to each worker that has subscribers of its topic, once.</summary>
internal sealed class FanoutWorkers : IHostedService, IDisposable
{
    private readonly FanoutWorker[] _workers;
    private readonly SlowBudget _budget;
    private readonly int _maxBacklog;
    private readonly TimeProvider _time;
    private readonly ILogger<FanoutWorkers> _logger;
    private readonly CancellationTokenSource _stopping = new();
    private int _next;
    private int _holders;
    private Task? _ticking;

    public FanoutWorkers(IOptions<FanoutOptions> options, TimeProvider time, GatewayMetrics metrics, ILogger<FanoutWorkers> logger)
    {
        var count = options.Value.Workers > 0 ? options.Value.Workers : Math.Min(8, Environment.ProcessorCount);
        _time = time;
        _logger = logger;
        _maxBacklog = options.Value.MaxBacklog;
        _budget = new SlowBudget(options.Value.MaxHeldBytes);
        metrics.ObserveHeld(() => _budget.Held);
        _workers = new FanoutWorker[count];
        for (var i = 0; i < count; i++) _workers[i] = new FanoutWorker(i, options.Value, _budget, time, metrics, logger);
    }

    public int Count => _workers.Length;

    /// <summary>Gives a new connection to the next worker in turn.</summary>
    public FanoutWorker Assign(Connection connection)
    {
        var worker = _workers[(uint)Interlocked.Increment(ref _next) % (uint)_workers.Length];
        connection.Worker = worker;
        return worker;
    }

    public void PreparingFailed(string topic, Exception exception) => Log.PreparingFailed(_logger, topic, exception);

    public void Publish(TopicChannel channel, Update update)
    {
        foreach (var worker in _workers)
        {
            if (channel.SubscribersOf(worker.Index).Count == 0) continue;
            worker.PostQuietly(new Work(WorkKind.Publish, channel, update));
            Interlocked.MemoryBarrier(); // posted before the look: who still holds sees it when it releases
            if (Volatile.Read(ref _holders) == 0) worker.Wake();
        }
    }

    /// <summary>From here to <see cref="Release"/> no worker is woken for an update: what came in one batch leaves in one write for each connection. Always with a release, soon.</summary>
    public void Hold() => Interlocked.Increment(ref _holders);

    /// <summary>Wakes whoever got something since <see cref="Hold"/>.</summary>
    public void Release()
    {
        Interlocked.Decrement(ref _holders); // a full fence
        foreach (var worker in _workers)
        {
            if (worker.Backlog > 0) worker.Wake();
        }
    }

    public void TellFreshness(TopicChannel channel)
    {
        foreach (var worker in _workers) worker.Post(new Work(WorkKind.Freshness, channel, null));
    }

    /// <summary>Waits until the workers have less than the backlog limit before them: the brake on pulling from silos.</summary>
    public async ValueTask RoomAsync(CancellationToken cancellationToken)
    {
        while (IsFull()) await Task.Delay(TimeSpan.FromMilliseconds(1), _time, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The connections that do not take their bytes now, the slowest first: longest without taking a byte, then furthest behind.</summary>
    public async Task<List<SlowConnection>> SlowestAsync(int max)
    {
        var all = new List<SlowConnection>();
        foreach (var slow in await Task.WhenAll(Array.ConvertAll(_workers, worker => worker.SlowAsync())).ConfigureAwait(false)) all.AddRange(slow);
        all.Sort(static (a, b) => (b.BlockedMs, b.Behind).CompareTo((a.BlockedMs, a.Behind)));
        return all.Count > max ? all[..max] : all;
    }

    /// <summary>Closes all connections, spread over <paramref name="window"/> so that their clients do not return in one wave.</summary>
    public async Task CloseAllAsync(CloseReason reason, TimeSpan window, CancellationToken cancellationToken)
    {
        const int Steps = 20;
        for (var step = 0; step < Steps; step++)
        {
            foreach (var worker in _workers) worker.Post(new Work(WorkKind.CloseShare, reason, Steps - step));
            if (step < Steps - 1) await Task.Delay(window / Steps, _time, cancellationToken).ConfigureAwait(false);
        }
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var worker in _workers) worker.Start();
        _ticking = TickAsync(_stopping.Token);
        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        if (_ticking is not null) await _ticking.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (var worker in _workers) await worker.StopAsync(cancellationToken).ConfigureAwait(false);
    }

    public void Dispose() => _stopping.Dispose();

    private bool IsFull()
    {
        foreach (var worker in _workers)
        {
            if (worker.Backlog > _maxBacklog) return true;
        }

        return false;
    }

    private async Task TickAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(FanoutWorker.TickMilliseconds), _time);
        while (await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false))
        {
            foreach (var worker in _workers) worker.Post(new Work(WorkKind.Tick, this, null));
        }
    }
}
