using System.Linq;
using E2EEvents.Load.Clients;
using E2EEvents.Load.Measuring;

namespace E2EEvents.Load.Modes;

/// <summary>What a link between two regions costs: latency against home's own clients, CPU by tier, bytes over the WAN; then, if asked for, a stall.</summary>
internal static class Regions
{
    private const int AtHome = 2;

    public static async Task<RegionsResult> RunAsync(RegionsRun run, CancellationToken cancellationToken)
    {
        var options = run.Options;
        await run.JoinAsync(run.AtHome, Math.Min(AtHome, run.OneEach), cancellationToken);
        await run.JoinAsync(run.AtEdge, run.OneEach, cancellationToken);
        await run.PauseAsync(TimeSpan.FromSeconds(1), cancellationToken);
        var before = await run.BytesAsync(cancellationToken);
        run.Meter.Start();
        await run.PauseAsync(TimeSpan.FromSeconds(3), cancellationToken);
        run.Meter.Stop();
        var idle = await run.BytesAsync(cancellationToken);
        var (idleBytes, idleCpu) = ((idle.Down - before.Down + idle.Up - before.Up) / run.Meter.Seconds, run.Meter.CpuPercents());

        await run.StartSourceAsync(cancellationToken);
        List<RegionsWindow> windows = [await WindowAsync(run, run.OneEach, cancellationToken)];
        if (options.Connections > run.OneEach)
        {
            await run.JoinAsync(run.AtEdge, options.Connections - run.OneEach, cancellationToken);
            windows.Add(await WindowAsync(run, options.Connections, cancellationToken));
        }

        var stall = options.Stall > TimeSpan.Zero ? await StallAsync(run, cancellationToken) : null;
        var source = await run.StopSourceAsync(cancellationToken);
        await run.AtEdge.QuietAsync(TimeSpan.FromSeconds(20), cancellationToken);
        await run.PauseAsync(options.Distance * 4, cancellationToken);
        var laws = LawReport.Of(await run.AtEdge.FiguresAsync(), await run.AtEdge.CountBehindAsync());
        var lawsAtHome = LawReport.Of(await run.AtHome.FiguresAsync(), await run.AtHome.CountBehindAsync());
        return new RegionsResult
        {
            Server = options.Server,
            Delivery = options.Delivery == Delivery.Every ? "every" : "latest",
            Topics = run.Topics.Count,
            TopicsPerConnection = run.Topics.PerConnection,
            Rate = options.Rate,
            Bytes = options.Bytes,
            DistanceMs = options.Distance.TotalMilliseconds,
            IdleBytesPerSecond = Math.Round(idleBytes),
            IdleCpuPercentOf = idleCpu,
            Windows = windows,
            Stall = stall,
            Source = source,
            Laws = laws,
            Passed = laws.Held && lawsAtHome.Held && laws.Losses.Count == 0 && windows.TrueForAll(window => window.Edge is not null),
        };
    }

    private static async Task<RegionsWindow> WindowAsync(RegionsRun run, int connections, CancellationToken cancellationToken)
    {
        await run.PauseAsync(run.Options.Warmup, cancellationToken);
        await run.AtHome.MeasureAsync(true);
        await run.AtEdge.MeasureAsync(true);
        var before = await run.BytesAsync(cancellationToken);
        run.Meter.Start();
        await run.PauseAsync(run.Options.Window, cancellationToken);
        var after = await run.BytesAsync(cancellationToken);
        run.Meter.Stop();
        await run.AtHome.MeasureAsync(false);
        await run.AtEdge.MeasureAsync(false);
        var (home, edge) = (await run.AtHome.FiguresAsync(), await run.AtEdge.FiguresAsync());
        var updates = run.Options.Rate * run.Topics.Count * run.Meter.Seconds;
        var (atHome, atEdge) = (Latency.Of(home.FromHome), Latency.Of(edge.FromHome));
        return new RegionsWindow
        {
            Connections = connections,
            SubscribersAtEdge = connections * run.Topics.PerConnection,
            Seconds = Math.Round(run.Meter.Seconds, 3),
            Updates = (long)updates,
            Deliveries = edge.Deliveries,
            Home = atHome,
            Edge = atEdge,
            AddedP50 = atHome is null || atEdge is null ? null : Math.Round(atEdge.P50 - atHome.P50, 2),
            AddedP99 = atHome is null || atEdge is null ? null : Math.Round(atEdge.P99 - atHome.P99, 2),
            EdgeFromOrigin = Latency.Of(edge.FromOrigin),
            CpuPerUpdateOf = run.Meter.CpuOver(updates),
            WanBytesPerUpdate = Math.Round((after.Down - before.Down) / updates, 1),
            WanBytesPerUpdateUp = Math.Round((after.Up - before.Up) / updates, 1),
            ResidentMiBOf = run.Processes.ToDictionary(process => process.Key, process => Run.MiB(ProcessUsage.Of(process.Value).ResidentBytes)),
            DriverCpuPercent = Math.Round(run.Meter.DriverCpuPercent, 1),
            OthersCpuPercent = Math.Round(run.Meter.OthersCpuPercent, 1),
        };
    }

    private static async Task<StallReport> StallAsync(RegionsRun run, CancellationToken cancellationToken)
    {
        var gateway = run.Processes["home gateway"];
        var curve = new List<double> { Run.MiB(ProcessUsage.Of(gateway).ResidentBytes) };
        var before = await run.BytesAsync(cancellationToken);
        await run.StallAsync(true, cancellationToken);
        for (var second = 0; second < run.Options.Stall.TotalSeconds; second++)
        {
            await run.PauseAsync(TimeSpan.FromSeconds(1), cancellationToken);
            curve.Add(Run.MiB(ProcessUsage.Of(gateway).ResidentBytes));
        }

        await run.AtEdge.MeasureAsync(true);
        var healed = run.Clock.Timestamp;
        await run.StallAsync(false, cancellationToken);
        Figures figures;
        do
        {
            await run.PauseAsync(TimeSpan.FromMilliseconds(5), cancellationToken);
            figures = await run.AtEdge.FiguresAsync();
        }
        while (figures.Deliveries == 0 && run.Clock.MicrosecondsSince(healed) < 30e6);
        var first = run.Clock.MicrosecondsSince(healed) / 1e3;
        await run.PauseAsync(TimeSpan.FromSeconds(1), cancellationToken);
        await run.AtEdge.MeasureAsync(false);
        figures = await run.AtEdge.FiguresAsync();
        var after = await run.BytesAsync(cancellationToken);
        return new StallReport(
            run.Options.Stall.TotalSeconds, run.Options.StallRate, curve, Math.Round(first, 1), figures.Deliveries, Latency.Of(figures.FromHome), after.Down - before.Down, after.Accepted - before.Accepted);
    }
}
