using System.Globalization;
using System.Linq;
using Microsoft.Extensions.Time.Testing;

namespace E2EEvents.Connectors.Tests.Ingest;

/// <summary>Two processes with the same connector, one of which runs it.</summary>
public sealed class LeaseTests
{
    private const int Over = 2016;
    private const int Retry = 2003;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(20);
    private readonly FakeTimeProvider _time = new();
    private readonly FakeRegion _region = new();

    [Fact]
    public async Task Lease_HeldByAnother_StandsByReadyAndReadsNothing()
    {
        await using var active = await StartAsync(1);
        await using var standby = NewHost(1);
        await standby.StartAsync();
        await SeeAsync(() => standby.Status.Phase.StartsWith("standing by", StringComparison.Ordinal));
        for (var i = 0; i < 500; i++) await AdvanceAsync();
        Assert.True(standby.Status.Ready);
        Assert.Equal((true, false), (active.Status.HasLease, standby.Status.HasLease));
        Assert.Contains(Environment.MachineName, standby.Status.Phase, StringComparison.Ordinal);
        Assert.Empty(standby.Connector.Readings);
        Assert.Equal(1, _region.LeaseOf("fake"));
    }

    [Fact]
    public async Task Lease_GivenBackByAStop_IsTakenWithoutWaitingForItsEnd()
    {
        var active = await StartAsync(1);
        await using var standby = NewHost(2);
        await standby.StartAsync();
        await SeeAsync(() => standby.Status.Phase.StartsWith("standing by", StringComparison.Ordinal));
        await active.DisposeAsync();
        var since = _time.GetTimestamp();
        await SeeAsync(() => standby.Status.HasLease);
        Assert.InRange(_time.GetElapsedTime(since), TimeSpan.Zero, TimeSpan.FromSeconds(1.5)); // a fifth of its duration, and steps seen late
        await CheckpointAsync("2");
        Assert.Equal(["1"], standby.Connector.Readings);
        Assert.Equal([1, 2], _region.Applied("match/a").Select(NumberOf));
    }

    [Fact]
    public async Task Lease_CannotBeRenewed_StopsPublishingBeforeItsEndAndGoesOnWithANewOne()
    {
        await using var run = await StartAsync(1);
        run.Log.Expect(Over).Expect(Retry);
        var (away, early, late, since) = (true, 0, 0, _time.GetTimestamp());
        _region.Before = (call, _) =>
        {
            if (call == "publish" && away) Interlocked.Increment(ref _time.GetElapsedTime(since) < run.Options.LeaseDuration ? ref early : ref late);
            return call is "renew" or "acquire" && away ? Task.FromException(new TimeoutException("cut off")) : Task.CompletedTask;
        };
        for (var i = 2; i <= 400; i++)
        {
            run.Connector.Add(EventOf("match/a", i));
            await AdvanceAsync();
        }

        Assert.True(run.Log.Has(Over));
        Assert.InRange(early, 10, 300);
        Assert.Equal(0, late);
        Assert.Contains("cut off", run.Status.Problems, StringComparison.Ordinal);

        away = false;
        await CheckpointAsync("400");
        Assert.Equal(Enumerable.Range(1, 400), _region.Applied("match/a").Select(NumberOf));
        Assert.True(run.Status.Ready, run.Status.Problems);
    }

    [Fact]
    public async Task Lease_ProcessWhoseClockStoodStill_StoresNoCheckpointAndStops()
    {
        // The old holder's clock stands still while the region's goes on, as a process does that was stopped and goes on later.
        var frozen = new FakeTimeProvider();
        await using var old = new HostHarness { Region = _region, Time = frozen };
        old.Log.Expect(Over);
        old.Options.LeaseDuration = TimeSpan.FromSeconds(5);
        old.Connector.Add(EventOf("match/a", 1));
        await old.StartAsync();
        _region.Time = _time;
        await Eventually.TrueAsync(() => Moves(() => _region.CheckpointOf("fake").Token == "1"), Limit);

        _time.Advance(TimeSpan.FromSeconds(6));
        await using var next = NewHost(2);
        await next.StartAsync();
        await CheckpointAsync("2");
        Assert.Equal(2, _region.LeaseOf("fake"));

        // Its clock still says that the lease is its own, so it publishes (the topic drops what it knows), but the checkpoint refuses it.
        old.Connector.Add(EventOf("match/a", 2));
        old.Connector.Add(EventOf("match/a", 3));
        await Eventually.TrueAsync(() => Moves(() => old.Log.Has(Over)), Limit);
        Assert.Equal("2", _region.CheckpointOf("fake").Token);
        Assert.False(old.Status.HasLease);
        Assert.Equal(3, _region.Applied("match/a").Count);

        var published = _region.Containers.Count;
        old.Connector.Add(EventOf("match/a", 4));
        await Eventually.TrueAsync(() => old.Status.Phase.StartsWith("standing by", StringComparison.Ordinal), Limit);
        Assert.Equal(published, _region.Containers.Count);

        bool Moves(Func<bool> condition)
        {
            if (condition()) return true;
            frozen.Advance(TimeSpan.FromMilliseconds(1));
            return false;
        }
    }

