using System.Linq;
using System.Text;
using E2EEvents.Grains.Interfaces.Regions;
using E2EEvents.Grains.Replication;
using E2EEvents.Grains.Topics;

namespace E2EEvents.Grains.Tests.Cluster;

/// <summary>A kind's home moves between two clusters.</summary>
public sealed class HomeMoveTests
{
    private const string Kind = "test-every";
    private static readonly TopicKey A = new(Kind, "a");
    private static readonly TopicKey B = new(Kind, "b");
    private static readonly Term Second = new(2, "eu");

    [Fact]
    public async Task Move_Planned_KeepsPositionsStatesSourcesAndIds()
    {
        await using var both = await TwoRegions.StartAsync();
        await FillAsync(both.Us, A, 3);
        await FillAsync(both.Us, B, 5);
        await both.Us.Topic(A).PublishAsync(An.Identified(A, 100, "id"), CancellationToken.None);
        var before = (await both.Us.ReadAsync(A)).Answer.Position;

        var move = await MoveAsync(both.Eu, force: false);

        Assert.Equal((MovePhase.Done, 2L, Second, "us"), (move.Phase, move.Topics, move.To, move.From));
        await TwoRegions.AtHomeAsync(both.Us, Kind, isHere: false);
        await both.Eu.PublishAsync(An.Addition(A, 1, 3), An.Addition(A, 1, 4)); // 3 is known
        await both.Eu.SettleAsync(A, 4);
        Assert.Equal(PublishOutcome.Duplicate, (await both.Eu.Topic(A).PublishAsync(An.Identified(A, 100, "id"), CancellationToken.None)).Outcome);
        var (frames, answer) = await both.Eu.ReadAsync(A, before);
        Assert.Equal(Gap.None, answer.Gap);
        Assert.Equal(before with { Offset = before.Offset + 1 }, Assert.Single(frames).Position);
        Assert.Equal("""{"sum":104,"count":5}""", Encoding.UTF8.GetString(frames[^1].State.Span));
        Assert.Equal(5, (await both.Eu.ReadAsync(B)).Answer.Position.Offset);
        Assert.Empty(move.Missing);
    }

    [Fact]
    public async Task FormerHome_AfterAPlannedMove_IsFencedAndPutsEventsAside()
    {
        await using var both = await TwoRegions.StartAsync();
        both.Us.Logs.Expect(1002);
        await FillAsync(both.Us, A, 3);
        var follower = new TestFollower(both.Us.Cluster.Client, "gw");
        var silo = (await follower.FollowAsync(A)).Silo;
        await MoveAsync(both.Eu, force: false);
        await TwoRegions.AtHomeAsync(both.Us, Kind, isHere: false);

        await Eventually.TrueAsync(
            async _ =>
            {
                await follower.PullAsync(silo, TimeSpan.FromMilliseconds(100));
                return follower.Ended.Count > 0;
            },
            TestRegion.Deadline);
        Assert.Equal([A], follower.Ended);
        Assert.True((await both.Us.Topic(A).ReadAsync(null, 1, CancellationToken.None)).NotHome);
        Assert.True((await both.Us.Topic(A).FollowAsync("gw", null, 1, CancellationToken.None)).NotHome);
        Assert.Equal(PublishOutcome.NotHome, (await both.Us.Topic(A).PublishAsync(An.Identified(A, 1, "x"), CancellationToken.None)).Outcome);
        await both.Us.PublishAsync(An.Addition(A, 1, 4));
        await both.Us.PublishAsync(An.Addition(new TopicKey(Kind, "new"), 1, 1));
        await Eventually.TrueAsync(async _ => (await LettersAsync(both.Us)).Total == 2, TestRegion.Deadline);
        Assert.All((await LettersAsync(both.Us)).Letters, letter => Assert.Contains("region eu (term 2@eu)", letter.Reason, StringComparison.Ordinal));
        Assert.False(await both.Us.Topic(A).SettledAsync(An.Source, An.Seq(4), TimeSpan.Zero, CancellationToken.None));

        // Nothing of it was lost there, so nothing is put aside, and nothing is said to be.
        await Eventually.TrueAsync(async _ => (await FormerAsync(both.Us)) is { IsDone: true } report && report.Home == Second, TestRegion.Deadline);
        Assert.Empty((await FormerAsync(both.Us)).Lost);
        Assert.Equal(2, (await LettersAsync(both.Us)).Total);
    }

