using System.Diagnostics.Metrics;
using E2EEvents.Connectors.Ingest;
using E2EEvents.Connectors.Mapping;
using E2EEvents.Connectors.Redis;
using E2EEvents.Testing.Logs;
using Microsoft.Extensions.DependencyInjection;

namespace E2EEvents.Connectors.Tests.Ingest;

/// <summary>A connector host between a fake origin and a fake region.</summary>
internal sealed class HostHarness : IAsyncDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private ConnectorHost? _host;

    public FakeConnector Connector { get; } = new();

    /// <summary>Instead of <see cref="Connector"/>: a real one.</summary>
    public IConnector? Real { get; init; }

    public FakeRegion Region { get; init; } = new();

    public LogCapture Log { get; init; } = new();

    public TimeProvider Time { get; init; } = TimeProvider.System;

    public IEventMapper Mapper { get; init; } = new TopicEventMapper();

    public ConnectorOptions Options { get; } = new RedisConnectorOptions
    {
        FirstPause = TimeSpan.FromMilliseconds(1),
        LongestPause = TimeSpan.FromMilliseconds(20),
        CheckpointInterval = TimeSpan.FromMilliseconds(10),
        SettleTimeout = TimeSpan.FromMilliseconds(100),
        LeaseDuration = TimeSpan.FromMinutes(1), // fake time jumps
    };

    public ConnectorStatus Status => Parts.Status;

    public IMeterFactory Meters => _services.GetRequiredService<IMeterFactory>();

    private ConnectorParts Parts { get; set; } = null!;

    public async Task StartAsync()
    {
        Region.Time = Time;
        var metrics = new ConnectorsMetrics(Meters);
        var connector = Real ?? Connector;
        var status = new ConnectorStatus(connector.Name, "Fake", Time);
        metrics.Watch(status);
        Parts = new ConnectorParts(connector, Options, Mapper, Region, new KnownKinds(Region, Time), status, metrics, Log.For<ConnectorHost>(), Time);
        _host = new ConnectorHost(() => Parts);
        await _host.StartAsync(TestContext.Current.CancellationToken);
    }

    public async Task StopAsync()
    {
        await _host!.StopAsync(CancellationToken.None);
        _host.Dispose();
        _host = null;
    }

    /// <summary>Waits until the stored checkpoint is this token.</summary>
    public Task CheckpointAsync(string token) => Eventually.EqualAsync(token, () => Region.CheckpointOf(Connector.Name).Token, TimeSpan.FromSeconds(10));

    public async ValueTask DisposeAsync()
    {
        if (_host is not null) await StopAsync();
        await _services.DisposeAsync();
        Log.Dispose();
    }
}