    [Fact]
    public async Task Lease_ItsOwnAnswerWasLost_IsAskedForAgainWithoutWaiting()
    {
        await using var run = NewHost(1);
        run.Log.Expect(Retry);
        var lose = true;
        _region.After = call =>
        {
            if (call != "acquire" || !lose) return;
            lose = false;
            throw new TimeoutException();
        };
        await run.StartAsync();
        await CheckpointAsync("1");
        Assert.Equal(2, _region.LeaseOf("fake"));
    }

    [Fact]
    public async Task Appended_StreamHasTaken_IsSafeWithoutAskingTheTopic()
    {
        await using var run = new HostHarness();
        run.Options.SafeAfter = SafeAfter.Appended;
        run.Region.Held["match/a"] = true;
        for (var i = 1; i <= 300; i++) run.Connector.Add(EventOf("match/a", i));
        await run.StartAsync();
        await run.CheckpointAsync("300");
        Assert.False(run.Region.Calls.ContainsKey("settled"));
        Assert.Equal(Enumerable.Range(1, 300), run.Region.Applied("match/a").Select(NumberOf));
    }

    // The next batch of a topic must not leave before the one before it was acknowledged, or an append that is repeated would come behind it.
    [Fact]
    public async Task Appended_OutcomeUnknown_IsRepeatedBeforeAnythingBehindIt()
    {
        await using var run = new HostHarness();
        run.Log.Expect(Retry);
        run.Options.SafeAfter = SafeAfter.Appended;
        run.Options.MaxBatchEvents = 1;
        var failures = 0;
        run.Region.Before = (call, _) => call == "publish" && Interlocked.Increment(ref failures) is 2 or 3 ? Task.FromException(new IOException("before it arrived")) : Task.CompletedTask;
        run.Region.After = call =>
        {
            if (call == "publish" && Volatile.Read(ref failures) is 5 or 6) throw new TimeoutException("after it arrived");
        };
        for (var i = 1; i <= 6; i++) run.Connector.Add(EventOf("match/a", i));
        await run.StartAsync();
        await run.CheckpointAsync("6");
        Assert.Equal(Enumerable.Range(1, 6), run.Region.Applied("match/a").Select(NumberOf));
        Assert.Equal(10, run.Region.Calls["publish"]);
    }

    private HostHarness NewHost(int records)
    {
        var host = new HostHarness { Region = _region, Time = _time };
        host.Options.LeaseDuration = TimeSpan.FromSeconds(5);
        for (var i = 1; i <= records; i++) host.Connector.Add(EventOf("match/a", i));
        return host;
    }

    private async Task<HostHarness> StartAsync(int records)
    {
        var host = NewHost(records);
        await host.StartAsync();
        await CheckpointAsync(records.ToString(CultureInfo.InvariantCulture));
        return host;
    }

    private Task CheckpointAsync(string token) => SeeAsync(() => _region.CheckpointOf("fake").Token == token);

    private Task SeeAsync(Func<bool> condition) => Eventually.TrueAsync(
        async _ =>
        {
            if (condition()) return true;
            await AdvanceAsync();
            return condition();
        }, Limit);

    // Lets what the last step woke come to rest before time moves on: there is nothing to await for "nothing more happens".
    private async Task AdvanceAsync()
    {
        _time.Advance(Step);
        for (var i = 0; i < 20; i++) await Task.Yield();
        await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, CancellationToken.None);
    }

    private static string EventOf(string topic, int number) => string.Create(CultureInfo.InvariantCulture, $$"""{"topic":"{{topic}}","event":{"n":{{number}}} }""");

    private static int NumberOf(SourcedEvent e) => int.Parse(Records.Text(e.Data)[5..^1], CultureInfo.InvariantCulture);
}
