using E2EEvents.Load.Measuring;

namespace E2EEvents.Load.Modes;

/// <summary>What clients that never read do to the others: the same readers measured without them and with them.</summary>
internal static class Slow
{
    public static async Task<List<RunResult>> RunAsync(Run run, CancellationToken cancellationToken)
    {
        var options = run.Options;
        var hanging = (int)(options.Connections * options.Share);
        var readers = options.Connections - hanging;
        await run.WarmUpAsync(Math.Min(100, options.Connections), cancellationToken);
        await run.JoinAsync(readers, neverRead: false, cancellationToken);
        await run.Server.StartSourceAsync(cancellationToken);
        await run.PauseAsync(options.Warmup, cancellationToken);
        await run.MeasureAsync(cancellationToken);
        var without = await run.Crowd.FiguresAsync();
        var lawsWithout = LawReport.Of(without, behind: 0);
        var first = run.WithWindow(run.Result("slow: readers only", readers, lawsWithout, lawsWithout.Held && lawsWithout.Losses.Count == 0), without);

        await run.JoinAsync(hanging, neverRead: true, cancellationToken);
        await run.PauseAsync(options.Warmup, cancellationToken);
        await run.MeasureAsync(cancellationToken);
        var source = await run.Server.StopSourceAsync(cancellationToken);
        await run.Crowd.QuietAsync(TimeSpan.FromSeconds(20), cancellationToken);
        var behind = source is null ? 0 : await run.Crowd.CountBehindAsync();
        var with = await run.Crowd.FiguresAsync();
        var laws = LawReport.Of(with, behind);
        var lost = 0;
        foreach (var (reason, count) in laws.Losses) lost += reason == Clients.SocketConnection.CutWhileNotReading ? 0 : count;
        var second = run.WithWindow(run.Result($"slow: + {hanging} hanging", options.Connections, laws, laws.Held && lost == 0), with) with { Source = source };
        return [first, second];
    }
}
