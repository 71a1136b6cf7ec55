using E2EEvents.Grains.Interfaces.Kinds;

namespace E2EEvents.Grains.Kinds;

/// <summary>Why an event cannot be applied to a match.</summary>
internal static class MatchRules
{
    private const int MaxName = 100;
    private const int MaxReason = 200;
    private const int MaxAnnounced = 30;

    public static string? Refuse(Match state, MatchEvent e) => e switch
    {
        FixtureAnnounced fixture => Fixture(state, fixture),
        PeriodBegan period => Period(state.Period, period.Period),
        ClockShown clock => Clock(state, clock),
        AddedTimeAnnounced added => AddedTime(state, added.Minutes),
        GoalCancelled cancelled => Cancelled(state, cancelled),
        IIncident incident => Incident(state, incident),
        _ => $"A match knows no event {e.GetType().Name}.",
    };

    /// <summary>The timeline entry of an incident.</summary>
    public static TimelineEntry EntryOf(IIncident incident, int order) => incident switch
    {
        GoalScored e => new Goal(order, e.Side, e.Minute, e.Added, e.Player, e.Kind, e.Assist, null),
        CardShown e => new Card(order, e.Side, e.Minute, e.Added, e.Player, e.Colour),
        PlayerSubstituted e => new Substitution(order, e.Side, e.Minute, e.Added, e.Off, e.On),
        PenaltyKicked e => new ShootOutKick(order, e.Side, e.Player, e.Outcome, null),
        _ => throw new ArgumentOutOfRangeException(nameof(incident), incident.GetType().Name, "This incident has no timeline entry."),
    };

    private static string? Fixture(Match state, FixtureAnnounced e)
    {
        var wrong = Checks.First(
            Checks.Text("competition", e.Competition, MaxName),
            Checks.OptionalText("round", e.Round, MaxName),
            Checks.OptionalText("venue", e.Venue, MaxName),
            Team("home", e.Home),
            Team("away", e.Away));
        if (wrong is not null) return wrong;
        if (e.Home.Code == e.Away.Code) return $"{e.Home.Code} cannot play against itself.";
        var begun = state.Period is not (MatchPeriod.Scheduled or MatchPeriod.Postponed);
        return begun && state.Home is not null && (state.Home.Code, state.Away?.Code) != (e.Home.Code, e.Away.Code)
            ? $"The teams are {state.Home.Code} and {state.Away?.Code} and stay so after kick-off."
            : null;
    }

    private static string? Team(string name, Team? team) =>
        team is null ? $"'{name}' is missing." : Checks.Text(name + ".code", team.Code, 8) ?? Checks.Text(name + ".name", team.Name, MaxName);

    private static string? Period(MatchPeriod now, MatchPeriod next)
    {
        if (Checks.Known<MatchPeriod>("period", next) is { } unknown) return unknown;
        if (now == next) return null;
        var fits = (now, next) switch
        {
            (MatchPeriod.FullTime or MatchPeriod.Abandoned, _) => false,
            (MatchPeriod.Postponed, _) => next == MatchPeriod.Scheduled,
            (_, MatchPeriod.Postponed) => now == MatchPeriod.Scheduled,
            (_, MatchPeriod.Abandoned) => now != MatchPeriod.Scheduled,
            _ => next > now,
        };
        return fits ? null : $"The period {next} cannot follow {now}.";
    }

    private static string? Clock(Match state, ClockShown e)
    {
        var same = (e.Minute, e.Added) == (state.Clock.Minute, state.Clock.Added);
        if (MatchTime.FirstMinute(state.Period) is not { } first)
        {
            return same && !e.Running ? null : $"The clock stands at {MatchTime.Show(state.Clock.Minute, state.Clock.Added)} in the period {state.Period}.";
        }

        if (MatchTime.Refuse(e.Minute, e.Added) is { } wrong) return wrong;
        if (MatchTime.HalfOf(e.Minute) != MatchTime.HalfOf(first)) return $"Minute {e.Minute} is not in the period {state.Period}.";
        return (e.Minute, e.Added).CompareTo((state.Clock.Minute, state.Clock.Added)) < 0
            ? $"The clock cannot run back from {MatchTime.Show(state.Clock.Minute, state.Clock.Added)} to {MatchTime.Show(e.Minute, e.Added)}."
            : null;
    }

