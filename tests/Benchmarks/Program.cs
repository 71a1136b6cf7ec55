using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using E2EEvents.Benchmarks;

if (args is ["views"]) return ViewsComparison.Run();
if (args is ["streams"]) return await StreamsComparison.RunAsync();
if (args is ["storage", .. var words]) return await StorageBenchmark.RunAsync(words.Length > 0 ? int.Parse(words[0], System.Globalization.CultureInfo.InvariantCulture) : 20);

// In this process (nothing is generated or compiled) and short: the answers wanted are orders of magnitude and allocations.
var config = DefaultConfig.Instance
    .AddJob(Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance))
    .WithOptions(ConfigOptions.JoinSummary | ConfigOptions.DisableOptimizationsValidator); // packages ship what they ship
var summaries = BenchmarkSwitcher.FromAssembly(typeof(FanoutBenchmark).Assembly).Run(args, config);
foreach (var summary in summaries)
{
    foreach (var report in summary.Reports)
    {
        if (!report.Success) return 1;
    }
}

return 0;
