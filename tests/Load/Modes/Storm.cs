using E2EEvents.Load.Measuring;

namespace E2EEvents.Load.Modes;

/// <summary>N clients connect at once: time to the first state, and what it costs.</summary>
internal static class Storm
{
    private static readonly TimeSpan JoinLimit = TimeSpan.FromSeconds(90);

    public static async Task<List<RunResult>> RunAsync(Run run, CancellationToken cancellationToken)
    {
        var options = run.Options;
        await run.WarmUpAsync(Math.Min(500, options.Connections), cancellationToken);
        run.Meter.Start();
        var joined = await run.Crowd.OpenAsync(options.Connections, perSecond: 0, neverRead: false, JoinLimit, cancellationToken);
        run.Meter.Stop();
        var figures = await run.Crowd.FiguresAsync();
        var laws = LawReport.Of(figures, behind: 0);
        return
        [
            run.Result("storm", options.Connections, laws, laws.Held && joined == options.Connections) with
            {
                Seconds = Math.Round(run.Meter.Seconds, 3),
                AllJoinedSeconds = Math.Round(run.Meter.Seconds, 3),
                OthersCpuPercent = Math.Round(run.Meter.OthersCpuPercent, 1),
                FirstState = Latency.Of(figures.FirstState),
                CpuPerConnect = Math.Round(run.Meter.CpuSeconds * 1e6 / options.Connections, 1),
                ServerCpuPercent = Math.Round(run.Meter.ServerCpuPercent, 1),
                DriverCpuPercent = Math.Round(run.Meter.DriverCpuPercent, 1),
                ResidentMiB = Run.MiB(run.Meter.GatewayBytes()),
            },
        ];
    }
}