    [Fact]
    public async Task Move_BackAgain_GoesOnWhereItWas()
    {
        await using var both = await TwoRegions.StartAsync();
        await FillAsync(both.Us, A, 3);
        await MoveAsync(both.Eu, force: false);
        await TwoRegions.AtHomeAsync(both.Us, Kind, isHere: false);
        await both.Eu.PublishAsync(An.Addition(A, 1, 4));
        await both.Eu.SettleAsync(A, 4);
        var there = (await both.Eu.ReadAsync(A)).Answer.Position;

        Assert.Equal(new Term(3, "us"), (await MoveAsync(both.Us, force: false)).To);

        await both.Us.PublishAsync(An.Addition(A, 1, 4), An.Addition(A, 1, 5));
        await both.Us.SettleAsync(A, 5);
        Assert.Equal(there with { Offset = 5 }, (await both.Us.ReadAsync(A)).Answer.Position);
    }

    [Fact]
    public async Task Move_LinkBreaksMidway_GoesOnAndLosesNothing()
    {
        await using var both = await TwoRegions.StartAsync();
        both.Eu.Logs.Expect(1044);
        for (var i = 0; i < 20; i++) await FillAsync(both.Us, new TopicKey(Kind, $"t{i}"), 2);
        var calls = 0;
        both.OnCall = method =>
        {
            // Every second hand-over is done, and its answer lost.
            if (method is LinkMethod.Leave or LinkMethod.List or LinkMethod.HandOver && ++calls % 3 == 0) throw new RegionCallException("the link broke");
        };

        var move = await MoveAsync(both.Eu, force: false);

        Assert.Equal((MovePhase.Done, 20L), (move.Phase, move.Topics));
        for (var i = 0; i < 20; i++) Assert.Equal(2, (await both.Eu.ReadAsync(new TopicKey(Kind, $"t{i}"))).Answer.Position.Offset);
    }

    [Fact]
    public async Task Move_HomeAway_SaysSoAndMayBeCalledOff()
    {
        await using var both = await TwoRegions.StartAsync();
        both.Eu.Logs.Expect(1043).Expect(1044);
        await FillAsync(both.Us, A, 1);
        both.IsCut = true;
        var mover = both.Eu.Cluster.Client.GetGrain<IHomeMoveGrain>(Kind);
        await mover.StartAsync(false, CancellationToken.None);
        await Eventually.TrueAsync(async _ => (await mover.StatusAsync(CancellationToken.None))!.Problem.Length > 0, TestRegion.Deadline);
        Assert.Null((await mover.CancelAsync(CancellationToken.None)).Refusal);
        both.IsCut = false;
        await Eventually.TrueAsync(async _ => (await mover.StatusAsync(CancellationToken.None))!.Phase == MovePhase.CalledOff, TestRegion.Deadline);
        Assert.False((await TwoRegions.KindAsync(both.Us, Kind)).Leaving);
        Assert.True((await TwoRegions.KindAsync(both.Us, Kind)).IsHere);
    }

    [Fact]
    public async Task Move_CalledOffWhileItIsAnnounced_LeavesTheHomeWhereItIs()
    {
        await using var both = await TwoRegions.StartAsync();
        both.Us.Logs.Expect(1041);
        both.Eu.Logs.Expect(1043);
        await FillAsync(both.Us, A, 1);
        var mover = both.Eu.Cluster.Client.GetGrain<IHomeMoveGrain>(Kind);
        await mover.StartAsync(false, CancellationToken.None);
        await Eventually.TrueAsync(async _ => (await TwoRegions.KindAsync(both.Us, Kind)).Leaving, TestRegion.Deadline);
        Assert.Null((await mover.CancelAsync(CancellationToken.None)).Refusal);
        await Eventually.TrueAsync(async _ => (await mover.StatusAsync(CancellationToken.None))!.Phase == MovePhase.CalledOff, TestRegion.Deadline);
        await Eventually.TrueAsync(async _ => await TwoRegions.KindAsync(both.Us, Kind) is { Leaving: false, IsHere: true }, TestRegion.Deadline);
    }

