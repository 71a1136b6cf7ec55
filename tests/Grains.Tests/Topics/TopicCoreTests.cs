using System.Linq;
using System.Text;
using System.Text.Json;
using CsCheck;
using E2EEvents.Grains.Tests.Cluster;
using E2EEvents.Grains.Topics;

namespace E2EEvents.Grains.Tests.Topics;

public sealed class TopicCoreTests
{
    private static readonly TopicKey Topic = new("test-every", "a");

    [Theory]
    [InlineData("""{"by":1}""", nameof(StageOutcome.Changed), null)]
    [InlineData("""{"by":0}""", nameof(StageOutcome.Unchanged), null)]
    [InlineData("""{"by":-1}""", nameof(StageOutcome.Refused), "negative")]
    [InlineData("""{"by":666}""", nameof(StageOutcome.Refused), "a bug of the kind")]
    [InlineData("""{"by":""", nameof(StageOutcome.Refused), "no valid Added")]
    [InlineData("""{"to":1}""", nameof(StageOutcome.Refused), "no valid Added")]
    [InlineData("""{"by":"one"}""", nameof(StageOutcome.Refused), "no valid Added")]
    [InlineData("[]", nameof(StageOutcome.Refused), "no valid Added")]
    [InlineData("null", nameof(StageOutcome.Refused), "null")]
    [InlineData("", nameof(StageOutcome.Refused), "no valid Added")]
    public void Stage_AnyData_IsDecidedAndConsumed(string json, string outcome, string? reason)
    {
        var core = Core();
        var e = An.Event(Topic, json, An.Seq(1));
        var result = core.Stage(e);
        Assert.Equal(outcome, result.Outcome.ToString());
        if (reason is not null) Assert.Contains(reason, result.Reason, StringComparison.Ordinal);
        Assert.Equal(StageOutcome.Duplicate, core.Stage(e).Outcome);
        Assert.True(core.HasUnwritten);
    }

    [Fact]
    public void Stage_EventWithoutIdentity_IsRefused()
    {
        var core = Core();
        var good = An.Addition(Topic, 1, 1);
        SourcedEvent[] bad =
        [
            good with { Topic = new TopicKey("test-every", "b") },
            good with { Source = "" },
            good with { Source = new string('s', 201) },
            good with { Sequence = null },
            good with { EventId = "both" },
            good with { Sequence = null, EventId = "" },
            good with { Data = null! },
            good with { Transaction = new string('t', 201) },
        ];
        Assert.All(bad, e => Assert.Equal(StageOutcome.Refused, core.Stage(e).Outcome));
        Assert.False(core.HasUnwritten);
        Assert.Equal(StageOutcome.Changed, core.Stage(good).Outcome);
    }

    [Fact]
    public void Stage_StateBeyondTheLimit_IsRefusedAndTheTopicGoesOn()
    {
        var core = Core(new TopicOptions { MaxStateBytes = 64 });
        Assert.Equal(StageOutcome.Refused, core.Stage(An.Addition(Topic, 1, 1, note: new string('n', 100))).Outcome);
        Assert.Equal(StageOutcome.Changed, core.Stage(An.Addition(Topic, 1, 2)).Outcome);
        Write(core);
        Assert.Equal("""{"sum":1,"count":1}""", Newest(core));
    }

