using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace E2EEvents.Load.Peers;

/// <summary>A line of JSON on the output, tables for people on the error output.</summary>
internal static class PeersReport
{
    /// <summary>A window holds a few updates more or less than its length times the rate; a burst of five a second is 2 % of ten seconds.</summary>
    private const double LeastOfDue = 0.93;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    private static readonly string[] Columns =
    [
        "server", "CPU µs/deliv", "p50 ms", "p90", "p99", "max", "deliv/s", "B/deliv", "KiB/conn", "RSS MiB", "connect CPU µs", "joined p50/p99 ms", "server %", "load %", "others %", "late ms", "whole",
    ];

    private static readonly string[] RatioColumns = ["ours", "theirs", "CPU/deliv", "p50", "p99", "deliv/s", "KiB/conn", "connect CPU"];

    public static void Write(PeersResult result, TextWriter output)
    {
        output.WriteLine(JsonSerializer.Serialize(result, Json));
        output.Flush();
    }

    /// <summary>A word about each turn, so that a long run is not silent.</summary>
    public static void WriteTurn(int round, string name, TurnResult turn, TextWriter output)
    {
        var text = turn.Failed is { } failed ? $"FAILED: {failed}"
            : turn.KiBPerConnection is { } memory ? $"{Text(memory, "0.0")} KiB/conn, {Text(turn.CpuPerConnect, "0")} µs/connect"
            : $"{Text(turn.CpuPerDelivery, "0.00")} µs/delivery, p50 {Text(turn.Latency?.P50)}, p99 {Text(turn.Latency?.P99)} ms, {Text(turn.DeliveriesPerSecond, "0")}/s";
        output.WriteLine($"round {round + 1} {name}: {text}{(turn.IsWhole ? "" : " (not whole)")}{(turn.IsQuiet ? "" : " (disturbed)")}");
    }

    public static void WriteTable(PeersResult result, TextWriter output)
    {
        var load = result.Rate is { } rate ? $" x {Text(rate)}/s" : "";
        output.WriteLine();
        output.WriteLine(
            $"{result.Shape}: {result.Subscribers} subscribers{load}, {result.Topics} topics ({result.TopicsPerSubscriber} each), {result.Bytes} bytes, medians of {result.Rounds} x {Text(result.Seconds)} s; " +
            $"{result.Machine.Cpu}, {result.Machine.Cores} cores, {result.Machine.Kernel}, {result.Machine.Runtime}");
        var rows = new List<string[]> { Columns };
        foreach (var peer in result.Peers) rows.Add(RowOf(peer));
        WriteRows(rows, output);
        WriteRatios(result, output);
        foreach (var peer in result.Peers) WriteNotes(peer, result.DueDeliveriesPerSecond, output);
        foreach (var (name, missing) in result.Skipped) output.WriteLine($"SKIPPED {name}: {missing}");
    }

    private static string[] RowOf(PeerResult peer)
    {
        if (peer.Median is not { } r) return [peer.Name, "failed", .. new string[Columns.Length - 2]];
        return
        [
            peer.Name, Text(r.CpuPerDelivery, "0.00"), Text(r.Latency?.P50), Text(r.Latency?.P90), Text(r.Latency?.P99), Text(r.Latency?.Max), Text(r.DeliveriesPerSecond, "0"),
            Text(r.BytesPerDelivery, "0"), Text(r.KiBPerConnection, "0.0"), Text(r.ResidentMiB, "0"), Text(r.CpuPerConnect, "0"),
            r.Joining is { } joining ? $"{Text(joining.P50)} / {Text(joining.P99)}" : "", Text(r.ServerPercent, "0.#"), Text(r.LoadPercent, "0.#"), Text(r.OthersPercent, "0"),
            Text(r.LatestMs), peer.IsWhole ? "yes" : "NO",
        ];
    }

    private static void WriteRatios(PeersResult result, TextWriter output)
    {
        if (result.Ratios.Count == 0) return;
        output.WriteLine();
        output.WriteLine("ours / theirs (less is better, but for deliv/s)");
        var rows = new List<string[]> { RatioColumns };
        foreach (var r in result.Ratios)
        {
            rows.Add([r.Ours, r.Peer, Text(r.CpuPerDelivery, "0.00"), Text(r.P50, "0.00"), Text(r.P99, "0.00"), Text(r.DeliveriesPerSecond, "0.00"), Text(r.KiBPerConnection, "0.00"), Text(r.CpuPerConnect, "0.00")]);
        }

        WriteRows(rows, output);
    }

    private static void WriteNotes(PeerResult peer, double? due, TextWriter output)
    {
        for (var i = 0; i < peer.Turns.Count; i++)
        {
            var turn = peer.Turns[i];
            var name = $"{peer.Name}, round {i + 1}";
            if (turn.Failed is { } failed) output.WriteLine($"{name}: FAILED: {failed}");
            if (turn.Broken > 0) output.WriteLine($"{name}: {turn.Broken} updates skipped, repeated or unreadable");
            if (turn.Missing > 0) output.WriteLine($"{name}: {turn.Missing} subscriptions never got the last update");
            if (turn.Stalls > 0) output.WriteLine($"{name}: the closed loop stood still {turn.Stalls} times");
            if (turn.DeliveriesPerSecond < LeastOfDue * due) output.WriteLine($"{name}: only {Text(100 * turn.DeliveriesPerSecond / due, "0")} % of what was due arrived in the window");
            if (!turn.IsQuiet) output.WriteLine($"{name}: DISTURBED: others used {Text(turn.OthersPercent, "0")} % of a core; its latencies say nothing, its CPU little");
            if (turn.LoadPercent > 95) output.WriteLine($"{name}: the client processes used {Text(turn.LoadPercent, "0")} % of a core: their own delay is in the latencies");
            foreach (var (reason, count) in turn.Losses) output.WriteLine($"{name}: {count} subscribers lost: {reason}");
        }
    }

    /// <summary>Columns without a figure, which a shape does not have, are left out.</summary>
    private static void WriteRows(List<string[]> rows, TextWriter output)
    {
        var widths = new int[rows[0].Length];
        for (var row = 1; row < rows.Count; row++)
        {
            for (var i = 0; i < widths.Length; i++) widths[i] = Math.Max(widths[i], rows[row][i]?.Length ?? 0);
        }

        foreach (var row in rows)
        {
            for (var i = 0; i < widths.Length; i++)
            {
                if (widths[i] == 0) continue;
                var width = Math.Max(widths[i], rows[0][i].Length);
                output.Write(i == 0 ? row[i].PadRight(width) : "  " + (row[i] ?? "").PadLeft(width));
            }

            output.WriteLine();
        }
    }

    private static string Text(double? value, string format = "0.##") => value is { } number ? number.ToString(format, CultureInfo.InvariantCulture) : "";
}
