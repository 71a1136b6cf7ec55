using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;
using System.Linq;
using E2EEvents.Connectors.Sample;
using E2EEvents.EdgeGateway.Fanout;
using E2EEvents.Grains.Interfaces.Kinds;
using E2EEvents.Grains.Kinds;
using E2EEvents.Grains.Topics;

namespace E2EEvents.Benchmarks;

/// <summary>
/// What a viewer of the sample feed is sent, in bytes, and what an update costs to encode, by view: whole states and patches, plain and compressed once
/// for all; beside them, compression per connection, with a window over what it was sent before.
/// </summary>
internal static class ViewsComparison
{
    private const int Rounds = 20;
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(0.5);

    public static int Run()
    {
        ShowMemory(); // first: later there is freed memory that the compressors would take
        var steps = new SampleFeed(1, new DateTimeOffset(2026, 3, 14, 15, 0, 0, TimeSpan.Zero)).Round(0);
        Show<MatchGrain, Match>(steps, "match", "period,clock,homeScore,awayScore");
        Show<TickerGrain, Ticker>(steps, "ticker", "last,bid,ask");
        return 0;
    }

    private static void Show<TGrain, TState>(SampleStep[] steps, string kind, string fields)
        where TGrain : Grain, ITopicGrain
        where TState : class
    {
        var topic = steps.First(step => step.Topic.Kind == kind).Topic;
        var events = steps.Where(step => step.Topic == topic).Select(step => step.Event).ToArray();
        var states = new List<byte[]>();
        for (var i = 1; i <= events.Length; i++)
        {
            var state = StateEncoder.Encode(Topic.Replay<TGrain, TState>(events[..i]));
            if (states.Count == 0 || !state.AsSpan().SequenceEqual(states[^1])) states.Add(state);
        }

        var frames = states.ConvertAll(state => new Frame(new Position(Samples.Epoch, states.IndexOf(state) + 1), state, 1_773_500_000_000_000, 1_773_500_000_001_000));
        Print($"{kind}: {frames.Count} changes, states of {states.Average(state => state.Length):0} bytes on average, {states[^1].Length} at the end");
        Print($"{"",-46}{"bytes/change",14}{"of state",10}{"CPU µs/change",16}");
        var choice = FieldSet.TryParse(fields, out var set, out _) ? set : null;
        foreach (var format in (WireFormat[])[WireFormat.WebSocket, WireFormat.Sse])
        {
            var whole = Shared(frames, new View(format)).Bytes;
            Row($"{format} state", Shared(frames, new View(format)), whole);
            Row($"{format} state, compressed once", Shared(frames, new View(format, compressor: new Compressor(0))), whole);
            Row($"{format} state, compressed once, continued", Shared(frames, new View(format, compressor: new Compressor(0), continues: true)), whole);
            Row($"{format} patches", Shared(frames, new View(format, deltas: true)), whole);
            Row($"{format} patches, compressed once", Shared(frames, new View(format, deltas: true, compressor: new Compressor(0))), whole);
            Row($"{format} patches, compressed once, continued", Shared(frames, new View(format, deltas: true, compressor: new Compressor(0), continues: true)), whole);
            Row($"{format} fields={fields}", Shared(frames, new View(format, fields: choice)), whole);
            foreach (var level in (CompressionLevel[])[CompressionLevel.Fastest, CompressionLevel.Optimal])
            {
                Row($"{format} state, per connection, {level}", PerConnection(frames, new View(format), level, keepsWindow: true), whole);
                Row($"{format} state, no window, {level}", PerConnection(frames, new View(format), level, keepsWindow: false), whole);
                Row($"{format} patches, per connection, {level}", PerConnection(frames, new View(format, deltas: true), level, keepsWindow: true), whole);
            }
        }
    }

    private static (double Bytes, double Micros) Shared(List<Frame> frames, View view)
    {
        var selection = new Selections(1).Take(view)!;
        return Measure(frames.Count, () =>
        {
            var (bytes, windowEnd) = (0L, 0L);
            Update? before = null;
            foreach (var frame in frames)
            {
                var update = new Update("match/20260314-150000-ARS-CHE", frame, before?.Frame, 1_773_500_000_002_000, previous: before);
                before?.ForgetPrevious();
                bytes += update.Bytes(view, selection, view.Deltas && before is not null ? Variant.Patch : Variant.State, ref windowEnd).Length;
                before = update;
            }

            return bytes;
        });
    }

    /// <summary>Of compression alone: what is compressed was encoded once for all.</summary>
    private static (double Bytes, double Micros) PerConnection(List<Frame> frames, View view, CompressionLevel level, bool keepsWindow)
    {
        var selection = new Selections(1).Take(view)!;
        var plain = new List<byte[]>();
        for (var i = 0; i < frames.Count; i++) plain.Add(new Update("match/20260314-150000-ARS-CHE", frames[i], i > 0 ? frames[i - 1] : null, 1_773_500_000_002_000).Bytes(view, selection, view.Deltas ? Variant.Patch : Variant.State));
        return Measure(frames.Count, () =>
        {
            var target = new MemoryStream();
            var stream = new DeflateStream(target, level, leaveOpen: true);
            var sum = 0L;
            foreach (var bytes in plain)
            {
                if (!keepsWindow)
                {
                    target = new MemoryStream();
                    stream = new DeflateStream(target, level, leaveOpen: true);
                }

                var at = target.Length;
                stream.Write(bytes);
                stream.Flush();
                sum += target.Length - at;
            }

            return sum;
        });
    }

    private static void ShowMemory()
    {
        const int Connections = 1000;
        var before = Environment.WorkingSet;
        var streams = new DeflateStream[Connections];
        for (var i = 0; i < Connections; i++)
        {
            streams[i] = new DeflateStream(Stream.Null, CompressionLevel.Fastest);
            streams[i].Write(new byte[1000]);
            streams[i].Flush();
        }

        Print($"a compressor per connection holds {(Environment.WorkingSet - before) / Connections / 1024} KiB of it");
        foreach (var stream in streams) stream.Dispose();
    }

    private static (double Bytes, double Micros) Measure(int changes, Func<long> round)
    {
        var bytes = round();
        for (var warmed = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(warmed) < WarmUp;) round();
        var best = double.MaxValue;
        for (var i = 0; i < Rounds; i++)
        {
            var began = Stopwatch.GetTimestamp();
            round();
            best = Math.Min(best, Stopwatch.GetElapsedTime(began).TotalMicroseconds);
        }

        return ((double)bytes / changes, best / changes);
    }

    private static void Row(string name, (double Bytes, double Micros) row, double whole) => Print($"{name,-46}{row.Bytes,14:0}{row.Bytes / whole,10:0.00}{row.Micros,16:0.0}");

    private static void Print(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));
}
