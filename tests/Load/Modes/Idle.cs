using E2EEvents.Load.Measuring;

namespace E2EEvents.Load.Modes;

/// <summary>Memory and connect CPU of subscribers that have their state and wait.</summary>
internal static class Idle
{
    public static async Task<List<RunResult>> RunAsync(Run run, CancellationToken cancellationToken)
    {
        var options = run.Options;
        await run.WarmUpAsync(Math.Min(500, options.Connections), cancellationToken);
        await run.PauseAsync(options.Settle, cancellationToken);
        var before = run.Meter.GatewayBytes();
        run.Meter.Start();
        await run.JoinAsync(options.Connections, neverRead: false, cancellationToken);
        run.Meter.Stop();
        var connectCpu = run.Meter.CpuSeconds;
        await run.PauseAsync(options.Settle, cancellationToken);
        var after = run.Meter.GatewayBytes();
        run.Meter.Start();
        await run.PauseAsync(options.Window, cancellationToken);
        run.Meter.Stop();
        var figures = await run.Crowd.FiguresAsync();
        var laws = LawReport.Of(figures, behind: 0);
        return
        [
            run.Result("idle", options.Connections, laws, laws.Held && laws.Losses.Count == 0) with
            {
                Seconds = Math.Round(run.Meter.Seconds, 3),
                KiBPerConnection = Math.Round((after - before) / 1024.0 / options.Connections, 2),
                ResidentMiB = Run.MiB(after),
                CpuPerConnect = Math.Round(connectCpu * 1e6 / options.Connections, 1),
                ServerCpuPercent = Math.Round(run.Meter.ServerCpuPercent, 2),
                DriverCpuPercent = Math.Round(run.Meter.DriverCpuPercent, 2),
                OthersCpuPercent = Math.Round(run.Meter.OthersCpuPercent, 1),
                FirstState = Latency.Of(figures.FirstState),
            },
        ];
    }
}
