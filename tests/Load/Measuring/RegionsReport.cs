using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace E2EEvents.Load.Measuring;

/// <summary>A line of JSON on the output, a table for people on the error output.</summary>
internal static class RegionsReport
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    public static void Write(RegionsResult result)
    {
        Console.Out.WriteLine(JsonSerializer.Serialize(result, Json));
        Console.Out.Flush();
        WriteTable(result, Console.Error);
    }

    private static void WriteTable(RegionsResult result, TextWriter output)
    {
        var home = result.Server == "region" ? "a whole region" : "a gateway with its source inside";
        output.WriteLine();
        output.WriteLine($"home: {home}; edge: a whole region {Text(result.DistanceMs)} ms away (one way); {result.Topics} topics × {Text(result.Rate)} updates/s, delivery {result.Delivery}; {result.Machine.Cpu}, {result.Machine.Cores} cores");
        output.WriteLine($"idle: {Text(result.IdleBytesPerSecond)} bytes/s over the WAN; % of a core: {Join(result.IdleCpuPercentOf)}");
        foreach (var window in result.Windows)
        {
            output.WriteLine($"{window.SubscribersAtEdge} subscribers at the edge ({window.Connections} connections), {window.Deliveries} deliveries of {window.Updates} updates in {Text(window.Seconds)} s:");
            output.WriteLine($"  commit to client  home p50 {Text(window.Home?.P50)} p99 {Text(window.Home?.P99)} max {Text(window.Home?.Max)} ms; edge p50 {Text(window.Edge?.P50)} p99 {Text(window.Edge?.P99)} max {Text(window.Edge?.Max)} ms; added p50 {Text(window.AddedP50)}, p99 {Text(window.AddedP99)} ms");
            output.WriteLine($"  WAN bytes/update  down {Text(window.WanBytesPerUpdate)}, up {Text(window.WanBytesPerUpdateUp)}");
            output.WriteLine($"  CPU µs/update     {Join(window.CpuPerUpdateOf)}");
            output.WriteLine($"  RSS MiB           {Join(window.ResidentMiBOf)}; driver {Text(window.DriverCpuPercent)} %, others {Text(window.OthersCpuPercent)} % of a core");
        }

        if (result.Stall is { } stall) WriteStall(stall, output);
        output.WriteLine($"source: {result.Source.Updates} updates, the latest {Text(result.Source.LatestMs)} ms after it was due");
        output.WriteLine($"laws: {(result.Laws.Held ? "kept" : "BROKEN")}: holes {result.Laws.Holes}, repeats {result.Laws.Repeats}, behind {result.Laws.Behind}, told gaps {result.Laws.Told}, lost [{string.Join(", ", result.Laws.Losses)}]");
    }

    private static void WriteStall(StallReport stall, TextWriter output)
    {
        output.WriteLine($"stall of {Text(stall.Seconds)} s ({stall.BytesPerSecond} bytes/s pass): RSS of home's gateway, MiB by second: {string.Join(' ', stall.HomeGatewayMiB.ConvertAll(value => Text(value)))}");
        output.WriteLine($"  first delivery {Text(stall.FirstAfterMs)} ms after heal; in the second from there {stall.DeliveriesInFirstSecond} deliveries, age p50 {Text(stall.AgeInFirstSecond?.P50)}, p99 {Text(stall.AgeInFirstSecond?.P99)}, max {Text(stall.AgeInFirstSecond?.Max)} ms; {stall.BytesDown} bytes down, {stall.Redials} redials");
    }

    private static string Join(Dictionary<string, double> parts)
    {
        var list = new List<string>();
        foreach (var (name, value) in parts) list.Add($"{name} {Text(value)}");
        return string.Join(", ", list);
    }

    private static string Text(double? value) => value is { } number ? number.ToString("0.##", CultureInfo.InvariantCulture) : "-";
}
