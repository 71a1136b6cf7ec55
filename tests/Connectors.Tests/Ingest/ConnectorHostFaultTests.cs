using System.Diagnostics.Metrics;
using System.Globalization;
using System.Linq;
using Microsoft.Extensions.Time.Testing;

namespace E2EEvents.Connectors.Tests.Ingest;

/// <summary>What the host does when the region, or another process, misbehaves.</summary>
public sealed class ConnectorHostFaultTests
{
    private const int Retry = 2003;
    private const int NotSettled = 2004;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    // Every call of the region may fail before or after its work, containers vanish behind their acknowledgement, and the process is stopped
    // now and then: in the end each topic has each event once, in order.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task Host_RegionFailsAtRandom_LosesAndRepeatsNothing(int seed)
    {
        const int events = 400;
        var random = new Random(seed);
        var calm = 0.0;
        await using var run = new HostHarness();
        run.Log.Expect(Retry).Expect(NotSettled).Expect(2012).Expect(2016);
        run.Options.DrainTimeout = TimeSpan.FromMilliseconds(20);
        run.Options.LeaseDuration = TimeSpan.FromSeconds(1);
        run.Options.SettleTimeout = TimeSpan.FromMilliseconds(100);
        run.Region.Arrives = _ => Chance() > 0.2;
        run.Region.After = call =>
        {
            if (Chance() < 0.2) throw new TimeoutException("The answer was lost.");
        };
        run.Region.Before = async (call, token) =>
        {
            var chance = Chance();
            if (chance < 0.1) throw new InvalidOperationException("Can not enqueue since the count has reached its maximum of 16384");
            if (chance < 0.3) await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, token);
        };

        for (var restart = 0; restart < 4; restart++)
        {
            await run.StartAsync();
            for (var i = 0; i < events / 4; i++) run.Connector.Add(EventOf($"match/{i % 5}", (restart * events / 4) + i));
            var wanted = (restart + 1) * events / 5;
            await Eventually.TrueAsync(() => run.Region.AppliedEvents >= wanted, Limit, () => run.Region.AppliedEvents);
            await run.StopAsync();
        }

        calm = 1;
        await run.StartAsync();
        await run.CheckpointAsync(events.ToString(CultureInfo.InvariantCulture));
        for (var topic = 0; topic < 5; topic++)
        {
            Assert.Equal(Enumerable.Range(0, events).Where(i => i % 100 % 5 == topic), run.Region.Applied($"match/{topic}").Select(NumberOf));
        }

