using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace E2EEvents.Streams;

/// <summary>
/// The one connection of a process and provider. Made in the background and for ever tried again: Redis may be away when a process starts. Nothing is
/// served before the checks of <see cref="StreamsCheck"/> have passed on it.
/// </summary>
internal sealed class StreamsRedis : IAsyncDisposable
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Threads of the pool that are made at once when Sentinels are asked. The client library asks them, again and again during a failover, with calls that
    /// block a thread each: 15 at once were seen in a process with three such connections.
    /// </summary>
    private const int SentinelThreads = 64;

    private readonly string _provider;
    private readonly RedisStreamsOptions _options;
    private readonly StreamsCheck? _check;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _ending = new();
    private readonly TaskCompletionSource<IConnectionMultiplexer> _connected = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _lock = new();
    private Task? _connecting;
    private int _disposed;

    public StreamsRedis(string provider, RedisStreamsOptions options, StreamsCheck? check, TimeProvider time, ILogger logger)
    {
        (_provider, _options, _check, _time, _logger) = (provider, options, check, time, logger);
        _connected.Task.ContinueWith(failed => _ = failed.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
    }

    /// <summary>Raised when a connection is back or the master is another one: what was asked of the old one is forgotten.</summary>
    public event Action? Restored;

    /// <summary>Why nothing is served yet; null = connected once, and in order.</summary>
    public string? Problem { get; private set; } = "not yet connected";

    /// <summary>The connection if it was ever made.</summary>
    public IConnectionMultiplexer? Multiplexer => _connected.Task.IsCompletedSuccessfully ? _connected.Task.Result : null;

    /// <summary>The database, once connected and checked.</summary>
    /// <exception cref="TimeoutException">Not within <see cref="RedisStreamsOptions.CallTimeout"/>; says why.</exception>
    /// <exception cref="StreamsRefusedException">This Redis must not be used.</exception>
    public async ValueTask<IDatabase> DatabaseAsync(CancellationToken cancellationToken) => (await ConnectedAsync(cancellationToken).ConfigureAwait(false)).GetDatabase();

    /// <inheritdoc cref="DatabaseAsync"/>
    public async ValueTask<IConnectionMultiplexer> ConnectedAsync(CancellationToken cancellationToken)
    {
        if (_connected.Task.IsCompleted) return await _connected.Task.ConfigureAwait(false);
        lock (_lock) _connecting ??= Task.Run(ConnectAsync, CancellationToken.None);
        try
        {
            return await _connected.Task.WaitAsync(_options.CallTimeout, _time, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"Redis of the streams '{_provider}' cannot be used: {Problem}");
        }
    }

    /// <summary>Waits for an answer, but not for longer than <see cref="RedisStreamsOptions.CallTimeout"/>.</summary>
    public Task<T> WithinAsync<T>(Task<T> call, CancellationToken cancellationToken) => call.WaitAsync(_options.CallTimeout, _time, cancellationToken);

    /// <summary>Ends the connection; again, nothing.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 1) return;
        await _ending.CancelAsync().ConfigureAwait(false);
        if (_connecting is not null) await _connecting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (Multiplexer is { } multiplexer) await multiplexer.DisposeAsync().ConfigureAwait(false);
        _ending.Dispose();
    }

    private async Task ConnectAsync()
    {
        var pause = TimeSpan.FromMilliseconds(100);
        while (!_ending.IsCancellationRequested)
        {
            ConnectionMultiplexer? multiplexer = null;
            try
            {
                var configuration = Configuration();
                if (!string.IsNullOrEmpty(configuration.ServiceName)) SpareThreads();
                multiplexer = await ConnectionMultiplexer.ConnectAsync(configuration).ConfigureAwait(false);
                if (!multiplexer.IsConnected) throw new TimeoutException($"{string.Join(", ", _options.Redis!.EndPoints)} did not answer.");
                if (_check is not null) await _check.RunAsync(multiplexer, _options.CallTimeout, _ending.Token).ConfigureAwait(false);
                multiplexer.ConnectionRestored += (_, _) => Restored?.Invoke();
                multiplexer.ConfigurationChanged += (_, _) => Restored?.Invoke();
                Problem = null;
                if (pause > TimeSpan.FromMilliseconds(100)) Log.Connected(_logger, _provider);
                _connected.SetResult(multiplexer);
                return;
            }
            catch (StreamsRefusedException e)
            {
                Problem = e.Message;
                Log.Refused(_logger, _provider, e.Message);
                _connected.SetException(e);
                if (multiplexer is not null) await multiplexer.DisposeAsync().ConfigureAwait(false);
                return;
            }
            catch (Exception e) when (!_ending.IsCancellationRequested) // survived: tried again
            {
                if (Problem != e.Message) Log.ConnectFailed(_logger, _provider, e.Message);
                Problem = e.Message;
                if (multiplexer is not null) await multiplexer.DisposeAsync().ConfigureAwait(false);
            }

            await Task.Delay(pause * (0.5 + (Random.Shared.NextDouble() / 2)), _time, _ending.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }

    /// <summary>Without these the pool, one new thread a second, has none left for the answers those calls wait for: a failover of seconds takes a minute.</summary>
    private static void SpareThreads()
    {
        ThreadPool.GetMinThreads(out var workers, out var ports);
        if (workers < SentinelThreads) ThreadPool.SetMinThreads(SentinelThreads, ports);
    }

    private ConfigurationOptions Configuration()
    {
        var configuration = _options.Redis!.Clone();
        configuration.AbortOnConnectFail = false;
        configuration.AllowAdmin = true; // CONFIG GET
        configuration.AsyncTimeout = (int)_options.CallTimeout.TotalMilliseconds;
        configuration.ClientName ??= "streams-" + _provider;
        return configuration;
    }
}