    [Fact]
    public async Task Leaving_TopicWithoutEvents_DoesNotBegin()
    {
        await using var both = await TwoRegions.StartAsync();
        await both.Us.Cluster.Client.GetGrain<IHomesGrain>(0).LeaveAsync(Kind, Second, true, CancellationToken.None);
        await Eventually.TrueAsync(async _ => (await TwoRegions.KindAsync(both.Us, Kind)).Leaving, TestRegion.Deadline);
        Assert.Equal(PublishOutcome.NotHome, (await both.Us.Topic(A).PublishAsync(An.Identified(A, 1, "x"), CancellationToken.None)).Outcome);
    }

    [Fact]
    public async Task Move_Forced_GoesOnFromCopiesInNewEpochsAndTheFormerHomePutsAsideTheRest()
    {
        await using var both = await TwoRegions.StartAsync();
        both.Eu.Logs.Expect(1046);
        both.Us.Logs.Expect(1047);
        await FillAsync(both.Us, A, 3);
        await CopyAsync(both, A);
        await FillAsync(both.Us, A, 2, from: 4); // never copied
        await FillAsync(both.Us, B, 2); // not known over there at all
        var old = (await both.Us.ReadAsync(A)).Answer.Position;
        both.IsCut = true;

        var move = await MoveAsync(both.Eu, force: true);

        Assert.Equal((MovePhase.Done, 1L, new Term(3, "eu")), (move.Phase, move.Topics, move.To));
        var missing = Assert.Single(move.Missing);
        Assert.Equal((A.ToString(), old with { Offset = 3 }), (missing.Topic, missing.Copied));
        var (frames, answer) = await both.Eu.ReadAsync(A, old);
        Assert.Equal((Gap.Epoch, 3L), (answer.Gap, answer.Position.Offset));
        Assert.NotEqual(old.Epoch, answer.Position.Epoch);
        Assert.Equal("""{"sum":3,"count":3}""", Encoding.UTF8.GetString(frames[^1].State.Span));
        await both.Eu.PublishAsync(An.Addition(A, 1, 2), An.Addition(A, 10, 4)); // 2 is known; 4 comes again from the origin
        await both.Eu.SettleAsync(A, 4);
        Assert.Equal(4, (await both.Eu.ReadAsync(A)).Answer.Position.Offset);

        // The old home returns.
        both.IsCut = false;
        await both.Us.Cluster.Client.GetGrain<IHomesGrain>(0).LearnAsync([new KindTerm(Kind, move.To)], CancellationToken.None);
        await Eventually.TrueAsync(async _ => (await FormerAsync(both.Us)).IsDone, TestRegion.Deadline);
        var report = await FormerAsync(both.Us);
        Assert.Equal([(A.ToString(), 4L, 4L), (B.ToString(), 1L, 1L)], report.Lost.Select(part => (part.Topic, part.From, part.KeptFrom)).Order());
        var letters = await LettersAsync(both.Us);
        Assert.Equal(
            [(A.Key, """{"sum":4,"count":4}"""), (A.Key, """{"sum":5,"count":5}"""), (B.Key, """{"sum":1,"count":1}"""), (B.Key, """{"sum":2,"count":2}""")],
            letters.Letters.Select(letter => (letter.Event.Topic.Key, Encoding.UTF8.GetString(letter.Event.Data))).Order());
        Assert.True((await both.Us.Topic(A).ReadAsync(null, 1, CancellationToken.None)).NotHome);
    }

