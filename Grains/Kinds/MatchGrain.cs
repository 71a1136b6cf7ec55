using E2EEvents.Grains.Interfaces.Kinds;
using E2EEvents.Grains.Topics;

namespace E2EEvents.Grains.Kinds;

/// <summary>Football matches. What is refused and why: <see cref="MatchRules"/>.</summary>
[TopicKind("match", Delivery.Every)]
public sealed class MatchGrain : TopicGrain<Match, MatchEvent>
{
    protected override Match Initial => Match.Empty;

    protected override string? Refuse(Match state, MatchEvent e) => MatchRules.Refuse(state, e);

    // Total: what is refused changes nothing here either.
    protected override Match Apply(Match state, MatchEvent e) => Refuse(state, e) is not null ? state : e switch
    {
        FixtureAnnounced fixture => Announce(state, fixture),
        PeriodBegan period => Begin(state, period.Period),
        ClockShown clock => WithClock(state, state.Clock with { Minute = clock.Minute, Added = clock.Added, Running = clock.Running }),
        AddedTimeAnnounced added => WithClock(state, state.Clock with { Announced = added.Minutes }),
        GoalCancelled cancelled => Cancel(state, cancelled),
        IIncident incident => Happen(state, incident),
        _ => state,
    };

    private static Match Announce(Match state, FixtureAnnounced e)
    {
        var next = state with
        {
            Competition = e.Competition,
            Round = e.Round,
            Venue = e.Venue,
            KickOffAt = e.KickOffAt,
            Home = e.Home,
            Away = e.Away,
        };
        return next == state ? state : next;
    }

    private static Match Begin(Match state, MatchPeriod period)
    {
        if (period == state.Period) return state;
        var clock = MatchTime.FirstMinute(period) is { } first
            ? new MatchClock(first, 0, true, null)
            : AtLeast(state.Clock, MatchTime.MinutesPlayedBefore(period)) with { Running = false, Announced = null };
        return state with { Period = period, Clock = clock };
    }

    private static Match Happen(Match state, IIncident incident)
    {
        if (state.Timeline.ContainsKey(incident.Id)) return state;
        var entry = MatchRules.EntryOf(incident, state.Timeline.Count + 1);
        var next = state with { Timeline = state.Timeline.SetItem(incident.Id, entry) };

        // An incident can be reported before the clock shows its minute.
        return incident is ITimedIncident timed && MatchTime.IsAheadInSameHalf(state.Clock, timed.Minute, timed.Added)
            ? next with { Clock = state.Clock with { Minute = timed.Minute, Added = timed.Added } }
            : next;
    }

    private static Match Cancel(Match state, GoalCancelled e)
    {
        TimelineEntry? marked = state.Timeline[e.GoalId] switch
        {
            Goal goal when goal.Cancelled != e.Reason => goal with { Cancelled = e.Reason },
            ShootOutKick kick when kick.Cancelled != e.Reason => kick with { Cancelled = e.Reason },
            _ => null,
        };
        return marked is null ? state : state with { Timeline = state.Timeline.SetItem(e.GoalId, marked) };
    }

    private static Match WithClock(Match state, MatchClock clock) => clock == state.Clock ? state : state with { Clock = clock };

    private static MatchClock AtLeast(MatchClock clock, int minute) => clock.Minute >= minute ? clock : clock with { Minute = minute, Added = 0 };
}