        double Chance()
        {
            lock (random) return calm + random.NextDouble();
        }
    }

    [Fact]
    public async Task Host_ContainerVanishesWithItsSilo_IsPublishedAgain()
    {
        var lost = 0;
        await using var run = new HostHarness();
        run.Log.Expect(NotSettled);
        run.Region.Arrives = _ => Interlocked.Increment(ref lost) > 2;
        run.Connector.Add(EventOf("match/a", 1));
        await run.StartAsync();
        await run.CheckpointAsync("1");
        Assert.Equal(3, run.Region.Containers.Count);
        Assert.Equal([1], run.Region.Applied("match/a").Select(NumberOf));
    }

    [Fact]
    public async Task Host_TopicSettlesLate_WaitsLongerBeforeEachRepetition()
    {
        var time = new FakeTimeProvider();
        await using var run = new HostHarness { Time = time };
        run.Log.Expect(NotSettled);
        run.Options.SettleTimeout = TimeSpan.FromSeconds(3);
        run.Region.Held["match/a"] = true;
        run.Connector.Add(EventOf("match/a", 1));
        await run.StartAsync();
        // 3 s twice, then 6, 12, 24, 24 (and pauses of some ms).
        var published = new List<double>();
        for (var passed = 0.0; passed < 75; passed += 0.05)
        {
            while (published.Count < run.Region.Containers.Count) published.Add(passed);
            await AdvanceAsync(time, TimeSpan.FromMilliseconds(50));
        }

        // A busy machine sees a publication some steps late, so the bounds are loose; without growth there would be 25 in this time.
        var gaps = published.Zip(published.Skip(1), (before, after) => after - before).ToArray();
        Assert.InRange(gaps.Length, 4, 6);
        double[] expected = [3, 3, 6, 12, 24, 24];
        for (var i = 0; i < gaps.Length; i++) Assert.InRange(gaps[i], expected[i] - 1, expected[i] + 3);
        run.Region.Held.Clear();
        await Eventually.TrueAsync(() => AdvanceAndSee(time, () => run.Region.CheckpointOf("fake").Token == "1"), Limit);
    }

    [Fact]
    public async Task Host_ManyRecords_WritesTheCheckpointNoMoreOftenThanAllowed()
    {
        var time = new FakeTimeProvider();
        await using var run = new HostHarness { Time = time };
        run.Options.CheckpointInterval = TimeSpan.FromSeconds(1);
        await run.StartAsync();
        await Eventually.EqualAsync(1, () => run.Region.CheckpointWrites.Count, Limit); // the mark, at once
        for (var i = 1; i <= 100; i++) run.Connector.Add(EventOf("match/a", i));
        await Eventually.EqualAsync(100, () => run.Region.Applied("match/a").Count, Limit);
        await AdvanceAsync(time, TimeSpan.FromMilliseconds(900));
        Assert.Single(run.Region.CheckpointWrites);
        await Eventually.TrueAsync(() => AdvanceAndSee(time, () => run.Region.CheckpointOf("fake").Token == "100"), Limit);
        Assert.InRange(run.Region.CheckpointWrites.Count, 2, 3);
    }

    [Fact]
    public async Task Host_AnswerOfACheckpointIsLost_KnowsItsOwnWrite()
    {
        await using var run = new HostHarness();
        run.Log.Expect(Retry);
        var lose = true;
        run.Region.After = call =>
        {
            if (call != "checkpoint" || !lose) return;
            lose = false;
            throw new TimeoutException();
        };
        run.Connector.Add(EventOf("match/a", 1));
        await run.StartAsync();
        await run.CheckpointAsync("1");
        run.Connector.Add(EventOf("match/a", 2));
        await run.CheckpointAsync("2");
        Assert.Equal([null], run.Connector.Readings); // never stood by
    }

    [Fact]
    public async Task Host_KindIsDeployedLater_IsFoundWithinTenSeconds()
    {
        var time = new FakeTimeProvider();
        await using var run = new HostHarness { Time = time };
        run.Log.Expect(2006);
        for (var i = 0; i < 50; i++) run.Connector.Add(EventOf("weather/x", i));
        await run.StartAsync();
        await Eventually.EqualAsync(50, () => run.Region.Letters.Count, Limit);
        Assert.Equal(1, run.Region.Calls["kinds"]); // a flood costs one look

        run.Region.AddKind("weather");
        await AdvanceAsync(time, TimeSpan.FromSeconds(10));
        run.Connector.Add(EventOf("weather/x", 51));
        await Eventually.EqualAsync(1, () => run.Region.Applied("weather/x").Count, Limit);
        Assert.Equal(50, run.Region.Letters.Count);
    }

    [Fact]
    public async Task Host_RegionDoesNotAnswer_TriesAgainAfterItsDeadline()
    {
        var time = new FakeTimeProvider();
        await using var run = new HostHarness { Time = time };
        run.Log.Expect(Retry);
        var hang = true;
        run.Region.Before = (call, _) => call == "publish" && hang ? new TaskCompletionSource().Task : Task.CompletedTask; // not even cancellation helps
        run.Connector.Add(EventOf("match/a", 1));
        await run.StartAsync();
        await Eventually.TrueAsync(() => run.Region.Calls.ContainsKey("publish"), Limit);
        hang = false;
        await AdvanceAsync(time, run.Options.CallTimeout);
        await Eventually.TrueAsync(() => AdvanceAndSee(time, () => run.Region.CheckpointOf("fake").Token == "1"), Limit);
        Assert.Equal(2, run.Region.Calls["publish"]);
    }

    [Fact]
    public async Task Metrics_Run_CountsWhatHappened()
    {
        await using var run = new HostHarness();
        run.Log.Expect(2006).Expect(NotSettled);
        var first = 0;
        run.Region.Arrives = _ => Interlocked.Increment(ref first) > 1;
        var counts = new Dictionary<string, long>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, l) =>
            {
                if (instrument.Meter.Scope == run.Meters) l.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
        {
            lock (counts) counts[instrument.Name] = instrument.IsObservable ? value : counts.GetValueOrDefault(instrument.Name) + value;
            Assert.Equal("fake", tags[0].Value);
        });
        listener.Start();

        run.Connector.Add(EventOf("match/a", 1));
        run.Connector.Add("{}");
        await run.StartAsync();
        await run.CheckpointAsync("2");
        listener.RecordObservableInstruments();
        lock (counts)
        {
            Assert.Equal(
                (2, 1, 1, 2, 1, 1, 0),
                (counts["e2e.connectors.records.read"], counts["e2e.connectors.events.mapped"], counts["e2e.connectors.records.unmapped"],
                    counts["e2e.connectors.events.published"], counts["e2e.connectors.events.settled"], counts["e2e.connectors.retries"],
                    counts["e2e.connectors.in_flight.events"]));
        }
    }

    // Lets what the last step woke come to rest before time moves on: there is nothing to await for "nothing more happens".
    private static async Task AdvanceAsync(FakeTimeProvider time, TimeSpan step)
    {
        time.Advance(step);
        for (var i = 0; i < 20; i++) await Task.Yield();
        await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, CancellationToken.None);
    }

    private static bool AdvanceAndSee(FakeTimeProvider time, Func<bool> condition, TimeSpan? step = null)
    {
        if (condition()) return true;
        time.Advance(step ?? TimeSpan.FromMilliseconds(100));
        return false;
    }

    private static string EventOf(string topic, int number) => string.Create(CultureInfo.InvariantCulture, $$"""{"topic":"{{topic}}","event":{"n":{{number}}} }""");

    private static int NumberOf(SourcedEvent e) => int.Parse(Records.Text(e.Data)[5..^1], CultureInfo.InvariantCulture);
}
