using E2EEvents.Torture.Checking;

namespace E2EEvents.Torture.Faults;

/// <summary>Breaks things at random, mostly one at a time and sometimes two, and mends them after a random while.</summary>
internal sealed class Storm(World world, Random random, Verdict verdict)
{
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(6);
    private readonly List<Fault> _faults = Fault.AllOf(world);

    public async Task RunAsync(TimeSpan length, CancellationToken cancellationToken)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(started) < length)
        {
            await Task.Delay(Rest * (0.2 + (0.8 * random.NextDouble())), TimeProvider.System, cancellationToken);
            var first = _faults[random.Next(_faults.Count)];
            var others = _faults.FindAll(fault => fault.Target != first.Target);
            var second = random.NextDouble() < 0.3 ? others[random.Next(others.Count)] : null;
            await Task.WhenAll(RunAsync(first, random.NextDouble(), cancellationToken), second is null ? Task.CompletedTask : RunAsync(second, random.NextDouble(), cancellationToken));
            if (random.Next(3) == 0) await world.ReadyAsync(TimeSpan.FromSeconds(90), cancellationToken);
            else await world.RepairAsync(cancellationToken);
        }
    }

    private async Task RunAsync(Fault fault, double share, CancellationToken cancellationToken)
    {
        var time = fault.Longest * share;
        Console.WriteLine($"{DateTimeOffset.FromUnixTimeMilliseconds(TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds()):HH:mm:ss.f} {fault.Name} ({fault.Target}) for {time.TotalSeconds:0.0} s");
        lock (verdict)
        {
            verdict.Faults[fault.Name] = verdict.Faults.GetValueOrDefault(fault.Name) + 1;
            if (fault.IsKill) verdict.Kills++;
        }

        try
        {
            await fault.BreakAsync();
        }
        catch (Exception e) when (e is InvalidOperationException or TimeoutException or Xunit.Sdk.XunitException)
        {
            // It had ended by itself, or could not stop in good order while others are broken: no worse than a kill.
            Console.WriteLine($"{fault.Name} ({fault.Target}): {e.Message.Split('\n')[0]}");
        }

        await Task.Delay(time, TimeProvider.System, cancellationToken);
        await fault.MendAsync(cancellationToken);
    }
}
