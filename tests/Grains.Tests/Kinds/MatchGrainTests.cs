using System.Linq;
using CsCheck;
using E2EEvents.Grains.Interfaces.Kinds;
using E2EEvents.Grains.Kinds;

namespace E2EEvents.Grains.Tests.Kinds;

public sealed class MatchGrainTests
{
    private static readonly Kind<Match, MatchEvent> Kind = Kind<Match, MatchEvent>.Of<MatchGrain>();
    private static readonly MatchEvent Fixture = new FixtureAnnounced("League", new Team("NOR", "Northhaven"), new Team("EBM", "Eastbridge"), KindGens.Noon, "Quayside Park");

    [Fact]
    public void Apply_AnyEvents_HoldsTheLawsOfKinds() => KindGens.Match.Array[0, 150].Sample(events => { Kind.CheckLaws(events); });

    [Fact]
    public void Apply_AnyEvents_ScoreIsTheGoalsThatStand() => KindGens.Match.Array[0, 150].Sample(events =>
    {
        var (goals, kicks) = (new Dictionary<string, Side?>(), new Dictionary<string, Side?>());
        var state = Kind.Initial;
        foreach (var e in events)
        {
            if (Kind.Refuse(state, e) is not null) continue;
            state = Kind.Apply(state, e);
            if (e is GoalScored goal) goals.TryAdd(goal.Id, goal.Side);
            if (e is PenaltyKicked kick) kicks.TryAdd(kick.Id, kick.Outcome == KickOutcome.Scored ? kick.Side : null);
            if (e is GoalCancelled cancelled) (goals.ContainsKey(cancelled.GoalId) ? goals : kicks)[cancelled.GoalId] = null;
        }

        Assert.Equal(new Score(goals.Values.Count(side => side == Side.Home), goals.Values.Count(side => side == Side.Away)), state.Score);
        if (kicks.Count > 0) Assert.Equal(new Score(kicks.Values.Count(side => side == Side.Home), kicks.Values.Count(side => side == Side.Away)), state.ShootOut);
    });

    [Fact]
    public void Apply_AnyEvents_NeitherClockNorPeriodNorTimelineGoesBack() => KindGens.Match.Array[0, 150].Sample(events =>
    {
        var state = Kind.Initial;
        foreach (var e in events)
        {
            var next = Kind.Take(state, e);
            Assert.True(next.Clock.Minute >= state.Clock.Minute, $"{state.Clock} to {next.Clock} by {e}");
            if (next.Clock.Minute == state.Clock.Minute) Assert.True(next.Clock.Added >= state.Clock.Added, $"{state.Clock} to {next.Clock} by {e}");
            if (state.Period is MatchPeriod.FullTime or MatchPeriod.Abandoned) Assert.Equal(state.Period, next.Period);
            if (next.Period <= MatchPeriod.FullTime && state.Period <= MatchPeriod.FullTime) Assert.True(next.Period >= state.Period);
            Assert.All(state.Timeline.Keys, id => Assert.Contains(id, next.Timeline.Keys));
            Assert.Equal(Enumerable.Range(1, next.Timeline.Count), next.Timeline.Values.Select(entry => entry.Order).Order());
            state = next;
        }
    });

    [Fact]
    public void Apply_IncidentSeenBefore_ChangesNothingWheneverItComes() =>
        Gen.Select(KindGens.Match.Array[1, 150], Gen.Int[0, 149]).Sample((events, pick) =>
        {
            var state = Kind.Initial;
            var accepted = new List<MatchEvent>();
            foreach (var e in events)
            {
                if (e is IIncident && Kind.Refuse(state, e) is null) accepted.Add(e);
                state = Kind.Take(state, e);
            }

            if (accepted.Count == 0) return;
            var again = accepted[pick % accepted.Count];
            Assert.Null(Kind.Refuse(state, again));
            Assert.Same(state, Kind.Apply(state, again));
        });

    [Fact]
    public void Apply_GoalAheadOfTheClock_MovesTheClock()
    {
        var state = Kind.Replay(Fixture, Began(MatchPeriod.FirstHalf), new GoalScored("g1", Side.Away, 12, "A. Berg"));
        Assert.Equal(new MatchClock(12, 0, true, null), state.Clock);
        Assert.Equal(new Score(0, 1), state.Score);
    }

    [Fact]
    public void Apply_GoalReportedInTheBreak_Counts()
    {
        var state = Kind.Replay(Fixture, Began(MatchPeriod.FirstHalf), new ClockShown(45, 1), Began(MatchPeriod.HalfTime), new GoalScored("g1", Side.Home, 45, "A. Berg", Added: 2));
        Assert.Equal(new MatchClock(45, 2, false, null), state.Clock);
        Assert.Equal(new Score(1, 0), state.Score);
    }

    [Fact]
    public void Apply_OwnGoal_CountsForTheSideNamed() =>
        Assert.Equal(new Score(1, 0), Kind.Replay(Fixture, Began(MatchPeriod.FirstHalf), new GoalScored("g1", Side.Home, 9, "X. Away", Kind: GoalKind.OwnGoal)).Score);

