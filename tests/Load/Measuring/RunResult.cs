using System.Runtime.InteropServices;
using HdrHistogram;
using E2EEvents.Load.Clients;

namespace E2EEvents.Load.Measuring;

/// <summary>One run: the line of JSON. Members that a mode does not measure are absent.</summary>
internal sealed record RunResult
{
    public required string Mode { get; init; }

    public required string Transport { get; init; }

    /// <summary>What the CPU and memory are of.</summary>
    public required string Measured { get; init; }

    public required int Connections { get; init; }

    public required int Topics { get; init; }

    public required int TopicsPerConnection { get; init; }

    public required double Rate { get; init; }

    public required int Bytes { get; init; }

    public required string Delivery { get; init; }

    public double? Seconds { get; init; }

    public long? Deliveries { get; init; }

    public double? DeliveriesPerSecond { get; init; }

    public double? BytesPerDelivery { get; init; }

    /// <summary>Answered requests a second (polling transports).</summary>
    public double? AnswersPerSecond { get; init; }

    /// <summary>Commit at home to arrival.</summary>
    public Latency? Latency { get; init; }

    /// <summary>From when the source was due to write to arrival.</summary>
    public Latency? LatencyFromOrigin { get; init; }

    /// <summary>Connect to first state.</summary>
    public Latency? FirstState { get; init; }

    /// <summary>CPU of all server processes per delivery, µs.</summary>
    public double? CpuPerDelivery { get; init; }

    /// <summary>The same by process.</summary>
    public Dictionary<string, double>? CpuPerDeliveryOf { get; init; }

    /// <summary>CPU per update of each process, µs: what a silo or a connector costs does not depend on the number of clients.</summary>
    public Dictionary<string, double>? CpuPerUpdateOf { get; init; }

    /// <summary>Share of one core that each process used before the source began, %; contained in the others.</summary>
    public Dictionary<string, double>? IdleCpuPercentOf { get; init; }

    /// <summary>CPU of all server processes per connection made, µs.</summary>
    public double? CpuPerConnect { get; init; }

    /// <summary>Share of one core used by all server processes, %.</summary>
    public double? ServerCpuPercent { get; init; }

    /// <summary>Share of one core used by the driver, %; near 100 its own delay is in the latencies.</summary>
    public double? DriverCpuPercent { get; init; }

    /// <summary>Share of one core used by everything else on the machine, a publisher included, %; above some 10 the run says little.</summary>
    public double? OthersCpuPercent { get; init; }

    /// <summary>Memory of the gateway, MiB, at the end of the window.</summary>
    public double? ResidentMiB { get; init; }

    /// <summary>Growth of the gateway's memory per connection, KiB.</summary>
    public double? KiBPerConnection { get; init; }

    /// <summary>From the first connect to the last first state, s.</summary>
    public double? AllJoinedSeconds { get; init; }

    public Sources.SourceReport? Source { get; init; }

    public required LawReport Laws { get; init; }

    public Machine Machine { get; init; } = Machine.This;

    /// <summary>True if the contract held and nobody was lost who should not have been.</summary>
    public required bool Passed { get; init; }
}

/// <summary>Percentiles, ms.</summary>
internal sealed record Latency(double P50, double P90, double P99, double Max)
{
    public static Latency? Of(LongHistogram microseconds) => microseconds.TotalCount == 0 ? null : new Latency(
        microseconds.GetValueAtPercentile(50) / 1e3, microseconds.GetValueAtPercentile(90) / 1e3,
        microseconds.GetValueAtPercentile(99) / 1e3, microseconds.GetMaxValue() / 1e3);
}

/// <summary>How the client contract was kept, over the whole run.</summary>
/// <param name="Holes">Offsets missing that nobody told of. Breach.</param>
/// <param name="Repeats">Offsets seen before. Breach.</param>
/// <param name="UntoldEpochs">New epochs that nobody told of. Breach.</param>
/// <param name="Malformed">Frames that are none, or of a topic not asked for. Breach.</param>
/// <param name="Behind">Topics of connections that never got the last update, once all was quiet. Breach.</param>
/// <param name="Told">Gaps that the client was told of.</param>
/// <param name="NewEpochs">Other epochs of latest-kind topics.</param>
/// <param name="Losses">Connections lost, by reason.</param>
internal sealed record LawReport(long Holes, long Repeats, long UntoldEpochs, long Malformed, int Behind, long Told, long NewEpochs, IReadOnlyDictionary<string, int> Losses)
{
    public bool Held => Holes + Repeats + UntoldEpochs + Malformed + Behind == 0;

    public static LawReport Of(Figures figures, int behind) => new(
        figures.CountOf(Verdict.Hole), figures.CountOf(Verdict.Repeat), figures.CountOf(Verdict.UntoldEpoch), figures.Malformed, behind,
        figures.CountOf(Verdict.Told), figures.CountOf(Verdict.NewEpoch), figures.Losses);
}

/// <summary>Where it ran.</summary>
internal sealed record Machine(string Cpu, int Cores, string Kernel, string Runtime)
{
    public static Machine This { get; } = new(CpuName(), CoreCount(), RuntimeInformation.OSDescription, RuntimeInformation.FrameworkDescription);

    private static string CpuName() => ValueOf("model name");

    private static int CoreCount()
    {
        var count = 0;
        foreach (var line in File.ReadLines("/proc/cpuinfo"))
        {
            if (line.StartsWith("processor", StringComparison.Ordinal)) count++;
        }

        return count;
    }

    private static string ValueOf(string name)
    {
        foreach (var line in File.ReadLines("/proc/cpuinfo"))
        {
            if (line.StartsWith(name, StringComparison.Ordinal)) return line[(line.IndexOf(':') + 1)..].Trim();
        }

        return "unknown";
    }
}
