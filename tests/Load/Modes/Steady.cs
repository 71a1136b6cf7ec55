using E2EEvents.Load.Measuring;

namespace E2EEvents.Load.Modes;

/// <summary>N subscribers take a steady stream: deliveries a second, latency, CPU per delivery.</summary>
internal static class Steady
{
    public static async Task<List<RunResult>> RunAsync(Run run, CancellationToken cancellationToken)
    {
        var options = run.Options;
        await run.WarmUpAsync(Math.Min(100, options.Connections), cancellationToken);
        await run.JoinAsync(options.Connections, neverRead: false, cancellationToken);
        var idle = await IdleAsync(run, cancellationToken);
        await run.Server.StartSourceAsync(cancellationToken);
        await run.PauseAsync(options.Warmup, cancellationToken);
        await run.MeasureAsync(cancellationToken);
        var perUpdate = run.Meter.CpuOver(options.Rate * options.Topics * run.Meter.Seconds);
        var source = await run.Server.StopSourceAsync(cancellationToken);
        var behind = 0;
        if (source is not null)
        {
            // Pollers look once an interval, so that quiet begins only after one.
            if (run.Transport == "poll") await run.PauseAsync(options.PollEvery, cancellationToken);
            await run.Crowd.QuietAsync(TimeSpan.FromSeconds(20), cancellationToken);
            behind = await run.Crowd.CountBehindAsync();
        }

        var figures = await run.Crowd.FiguresAsync();
        var laws = LawReport.Of(figures, behind);
        var result = run.Result("steady", options.Connections, laws, laws.Held && laws.Losses.Count == 0 && figures.Deliveries > 0);
        return
        [
            run.WithWindow(result, figures) with
            {
                Source = source,
                FirstState = Latency.Of(figures.FirstState),
                CpuPerUpdateOf = source is null ? null : perUpdate,
                IdleCpuPercentOf = idle,
            },
        ];
    }

    /// <summary>What the processes use by themselves, with everybody connected; none for a server whose source cannot be stopped.</summary>
    private static async Task<Dictionary<string, double>?> IdleAsync(Run run, CancellationToken cancellationToken)
    {
        if (run.Options.IsRunningServer) return null;
        await run.PauseAsync(TimeSpan.FromSeconds(1), cancellationToken);
        run.Meter.Start();
        await run.PauseAsync(TimeSpan.FromSeconds(3), cancellationToken);
        run.Meter.Stop();
        return run.Meter.CpuPercents();
    }
}
