using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace E2EEvents.Load.Measuring;

/// <summary>A line of JSON on the output, a table for people on the error output.</summary>
internal static class Report
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    public static void Write(RunResult result)
    {
        Console.Out.WriteLine(JsonSerializer.Serialize(result, Json));
        Console.Out.Flush();
    }

    public static void WriteTable(IReadOnlyList<RunResult> results, TextWriter output)
    {
        string[] names = ["mode", "transport", "conns", "deliv/s", "p50 ms", "p90", "p99", "max", "CPU µs/deliv", "server %", "driver %", "others %", "KiB/conn", "RSS MiB", "first state p50/p99/max ms", "connect CPU µs", "laws"];
        var rows = new List<string[]> { names };
        foreach (var result in results) rows.Add(RowOf(result));
        var widths = new int[names.Length];
        foreach (var row in rows)
        {
            for (var i = 0; i < row.Length; i++) widths[i] = Math.Max(widths[i], row[i].Length);
        }

        output.WriteLine();
        output.WriteLine($"measured: {results[0].Measured}; {results[0].Machine.Cpu}, {results[0].Machine.Cores} cores, {results[0].Machine.Kernel}, {results[0].Machine.Runtime}");
        foreach (var row in rows)
        {
            for (var i = 0; i < row.Length; i++) output.Write(row[i].PadLeft(widths[i]) + (i < row.Length - 1 ? "  " : "\n"));
        }

        foreach (var result in results) WriteNotes(result, output);
    }

    private static string[] RowOf(RunResult r) =>
    [
        r.Mode, r.Transport, Text(r.Connections, "0"), Text(r.DeliveriesPerSecond, "0"), Text(r.Latency?.P50), Text(r.Latency?.P90), Text(r.Latency?.P99),
        Text(r.Latency?.Max), Text(r.CpuPerDelivery, "0.00"), Text(r.ServerCpuPercent, "0"), Text(r.DriverCpuPercent, "0"), Text(r.OthersCpuPercent, "0"), Text(r.KiBPerConnection, "0.0"),
        Text(r.ResidentMiB, "0"), r.FirstState is { } first ? $"{Text(first.P50)} / {Text(first.P99)} / {Text(first.Max)}" : "", Text(r.CpuPerConnect, "0"),
        r.Passed ? "kept" : "BROKEN",
    ];

    private static void WriteNotes(RunResult result, TextWriter output)
    {
        var name = $"{result.Mode} {result.Transport}";
        if (result.LatencyFromOrigin is { } origin) output.WriteLine($"{name}: from the moment an update was due: p50 {Text(origin.P50)}, p90 {Text(origin.P90)}, p99 {Text(origin.P99)}, max {Text(origin.Max)} ms");
        if (result.CpuPerDeliveryOf is { Count: > 1 } parts) output.WriteLine($"{name}: CPU µs per delivery by process: {string.Join(", ", Format(parts))}");
        if (result.CpuPerUpdateOf is { Count: > 1 } updates) output.WriteLine($"{name}: CPU µs per update by process: {string.Join(", ", Format(updates))}");
        if (result.IdleCpuPercentOf is { Count: > 1 } idle) output.WriteLine($"{name}: % of a core by process before the source began: {string.Join(", ", Format(idle))}");
        if (result.Source is { } source) output.WriteLine($"{name}: the source made {source.Updates} updates, the latest {Text(source.LatestMs)} ms after it was due");
        var laws = result.Laws;
        if (!laws.Held) output.WriteLine($"{name}: BROKEN: holes {laws.Holes}, repeats {laws.Repeats}, untold epochs {laws.UntoldEpochs}, malformed {laws.Malformed}, behind at the end {laws.Behind}");
        if (laws.Told > 0) output.WriteLine($"{name}: told gaps {laws.Told}");
        foreach (var (reason, count) in laws.Losses) output.WriteLine($"{name}: {count} connections over: {reason}");
    }

    private static List<string> Format(Dictionary<string, double> parts)
    {
        var list = new List<string>();
        foreach (var (name, value) in parts) list.Add($"{name} {Text(value, "0.00")}");
        return list;
    }

    private static string Text(double? value, string format = "0.##") => value is { } number ? number.ToString(format, CultureInfo.InvariantCulture) : "";
}
