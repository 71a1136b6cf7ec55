using E2EEvents.Load.Clients;
using E2EEvents.Load.Measuring;
using E2EEvents.Load.Peers.Servers;

namespace E2EEvents.Load.Peers;

/// <summary>One server once: started, loaded, measured, stopped. A turn that fails is told and does not end the run.</summary>
internal static class PeerTurn
{
    private const int WarmupSubscribers = 500;

    private static readonly TimeSpan BeforeFirstUpdate = TimeSpan.FromSeconds(1);

    public static async Task<TurnResult> RunAsync(PeersOptions options, PeerKind kind, Clock clock, CancellationToken cancellationToken)
    {
        try
        {
            await using var peer = await kind.StartAsync(cancellationToken);
            await using var load = await PeerLoad.StartAsync(options, kind, peer, cancellationToken);
            var meter = new TreeMeter(peer.ProcessId, load.ProcessIds, clock);
            return options.Shape == Shape.Idle
                ? await IdleAsync(options, load, meter, clock, cancellationToken)
                : await LoadedAsync(options, load, meter, clock, cancellationToken);
        }
        catch (Exception e) when (e is InvalidOperationException or IOException or TimeoutException or System.Net.Sockets.SocketException)
        {
            return new TurnResult { Failed = e.Message };
        }
    }

    private static async Task<TurnResult> LoadedAsync(PeersOptions options, PeerLoad load, TreeMeter meter, Clock clock, CancellationToken cancellationToken)
    {
        meter.Start();
        await load.OpenAsync(options.Subscribers, cancellationToken);
        meter.Stop();
        var connectCpu = meter.CpuSeconds * 1e6 / options.Subscribers;
        await clock.DelayAsync(BeforeFirstUpdate, cancellationToken);
        await load.StartPublisherAsync(cancellationToken);
        await clock.DelayAsync(options.Warmup, cancellationToken);
        await load.MeasureAsync(cancellationToken);
        meter.Start();
        await clock.DelayAsync(options.Window, cancellationToken);
        meter.Stop();
        var figures = await load.FiguresAsync(cancellationToken);
        var resident = meter.ResidentBytes();
        var published = await load.StopPublisherAsync(cancellationToken);
        var behind = await load.BehindAsync(published, cancellationToken);
        var atEnd = await load.FiguresAsync(cancellationToken);
        // The windows of meter and clients begin and end some ms apart: rates are compared, not sums.
        var rate = figures.DeliveriesPerSecond;
        return new TurnResult
        {
            CpuPerDelivery = Math.Round(meter.CpuSeconds / meter.Seconds * 1e6 / Math.Max(1, rate), 2),
            DeliveriesPerSecond = Math.Round(rate, 1),
            BytesPerDelivery = Math.Round(figures.Sum.Bytes / (double)Math.Max(1, figures.Sum.Deliveries), 1),
            Latency = Latency.Of(figures.Sum.FromHome),
            Joining = Latency.Of(figures.Sum.FirstState),
            CpuPerConnect = Math.Round(connectCpu, 1),
            ResidentMiB = Math.Round(resident / 1024.0 / 1024.0, 1),
            ServerPercent = Math.Round(meter.ServerPercent, 1),
            LoadPercent = Math.Round(meter.LoadPercent, 1),
            OthersPercent = Math.Round(meter.OthersPercent, 1),
            LatestMs = published.LatestMs,
            Stalls = published.Stalls,
            Missing = behind,
            Broken = atEnd.Broken,
            Losses = atEnd.Sum.Losses,
        };
    }

    private static async Task<TurnResult> IdleAsync(PeersOptions options, PeerLoad load, TreeMeter meter, Clock clock, CancellationToken cancellationToken)
    {
        // Code is compiled and pools are filled before memory is looked at.
        await load.OpenAsync(Math.Min(WarmupSubscribers, options.Subscribers), cancellationToken);
        await load.CloseAllAsync(cancellationToken);
        await clock.DelayAsync(options.Settle, cancellationToken);
        var before = meter.ResidentBytes();
        meter.Start();
        await load.OpenAsync(options.Subscribers, cancellationToken);
        meter.Stop();
        var connectCpu = meter.CpuSeconds * 1e6 / options.Subscribers;
        await clock.DelayAsync(options.Settle, cancellationToken);
        var after = meter.ResidentBytes();
        meter.Start();
        await clock.DelayAsync(options.Window, cancellationToken);
        meter.Stop();
        var figures = await load.FiguresAsync(cancellationToken);
        return new TurnResult
        {
            KiBPerConnection = Math.Round((after - before) / 1024.0 / options.Subscribers, 2),
            Joining = Latency.Of(figures.Sum.FirstState),
            CpuPerConnect = Math.Round(connectCpu, 1),
            ResidentMiB = Math.Round(after / 1024.0 / 1024.0, 1),
            ServerPercent = Math.Round(meter.ServerPercent, 2),
            LoadPercent = Math.Round(meter.LoadPercent, 2),
            OthersPercent = Math.Round(meter.OthersPercent, 1),
            Broken = figures.Broken,
            Losses = figures.Sum.Losses,
        };
    }
}
