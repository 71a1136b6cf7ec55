using E2EEvents.Connectors.Redis;
using E2EEvents.Testing.Logs;
using Microsoft.Extensions.DependencyInjection;
using StackExchange.Redis;

namespace E2EEvents.Connectors.Tests.Redis;

/// <summary>A reading of a Redis connector under a test's control, and a client to write with.</summary>
internal sealed class RedisReading : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(15);
    private readonly CancellationTokenSource _stop = new();
    private readonly IAsyncEnumerator<SourceRecord> _records;
    private Task<bool>? _next;

    private RedisReading(IConnector connector, ResumeToken? after) => _records = connector.ReadAsync(after, _stop.Token).GetAsyncEnumerator(_stop.Token);

    /// <summary>Token of the last record read, or of the mark.</summary>
    public ResumeToken Last { get; private set; }

    public static IConnector Connector(RedisConnectorOptions options, LogCapture log, ConnectorsMetrics? metrics = null)
    {
        Assert.True(new RedisConnectorOptionsValidator().Validate(null, options).Succeeded);
        var services = new ServiceCollection().AddSingleton(TimeProvider.System).AddSingleton<Microsoft.Extensions.Logging.ILoggerFactory>(log).AddMetrics();
        if (metrics is null) services.AddSingleton<ConnectorsMetrics>();
        else services.AddSingleton(metrics);
        return ((IConnectorType)new RedisConnectorType()).Create("r", options, services.BuildServiceProvider());
    }

    /// <summary>Begins to read and waits for the mark: from then on nothing is missed.</summary>
    public static async Task<RedisReading> BeginAsync(IConnector connector, ResumeToken? after = null)
    {
        var reading = new RedisReading(connector, after);
        var mark = await reading.NextAsync();
        Assert.True(mark.IsMark);
        return reading;
    }

    public async Task<SourceRecord> NextAsync()
    {
        _next ??= _records.MoveNextAsync().AsTask();
        Assert.True(await _next.WaitAsync(Limit, TestContext.Current.CancellationToken));
        _next = null;
        Last = _records.Current.Token;
        return _records.Current;
    }

    public async Task<List<string>> NextAsync(int count)
    {
        var data = new List<string>();
        for (var i = 0; i < count; i++) data.Add(Records.Text((await NextAsync()).Data));
        return data;
    }

    /// <summary>Asserts that nothing comes until what the test adds now.</summary>
    public async Task NextIsAsync(string expected) => Assert.Equal(expected, Records.Text((await NextAsync()).Data));

    public static async Task<ConnectionMultiplexer> ClientAsync(string endpoint)
    {
        var options = ConfigurationOptions.Parse(endpoint);
        options.AbortOnConnectFail = false;
        return await ConnectionMultiplexer.ConnectAsync(options);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        try
        {
            if (_next is not null) await _next.WaitAsync(Limit);
        }
        catch (Exception e) when (e is OperationCanceledException or RedisException)
        {
            // What a reading does when it is stopped, or when its server is gone.
        }

        await _records.DisposeAsync();
        _stop.Dispose();
    }
}