    [Fact]
    public void Stage_IncarnationThatIsOver_IsRefusedWithReason()
    {
        var core = Core();
        core.Stage(An.Addition(Topic, 1, 1, incarnation: 2));
        var result = core.Stage(An.Addition(Topic, 1, 9, incarnation: 1));
        Assert.Equal(StageOutcome.Refused, result.Outcome);
        Assert.Contains("Incarnation 1", result.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void IsSettled_EventThatChangedNothing_OnceAWriteHeldItsSequence()
    {
        var core = Core();
        core.Stage(An.Addition(Topic, 0, 1));
        Assert.False(core.IsSettled(An.Source, An.Seq(1)));
        core.BeginWrite(1);
        Assert.False(core.IsSettled(An.Source, An.Seq(1)));
        core.EndWrite();
        Assert.True(core.IsSettled(An.Source, An.Seq(1)));
        Assert.Equal(0, core.Log.Position.Offset);
    }

    [Fact]
    public void Restart_DurableStorage_KeepsEpochAndTail()
    {
        var options = new TopicOptions { DurableStorage = true };
        var core = Core(options, epoch: 1);
        TopicRecord record = new();
        for (ulong i = 1; i <= 5; i++)
        {
            core.Stage(An.Addition(Topic, 1, i));
            record = Write(core);
        }

        var again = Core(options, epoch: 2, record: record);
        var frames = new List<Frame>();
        Assert.Equal(Gap.None, again.Log.Read(new Position(1, 2), int.MaxValue, frames).Gap);
        Assert.Equal([3L, 4, 5], frames.Select(frame => frame.Position.Offset));
        Assert.Equal(StageOutcome.Duplicate, again.Stage(An.Addition(Topic, 1, 5)).Outcome);
    }

    [Fact]
    public void Restart_StorageNotDeclaredDurable_RenewsEpochAndGoesOnCounting()
    {
        var core = Core(epoch: 1);
        core.Stage(An.Addition(Topic, 1, 1));
        core.Stage(An.Addition(Topic, 1, 2));
        var record = Write(core);

        var again = Core(epoch: 2, record: record);
        Assert.Equal(new Position(2, 2), again.Log.Position);
        var frames = new List<Frame>();
        Assert.Equal(Gap.Epoch, again.Log.Read(new Position(1, 2), int.MaxValue, frames).Gap);
        Assert.Equal("""{"sum":2,"count":2}""", Encoding.UTF8.GetString(Assert.Single(frames).State.Span));

        again.Stage(An.Addition(Topic, 1, 3));
        Assert.Equal([2L, 3], Write(again).Frames.Select(frame => frame.Offset));
        Assert.Equal(new Position(2, 3), again.Log.Position);
    }

    [Fact]
    public void Restart_NothingApplied_KeepsTheLedger()
    {
        var core = Core();
        core.Stage(An.Addition(Topic, 0, 1));
        var again = Core(record: Write(core));
        Assert.Equal(StageOutcome.Duplicate, again.Stage(An.Addition(Topic, 0, 1)).Outcome);
        Assert.True(again.IsSettled(An.Source, An.Seq(1)));
    }

    /// <summary>However events are repeated, split into writes and interrupted by restarts, the state is that of a pure replay, and no offset falls or is skipped.</summary>
    [Fact]
    public void Stage_DuplicatesWritesAndRestarts_EqualsPureReplay()
    {
        var genStep = Gen.Select(Gen.Int[1, 3], Gen.Int[0, 2], Gen.Int[0, 3], Gen.Bool);
        Gen.Select(Gen.Int[-1, 4].List[0, 40], genStep.List[1, 40], Gen.Bool).Sample((numbers, steps, durable) =>
        {
            var options = new TopicOptions { DurableStorage = durable };
            var history = new HistoryOptions { HistoryFrames = 8, StoredFrames = 4 };
            var events = numbers.Select((by, i) => An.Addition(Topic, by, (ulong)i + 1)).ToArray();
            var core = Core(options, epoch: 1, history: history);
            TopicRecord? stored = null;
            var (next, restarts) = (0, 1UL);
            var seen = new List<Position>();
            foreach (var (take, back, action, repeatAll) in steps)
            {
                for (var i = repeatAll ? 0 : Math.Max(0, next - back); i < Math.Min(events.Length, next + take); i++) core.Stage(events[i]);
                next = Math.Min(events.Length, next + take);
                if (action == 0) // a crash: what was not written is gone, and delivered again
                {
                    core = Core(options, ++restarts, stored, history);
                    next = 0;
                }
                else if (action == 1)
                {
                    stored = Write(core);
                    seen.Add(core.Log.Position);
                }
            }

            foreach (var e in events) core.Stage(e);
            Write(core);
            var expected = E2EEvents.Grains.Topics.Topic.Replay<EveryTallyGrain, Tally>(numbers.Select(by => new Added(by)));
            Assert.Equal(expected.Count, core.Log.Position.Offset);
            if (expected.Count > 0) Assert.Equal(expected, JsonSerializer.Deserialize<Tally>(Newest(core), StateEncoder.StateOptions));
            foreach (var (before, after) in seen.Zip(seen.Skip(1))) Assert.True(after.Epoch != before.Epoch || after.Offset >= before.Offset);
        });
    }

    /// <summary>Whoever read up to any offset and then reads on has what a full replay gives: snapshot and later changes.</summary>
    [Fact]
    public void Read_FromAnySnapshotOn_EndsWithTheReplayedState() =>
        Gen.Select(Gen.Int[1, 4].List[1, 20], Gen.Int[0, 20]).Sample((numbers, at) =>
        {
            var core = Core();
            ulong sequence = 0;
            Position? position = null;
            var last = "";
            foreach (var by in numbers)
            {
                core.Stage(An.Addition(Topic, by, ++sequence));
                Write(core);
                if (sequence == (ulong)at) position = core.Log.Position;
            }

            var frames = new List<Frame>();
            core.Log.Read(position ?? new Position(core.Log.Epoch, 0), int.MaxValue, frames);
            last = frames.Count > 0 ? Encoding.UTF8.GetString(frames[^1].State.Span) : Newest(core);
            Assert.Equal($$"""{"sum":{{numbers.Sum()}},"count":{{numbers.Count}}}""", last);
        });

    private static TopicCore<Tally, Added> Core(TopicOptions? options = null, ulong epoch = 1, TopicRecord? record = null, HistoryOptions? history = null)
    {
        // Through the stored form, as a real restart does.
        if (record is not null) record = TopicRecordCodec.Decode(TopicRecordCodec.Encode(record));
        return new(Topic, Delivery.Every, new TallyRules(), record, epoch, options ?? new TopicOptions(), history ?? new HistoryOptions());
    }

    private static TopicRecord Write(TopicCore<Tally, Added> core)
    {
        var record = core.BeginWrite(1);
        core.EndWrite();
        return record;
    }

    private static string Newest(TopicCore<Tally, Added> core)
    {
        var frames = new List<Frame>();
        core.Log.Read(null, 1, frames);
        return Encoding.UTF8.GetString(frames[^1].State.Span);
    }
}
