using System.Globalization;
using System.Linq;
using E2EEvents.Connectors.Mapping;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace E2EEvents.Connectors.Tests.Ingest;

public sealed class ConnectorHostTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task Host_Records_AreAppliedInOrderAndCheckpointed()
    {
        await using var run = new HostHarness();
        for (var i = 1; i <= 500; i++) run.Connector.Add(EventOf($"match/{i % 7}", i));
        await run.StartAsync();
        await run.CheckpointAsync("500");

        for (var topic = 0; topic < 7; topic++)
        {
            var numbers = run.Region.Applied($"match/{topic}").Select(NumberOf);
            Assert.Equal(Enumerable.Range(1, 500).Where(i => i % 7 == topic), numbers);
        }

        Assert.Equal("fake/p", run.Region.Applied("match/0")[0].Source);
        Assert.Equal(new Sequence(0, Sequence.OrdinalOf(7)), run.Region.Applied("match/0")[0].Sequence);
    }

    [Fact]
    public async Task Host_EventsThatWaitForTheirTopic_GoIntoOneContainer()
    {
        await using var run = new HostHarness();
        var gate = new TaskCompletionSource();
        run.Region.Before = (call, _) => call == "publish" ? gate.Task : Task.CompletedTask;
        for (var i = 1; i <= 100; i++) run.Connector.Add(EventOf("match/a", i));
        await run.StartAsync();
        await Eventually.EqualAsync(100, () => run.Status.InFlightEvents, Limit);
        gate.SetResult();
        await run.CheckpointAsync("100");

        Assert.InRange(run.Region.Containers.Count, 1, 2); // what was there when the first began, and the rest
        Assert.Equal(100, run.Region.Containers.Sum(container => container.Events));
    }

    [Fact]
    public async Task Host_OneTopicUnsettled_HoldsTheCheckpointAndNothingElse()
    {
        await using var run = new HostHarness();
        run.Log.Expect(2004);
        run.Region.Held["match/stuck"] = true;
        run.Connector.Add(EventOf("match/a", 1));
        run.Connector.Add(EventOf("match/stuck", 2));
        for (var i = 3; i <= 50; i++) run.Connector.Add(EventOf("match/a", i));
        await run.StartAsync();
        await Eventually.EqualAsync(49, () => run.Region.Applied("match/a").Count, Limit);
        await run.CheckpointAsync("1");
        await run.Log.SeesAsync(2004, Limit);
        Assert.Equal("1", run.Region.CheckpointOf("fake").Token);
        Assert.All(run.Connector.Acknowledged, token => Assert.True(token is "0" or "1", token));
        Assert.True(run.Status.CheckpointLag > 0);

        run.Region.Held.Clear();
        await run.CheckpointAsync("50");
        Assert.Single(run.Region.Applied("match/stuck"));
        await Eventually.EqualAsync(0d, () => run.Status.CheckpointLag, Limit);
    }

    [Fact]
    public async Task Host_WindowFull_StopsReading()
    {
        await using var run = new HostHarness();
        run.Options.MaxInFlightEvents = 10;
        var gate = new TaskCompletionSource();
        run.Region.Before = (call, _) => call == "publish" ? gate.Task : Task.CompletedTask;
        for (var i = 1; i <= 100; i++) run.Connector.Add(EventOf("match/a", i));
        await run.StartAsync();
        await Eventually.EqualAsync(11, () => run.Connector.Given, Limit); // ten in the window, one in the hand
        await Eventually.EqualAsync(10, () => run.Status.InFlightEvents, Limit);
        Assert.Equal(11, run.Connector.Given);

        gate.SetResult();
        await run.CheckpointAsync("100");
    }

    [Fact]
    public async Task Host_OriginFails_ReadsOnAfterTheLastRecord()
    {
        await using var run = new HostHarness();
        run.Log.Expect(2001);
        run.Connector.Add(EventOf("match/a", 1));
        run.Connector.Add(EventOf("match/a", 2));
        await run.StartAsync();
        await run.CheckpointAsync("2");
        run.Connector.Fail(new IOException("the cable"));
        run.Connector.Add(EventOf("match/a", 3));
        await run.CheckpointAsync("3");

        Assert.Equal([null, "2"], run.Connector.Readings);
        Assert.Equal([1, 2, 3], run.Region.Applied("match/a").Select(NumberOf));
        Assert.Equal(3, run.Connector.Given);
    }

    [Fact]
    public async Task Health_OriginGone_IsDegradedWithTheReasonUntilItIsBack()
    {
        await using var run = new HostHarness();
        run.Log.Expect(2001);
        run.Options.FirstPause = run.Options.LongestPause = TimeSpan.FromSeconds(10);
        await run.StartAsync();
        await Eventually.EqualAsync(HealthStatus.Healthy, () => Health(run).Status, Limit);
        run.Connector.Fail(new IOException("the cable"));
        await Eventually.EqualAsync(HealthStatus.Degraded, () => Health(run).Status, Limit);
        Assert.Contains("the cable", Health(run).Description, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Host_Stopped_DrainsAndStoresTheCheckpoint()
    {
        await using var run = new HostHarness();
        run.Options.CheckpointInterval = TimeSpan.FromMinutes(1);
        await run.StartAsync();
        await run.CheckpointAsync("0"); // the mark; the next write would be due in a minute
        for (var i = 1; i <= 50; i++) run.Connector.Add(EventOf($"match/{i % 3}", i));
        await Eventually.EqualAsync(50, () => run.Connector.Given, Limit);
        await run.StopAsync();
        Assert.Equal(("50", 50), (run.Region.CheckpointOf("fake").Token, run.Region.AppliedEvents));
    }

    [Fact]
    public async Task Host_StoppedWithATopicThatDoesNotSettle_GivesUpAndReadsAgainNextTime()
    {
        await using var run = new HostHarness();
        run.Log.Expect(2004).Expect(2012);
        run.Options.DrainTimeout = TimeSpan.FromMilliseconds(50);
        run.Region.Held["match/stuck"] = true;
        run.Connector.Add(EventOf("match/a", 1));
        run.Connector.Add(EventOf("match/stuck", 2));
        run.Connector.Add(EventOf("match/a", 3));
        await run.StartAsync();
        await Eventually.EqualAsync(2, () => run.Region.Applied("match/a").Count, Limit);
        await run.StopAsync();
        Assert.Equal("1", run.Region.CheckpointOf("fake").Token);

        run.Region.Held.Clear();
        await run.StartAsync();
        await run.CheckpointAsync("3");
        Assert.Equal([null, "1"], run.Connector.Readings);
        Assert.Equal([1, 3], run.Region.Applied("match/a").Select(NumberOf));
        Assert.Equal([2], run.Region.Applied("match/stuck").Select(NumberOf));
    }

    [Fact]
    public async Task Host_RecordsThatCannotBeMapped_GoToDeadLettersAndSettle()
    {
        await using var run = new HostHarness();
        run.Log.Expect(2006);
        run.Options.MaxRecordBytes = 1024;
        run.Connector.Add("""{"nothing":1}""");
        run.Connector.Add("""{"topic":"match/a b","event":{}}""");
        run.Connector.Add("""{"topic":"nosuch/x","event":{}}""");
        run.Connector.Add("""{"topic":"match/x","event":{"n":"NNN"}}""".Replace("NNN", new string('n', 2000), StringComparison.Ordinal));
        run.Connector.Add(EventOf("match/x", 5));
        await run.StartAsync();
        await run.CheckpointAsync("5");

        Assert.Single(run.Region.Applied("match/x"));
        var letters = run.Region.Letters.OrderBy(letter => letter.Letter.Event.Sequence!.Ordinal[7]).ToArray();
        Assert.Equal(["unmapped", "match", "unmapped", "unmapped"], letters.Select(letter => letter.Kind));
        Assert.Equal("""{"nothing":1}""", Records.Text(letters[0].Letter.Event.Data));
        Assert.Contains("no topic kind 'nosuch'", letters[2].Letter.Reason, StringComparison.Ordinal);
        Assert.Contains("MaxRecordBytes is 1024", letters[3].Letter.Reason, StringComparison.Ordinal);
        Assert.StartsWith("""{"cut":"{\u0022topic""", Records.Text(letters[3].Letter.Event.Data), StringComparison.Ordinal);
        Assert.All(letters, letter => Assert.True(TopicKey.TryParse(letter.Letter.Event.Topic.ToString(), out _, out _)));
    }

    [Fact]
    public async Task Host_MapperThrows_IsADeadLetter()
    {
        await using var run = new HostHarness { Mapper = new ThrowingMapper() };
        run.Log.Expect(2006);
        run.Connector.Add("{}");
        await run.StartAsync();
        await run.CheckpointAsync("1");
        Assert.Contains("forgot something", Assert.Single(run.Region.Letters).Letter.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Host_SeveralEventsOfARecord_AreNumberedWithinIt()
    {
        var errors = new List<string>();
        var mapper = new RuleMapper([new MappingRule { ForEach = "list", Topic = "match/{item.m}" }], "Map", errors);
        await using var run = new HostHarness { Mapper = mapper };
        run.Log.Expect(2006);
        run.Connector.Add("""{"list":[{"m":"a","n":1},{"m":"?"},{"m":"a","n":2}]}""");
        run.Connector.Add(_ => Records.WithId("""{"list":[{"m":"b","n":1},{"m":"b","n":2}]}""", "msg-1"));
        await run.StartAsync();
        await run.CheckpointAsync("2");

        Assert.Equal([0, 1], run.Region.Applied("match/a").Select(e => e.Sequence!.Index));
        Assert.Equal(["msg-1", "msg-1/1"], run.Region.Applied("match/b").Select(e => e.EventId));
        Assert.Equal("match", Assert.Single(run.Region.Letters).Kind);
    }

    [Fact]
    public async Task Host_EventsWithoutOrder_AreDoneOnceAppended()
    {
        await using var run = new HostHarness();
        for (var i = 1; i <= 20; i++)
        {
            var (json, id) = (EventOf("match/a", i), $"id-{i}");
            run.Connector.Add(_ => Records.WithId(json, id));
        }

        await run.StartAsync();
        await run.CheckpointAsync("20");
        Assert.False(run.Region.Calls.ContainsKey("settled"));
        Assert.Equal(20, run.Region.Applied("match/a").Count);
    }

    [Fact]
    public async Task Host_OriginCannotBeAcknowledged_GoesOnAndCoversItWithTheNext()
    {
        await using var run = new HostHarness();
        run.Log.Expect(2008);
        run.Connector.AcknowledgeFailure = new IOException("no");
        run.Connector.Add(EventOf("match/a", 1));
        await run.StartAsync();
        await run.CheckpointAsync("1");
        await run.Log.SeesAsync(2008, Limit);
        run.Connector.AcknowledgeFailure = null;
        run.Connector.Add(EventOf("match/a", 2));
        await Eventually.EqualAsync("2", () => run.Connector.Acknowledged.LastOrDefault(), Limit);
        Assert.Equal(run.Connector.Acknowledged.Order(StringComparer.Ordinal), run.Connector.Acknowledged);
    }

    [Fact]
    public async Task Host_ConnectorBreaksItsContract_SaysSoAndDoesNotPublishIt()
    {
        await using var run = new HostHarness();
        run.Log.Expect(2001);
        run.Connector.Add(number => Records.Of(EventOf("match/a", 1), number) with { EventId = "both" });
        await run.StartAsync();
        await run.Log.SeesAsync(2001, Limit);
        Assert.Equal(0, run.Region.AppliedEvents);
        Assert.Contains("exactly one of ordinal and event id", run.Log.Lines.First(line => line.Id.Id == 2001).Exception!.Message, StringComparison.Ordinal);
    }

    private static string EventOf(string topic, int number) => string.Create(CultureInfo.InvariantCulture, $$"""{"topic":"{{topic}}","event":{"n":{{number}}} }""");

    private static int NumberOf(SourcedEvent e) => int.Parse(Records.Text(e.Data)[5..^1], CultureInfo.InvariantCulture);

    private static HealthCheckResult Health(HostHarness run) => new ConnectorHealthCheck(run.Status).CheckHealthAsync(new HealthCheckContext()).GetAwaiter().GetResult();

    private sealed class ThrowingMapper : IEventMapper
    {
        public MappedRecord Map(SourceRecord record) => throw new InvalidOperationException("forgot something");
    }
}