    [Fact]
    public async Task Move_ForcedWithoutAnyCopy_IsRefused()
    {
        await using var both = await TwoRegions.StartAsync();
        var answer = await both.Eu.Cluster.Client.GetGrain<IHomeMoveGrain>(Kind).StartAsync(true, CancellationToken.None);
        Assert.Contains("no copy", answer.Refusal, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Terms_AreStoredAndKnownBeforeAnyTopicIsServedAgain()
    {
        await using var both = await TwoRegions.StartAsync();
        await FillAsync(both.Us, A, 1);
        await MoveAsync(both.Eu, force: false);
        await TwoRegions.AtHomeAsync(both.Us, Kind, isHere: false);
        await both.Us.Cluster.RestartSiloAsync(both.Us.Cluster.Silos[0]);
        var first = await FirstAnswerAsync(both.Us);
        Assert.True(first.NotHome);
        Assert.Equal((Second.Region, Second.Number, false), Told(await TwoRegions.KindAsync(both.Us, Kind)));
    }

    [Theory]
    [InlineData("1@us", null, true)]
    [InlineData("2@eu", null, false)]
    [InlineData("1@us", "2@eu", false)] // handed over; the map has yet to hear of it
    [InlineData("3@us", "2@eu", true)]
    [InlineData("3@us", "3@us", true)]
    [InlineData("1@us", "3@us", true)]
    [InlineData("3@eu", "3@us", false)]
    [InlineData("2@us", "2@eu", true)] // the name decides between equal numbers
    [InlineData("2@us", "2@zz", false)]
    public void Fence_TermOfKindAndRecord_DecideWhoServes(string kind, string? record, bool isHome)
    {
        Assert.True(Term.TryParse(kind, out var map));
        Assert.Equal(isHome, Fence.IsHome(map, record is null ? null : Term.TryParse(record, out var term) ? term : throw new FormatException(record), "us"));
    }

    /// <summary>The first answer after a restart, however often the client has to connect for it.</summary>
    private static async Task<TopicAnswer> FirstAnswerAsync(TestRegion region)
    {
        TopicAnswer? answer = null;
        await Eventually.TrueAsync(
            async _ =>
            {
                try
                {
                    answer = await region.Topic(A).ReadAsync(null, 1, CancellationToken.None);
                    return true;
                }
                catch (OrleansException)
                {
                    return false;
                }
            },
            TestRegion.Deadline);
        return answer!;
    }

    private static (string, long, bool) Told(KindInfo kind) => (kind.Home, kind.Term, kind.IsHere);

    private static async Task FillAsync(TestRegion region, TopicKey topic, int count, int from = 1)
    {
        await region.PublishAsync([.. Enumerable.Range(from, count).Select(i => An.Addition(topic, 1, (ulong)i))]);
        await region.SettleAsync(topic, (ulong)(from + count - 1));
        await Eventually.TrueAsync(
            async token => (await region.Cluster.Client.GetGrain<ICatalogueGrain>(CatalogueKey.Of(topic)).ListHereAsync(0, 100, token)).Keys.Contains(topic.Key), TestRegion.Deadline);
    }

    /// <summary>What a standby region does, see <c>StandbyCopy</c>.</summary>
    private static async Task CopyAsync(TwoRegions both, TopicKey topic)
    {
        var record = await both.Us.Topic(topic).RecordAsync(CancellationToken.None);
        var copy = both.Eu.Service<TopicServices>().RecordOf<TopicRecord>(TopicRecord.Name, TopicKindAttribute.GrainIdOf(topic));
        await copy.ReadAsync(CancellationToken.None);
        await copy.WriteAsync(TopicRecordCodec.Decode(record));
        await both.Eu.Cluster.Client.GetGrain<ICatalogueGrain>(CatalogueKey.Of(topic)).AddAsync([topic.Key], CancellationToken.None);
    }

    private static async Task<HomeMove> MoveAsync(TestRegion to, bool force)
    {
        to.Logs.Expect(1040).Expect(1043).Expect(1045);
        var mover = to.Cluster.Client.GetGrain<IHomeMoveGrain>(Kind);
        Assert.Null((await mover.StartAsync(force, CancellationToken.None)).Refusal);
        HomeMove? move = null;
        await Eventually.TrueAsync(async _ => (move = await mover.StatusAsync(CancellationToken.None))!.Phase is MovePhase.Done or MovePhase.CalledOff, TestRegion.Deadline);
        await TwoRegions.AtHomeAsync(to, Kind);
        return move!;
    }

    private static Task<FormerHome> FormerAsync(TestRegion region) => region.Cluster.Client.GetGrain<IFormerHomeGrain>(Kind).ReportAsync(CancellationToken.None);

    private static Task<DeadLetterPage> LettersAsync(TestRegion region) => region.Cluster.Client.GetGrain<IDeadLetterGrain>(Kind).FindAsync(new LetterQuery(100), CancellationToken.None);
}