    [Fact]
    public void Apply_CancelledGoal_StaysMarkedAndDoesNotCount()
    {
        var goal = new GoalScored("g1", Side.Home, 30, "A. Berg");
        var state = Kind.Replay(Fixture, Began(MatchPeriod.FirstHalf), goal, new GoalCancelled("g1", "offside"), goal);
        Assert.Equal(new Score(0, 0), state.Score);
        Assert.Equal("offside", Assert.IsType<Goal>(state.Timeline["g1"]).Cancelled);
    }

    [Fact]
    public void Apply_SecondHalfBegins_ClockGoesOnAt46WithoutAnnouncedTime()
    {
        var state = Kind.Replay(Fixture, Began(MatchPeriod.FirstHalf), new ClockShown(45, 4), new AddedTimeAnnounced(4), Began(MatchPeriod.HalfTime), Began(MatchPeriod.SecondHalf));
        Assert.Equal(new MatchClock(46, 0, true, null), state.Clock);
    }

    [Fact]
    public void Apply_PostponedMatch_IsScheduledAgain() =>
        Assert.Equal(MatchPeriod.FirstHalf, Kind.Replay(Fixture, Began(MatchPeriod.Postponed), Began(MatchPeriod.Scheduled), Began(MatchPeriod.FirstHalf)).Period);

    [Fact]
    public void Apply_SourceThatJoinsLate_GoesOnFromThere()
    {
        var state = Kind.Replay(Began(MatchPeriod.SecondHalf), new GoalScored("g1", Side.Home, 20, "A. Berg"), new ClockShown(70), Fixture);
        Assert.Equal(new Score(1, 0), state.Score);
        Assert.Equal("NOR", state.Home?.Code);
    }

    public static TheoryData<string, MatchEvent> Refused => new()
    {
        { "run back", new ClockShown(29) },
        { "not in the period", new ClockShown(46) },
        { "no minute 44+1", new ClockShown(44, 1) },
        { "cannot follow", Began(MatchPeriod.Scheduled) },
        { "cannot follow", Began(MatchPeriod.Postponed) },
        { "no Side", new GoalScored("g2", (Side)2, 31, "A. Berg") },
        { "not been played", new GoalScored("g2", Side.Home, 46, "A. Berg") },
        { "other incident", new GoalScored("g1", Side.Away, 30, "A. Berg") },
        { "other incident", new CardShown("g1", Side.Home, 30, "A. Berg", CardColour.Red) },
        { "no goal g9", new GoalCancelled("g9", "offside") },
        { "no goal c1", new GoalCancelled("c1", "offside") },
        { "no shoot-out", new PenaltyKicked("k1", Side.Home, "A. Berg", KickOutcome.Scored) },
        { "'player' is empty", new GoalScored("g2", Side.Home, 31, " ") },
        { "somebody else", new GoalScored("g2", Side.Home, 31, "A. Berg", Assist: "A. Berg") },
        { "replace himself", new PlayerSubstituted("s1", Side.Home, 31, "A. Berg", "A. Berg") },
        { "stay so after kick-off", new FixtureAnnounced("League", new Team("NOR", "N"), new Team("WAR", "W"), KindGens.Noon) },
        { "against itself", new FixtureAnnounced("League", new Team("NOR", "N"), new Team("NOR", "N"), KindGens.Noon) },
        { "31 minutes", new AddedTimeAnnounced(31) },
        { "letters, digits", new GoalScored("g 2", Side.Home, 31, "A. Berg") },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public void Refuse_WhatDoesNotFitMinute30_SaysWhy(string why, MatchEvent e)
    {
        var state = Kind.Replay(Fixture, Began(MatchPeriod.FirstHalf), new ClockShown(30), new GoalScored("g1", Side.Home, 30, "A. Berg"), new CardShown("c1", Side.Away, 30, "B. Costa", CardColour.Yellow));
        Assert.Contains(why, Kind.Refuse(state, e));
        Assert.Same(state, Kind.Apply(state, e));
    }

    [Theory]
    [InlineData(MatchPeriod.Scheduled)]
    [InlineData(MatchPeriod.FullTime)]
    [InlineData(MatchPeriod.Abandoned)]
    [InlineData(MatchPeriod.Postponed)]
    public void Refuse_GoalOutsideOfPlay_SaysWhy(MatchPeriod period)
    {
        MatchEvent[] before = period is MatchPeriod.Scheduled or MatchPeriod.Postponed ? [Fixture] : [Fixture, Began(MatchPeriod.FirstHalf)];
        var state = Kind.Replay([.. before, Began(period)]);
        Assert.Contains("does not fit the period", Kind.Refuse(state, new GoalScored("g1", Side.Home, 20, "A. Berg")));
    }

    [Fact]
    public void Refuse_CardAfterTheFinalWhistle_IsAccepted() =>
        Assert.Single(Kind.Replay(Fixture, Began(MatchPeriod.FirstHalf), Began(MatchPeriod.FullTime), new CardShown("c1", Side.Away, 90, "B. Costa", CardColour.Red, 5)).Timeline);

    [Fact]
    public void Refuse_TimelineIsFull_SaysHowMany()
    {
        var state = Kind.Replay([Began(MatchPeriod.FirstHalf), .. Enumerable.Range(1, Match.MaxTimeline).Select(i => new CardShown($"c{i}", Side.Home, 1, "A. Berg", CardColour.Yellow))]);
        Assert.Contains("200", Kind.Refuse(state, new GoalScored("g1", Side.Home, 20, "A. Berg")));
    }

    private static PeriodBegan Began(MatchPeriod period) => new(period);
}
