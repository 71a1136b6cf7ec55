using System.Globalization;
using E2EEvents.Grains.Interfaces.Kinds;
using E2EEvents.Testing.Clients;

namespace E2EEvents.EndToEnd;

/// <summary>A client that stops reading costs the gateway next to nothing and the other clients nothing.</summary>
public sealed class SlowClientTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task EveryClient_StopsReading_IsClosedWithReasonAndResumesWithoutHole()
    {
        var token = TestContext.Current.CancellationToken;
        await using var region = await TestRegion.StartAsync(token);
        var headlines = new Headlines(topics: 1);
        var slow = headlines.NewTranscripts();
        var brisk = headlines.NewTranscripts();
        await using var fast = await WsClient.ConnectAsync(region.Gateway, brisk, token);
        var before = 0L;
        await using (var stopped = await WsClient.ConnectAsync(region.Gateway, slow, token, new StreamOptions { ReceiveBufferBytes = 4096 }))
        {
            await region.AddAllAsync(headlines.Next(60));
            await slow[0].ReachesAsync(60, Soon);
            before = RssKib(region.Gateways[0].ProcessId);
            stopped.Pause();
            await region.AddAllAsync(headlines.Next(3_000)); // of about 8 KiB each: far beyond buffers and the gateway's tail
            await headlines.ReachedByAsync(brisk, Soon);
            stopped.Continue();
            var end = await stopped.EndsAsync(Soon);
            Assert.True(end.Code is 4001 or 0, end.ToString()); // the reason is best effort: it has 5 s to get out
        }

        Assert.InRange(RssKib(region.Gateways[0].ProcessId), 0, before + (150 << 10));
        await using var resumed = await WsClient.ConnectAsync(region.Gateway, slow, token);
        await headlines.ReachedByAsync(slow, Soon); // the transcript fails on an untold hole
    }

    [Fact]
    public async Task LatestClient_StopsReading_ContinuesWithTheNewestState()
    {
        var token = TestContext.Current.CancellationToken;
        await using var region = await TestRegion.StartAsync(token);
        var slow = new Transcript("weather/cell-00-00", Delivery.Latest);
        var brisk = new Transcript("weather/cell-00-00", Delivery.Latest);
        await using var fast = await SseClient.ConnectAsync(region.Gateway, [brisk], token);
        await using var stopped = await WsClient.ConnectAsync(region.Gateway, [slow], token, new StreamOptions { ReceiveBufferBytes = 4096 });
        await region.AddAsync("weather/cell-00-00", Report(0));
        await slow.ReachesAsync(1, Soon);

        stopped.Pause();
        const int Reports = 30_000;
        for (var i = 1; i <= Reports; i += 1_000)
        {
            var batch = new List<(string, object)>();
            for (var j = i; j < i + 1_000; j++) batch.Add(("weather/cell-00-00", Report(j)));
            await region.AddAllAsync(batch);
        }

        await brisk.ReachesAsync(t => Temperature(t) == Expected(Reports), Soon);
        stopped.Continue();
        await slow.ReachesAsync(t => Temperature(t) == Expected(Reports), Soon);

        Assert.False(stopped.Ended.IsCompleted, "A latest-kind client is never closed for being slow.");
        Assert.True(slow.Taken < brisk.Offset, $"{slow.Taken} of {brisk.Offset} changes reached a client that did not read.");
    }

    private static Observed Report(int number) => new(new DateTimeOffset(2026, 3, 14, 0, 0, 0, TimeSpan.Zero).AddSeconds(number), Expected(number));

    private static double Expected(int number) => Math.Round(number % 4000 / 100.0, 2);

    private static double? Temperature(Transcript transcript) => (double?)transcript.State?["temperatureC"];

    private static long RssKib(int process)
    {
        foreach (var line in File.ReadLines($"/proc/{process}/status"))
        {
            if (line.StartsWith("VmRSS:", StringComparison.Ordinal)) return long.Parse(line.AsSpan(6).Trim().TrimEnd("kB").Trim(), CultureInfo.InvariantCulture);
        }

        throw new InvalidOperationException($"Process {process} has no VmRSS.");
    }
}