    private static string? AddedTime(Match state, int minutes)
    {
        if (minutes is < 0 or > MaxAnnounced) return $"{minutes} minutes cannot be added; 0 to {MaxAnnounced} is allowed.";
        return MatchTime.FirstMinute(state.Period) is null ? $"No time is added in the period {state.Period}." : null;
    }

    private static string? Cancelled(Match state, GoalCancelled e)
    {
        if (Checks.Id("goalId", e.GoalId) is { } wrong) return wrong;
        return state.Timeline.TryGetValue(e.GoalId, out var entry) && entry is Goal or ShootOutKick
            ? Checks.Text("reason", e.Reason, MaxReason)
            : $"There is no goal {e.GoalId} to cancel.";
    }

    private static string? Incident(Match state, IIncident e)
    {
        if ((Checks.Id("id", e.Id) ?? Checks.Known<Side>("side", e.Side) ?? Content(e)) is { } wrong) return wrong;
        if (state.Timeline.TryGetValue(e.Id, out var known))
        {
            // A repeat is no news, whatever the match has come to since.
            return Uncancelled(known) == EntryOf(e, known.Order) ? null : $"The id {e.Id} stands for another incident.";
        }

        if (state.Timeline.Count >= Match.MaxTimeline) return $"The timeline is full ({Match.MaxTimeline} entries).";
        if (e is not ITimedIncident timed) return state.Period == MatchPeriod.Penalties ? null : $"There is no shoot-out in the period {state.Period}.";
        if (!IsOpenFor(timed, state.Period)) return $"A {Name(timed)} does not fit the period {state.Period}.";
        return MatchTime.HalfOf(timed.Minute) > MatchTime.HalfOf(state.Clock.Minute)
            ? $"Minute {timed.Minute} has not been played yet: the clock shows {MatchTime.Show(state.Clock.Minute, state.Clock.Added)}."
            : null;
    }

    private static string? Content(IIncident e) => e switch
    {
        GoalScored goal => Checks.First(
            MatchTime.Refuse(goal.Minute, goal.Added),
            Checks.Text("player", goal.Player, MaxName),
            Checks.OptionalText("assist", goal.Assist, MaxName),
            Checks.Known<GoalKind>("kind", goal.Kind),
            goal.Assist is not null && (goal.Assist == goal.Player || goal.Kind == GoalKind.OwnGoal) ? "'assist' is somebody else, and nobody for an own goal." : null),
        CardShown card => Checks.First(MatchTime.Refuse(card.Minute, card.Added), Checks.Text("player", card.Player, MaxName), Checks.Known<CardColour>("colour", card.Colour)),
        PlayerSubstituted change => Checks.First(
            MatchTime.Refuse(change.Minute, change.Added),
            Checks.Text("off", change.Off, MaxName),
            Checks.Text("on", change.On, MaxName),
            change.Off == change.On ? $"{change.Off} cannot replace himself." : null),
        PenaltyKicked kick => Checks.Text("player", kick.Player, MaxName) ?? Checks.Known<KickOutcome>("outcome", kick.Outcome),
        _ => $"A match knows no incident {e.GetType().Name}.",
    };

    private static bool IsOpenFor(ITimedIncident incident, MatchPeriod period) =>
        period is >= MatchPeriod.FirstHalf and < MatchPeriod.FullTime || (incident is CardShown && period == MatchPeriod.FullTime);

    private static TimelineEntry Uncancelled(TimelineEntry entry) => entry switch
    {
        Goal goal => goal with { Cancelled = null },
        ShootOutKick kick => kick with { Cancelled = null },
        _ => entry,
    };

    private static string Name(ITimedIncident incident) => incident switch
    {
        GoalScored => "goal",
        CardShown => "card",
        _ => "substitution",
    };
}
