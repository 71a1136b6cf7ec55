using E2EEvents.Grains.Interfaces.Kinds;

namespace E2EEvents.Connectors.Sample;

/// <summary>What happens on the pitch: goals, cards, substitutions and the video referee, at rates like those of real leagues.</summary>
internal sealed class MatchPlay(MatchReporter reporter, MatchPlan plan, SampleRandom random)
{
    private const double GoalsPerMinute = 0.015;   // each side, about 1.4 in 95 minutes
    private const double YellowsPerMinute = 0.021; // each side, about 2
    private const double RedsPerMinute = 0.0008;
    private const double ShareCancelled = 0.11;
    private const int FirstSubstitution = 46;

    private static readonly string[] CancelReasons = ["offside", "handball in the build-up", "foul in the build-up", "ball out of play before the cross"];

    private readonly MatchSide _home = new(plan.Home);
    private readonly MatchSide _away = new(plan.Away);
    private int _goals;
    private int _cards;
    private int _substitutions;
    private int _kicks;

    public bool IsLevel => _home.Goals == _away.Goals;

    public int HomeGoals => _home.Goals;

    public int AwayGoals => _away.Goals;

    /// <summary>Result of the shoot-out; null = there was none.</summary>
    public (int Home, int Away)? ShootOut { get; set; }

    /// <summary>One minute of play that begins at <paramref name="now"/>.</summary>
    public void Minute(TimeSpan now, int minute, int added)
    {
        if (GoalDue(minute) is { } scoring) Goal(now + TimeSpan.FromSeconds(random.Number(8, 24)), scoring, minute, added);
        Cards(now + TimeSpan.FromSeconds(random.Number(26, 38)), Side.Home, minute, added);
        Cards(now + TimeSpan.FromSeconds(random.Number(26, 38)), Side.Away, minute, added);
        if (minute < FirstSubstitution || added > 0) return;
        Substitutions(now + TimeSpan.FromSeconds(random.Number(40, 48)), Side.Home, minute);
        Substitutions(now + TimeSpan.FromSeconds(random.Number(40, 48)), Side.Away, minute);
    }

    /// <summary>One penalty of the shoot-out.</summary>
    public PenaltyKicked Kick(Side side, int pair, KickOutcome outcome) => new($"kick-{++_kicks}", side, SideOf(side).Taker(pair), outcome);

    private MatchSide SideOf(Side side) => side == Side.Home ? _home : _away;

    // A match that must be level after 90 minutes gets its equalisers late; nobody scores after that.
    private Side? GoalDue(int minute)
    {
        var ending = plan.LevelAfter90 && minute is > 70 and <= 90;
        var difference = Math.Abs(_home.Goals - _away.Goals);
        if (ending && difference > 0 && 90 - minute < 4 * difference) return _home.Goals < _away.Goals ? Side.Home : Side.Away;
        if (ending) return null;
        if (random.Chance(GoalsPerMinute * 1.15)) return Side.Home;
        return random.Chance(GoalsPerMinute) ? Side.Away : null;
    }

    private void Goal(TimeSpan at, Side side, int minute, int added)
    {
        var scoring = SideOf(side);
        var kind = random.Fraction() switch
        {
            < 0.04 => GoalKind.OwnGoal,
            < 0.14 => GoalKind.Penalty,
            _ => GoalKind.Play,
        };
        var player = kind == GoalKind.OwnGoal ? SideOf(side == Side.Home ? Side.Away : Side.Home).FieldPlayer(random) : scoring.Scorer(random);
        var assist = kind == GoalKind.Play && random.Chance(0.75) ? scoring.Scorer(random, except: player) : null;
        var goal = new GoalScored($"goal-{++_goals}", side, minute, player, added, kind, assist);
        reporter.Tell(at, goal);

        // Equalisers that the plan depends on stand.
        var cancelled = !(plan.LevelAfter90 && minute is > 70 and <= 90) && random.Chance(ShareCancelled);
        if (!cancelled) scoring.Goals++;
        var (home, away) = (_home.Goals + (cancelled && side == Side.Home ? 1 : 0), _away.Goals + (cancelled && side == Side.Away ? 1 : 0));
        var item = reporter.Goal(at, goal, home, away);
        if (!cancelled) return;
        var reason = random.Pick(CancelReasons);
        var cancelledAt = at + TimeSpan.FromSeconds(30);
        reporter.Tell(cancelledAt, new GoalCancelled(goal.Id, reason));
        reporter.GoalCancelled(cancelledAt, item, goal, reason, _home.Goals, _away.Goals);
    }

    private void Cards(TimeSpan at, Side side, int minute, int added)
    {
        var fraction = random.Fraction();
        if (fraction >= YellowsPerMinute + RedsPerMinute) return;
        var team = SideOf(side);
        var player = team.FieldPlayer(random);
        var colour = fraction < RedsPerMinute ? CardColour.Red : team.IsBooked(player) ? CardColour.SecondYellow : CardColour.Yellow;
        var card = new CardShown($"card-{++_cards}", side, minute, player, colour, added);
        reporter.Tell(at, card);
        if (colour == CardColour.Yellow)
        {
            team.Book(player);
            return;
        }

        team.SendOff(player);
        reporter.SentOff(at, card);
    }

    private void Substitutions(TimeSpan at, Side side, int minute)
    {
        var team = SideOf(side);
        if (!team.CanSubstitute || !random.Chance(minute < 60 ? 0.03 : 0.12)) return;
        var (off, on) = team.Substitute(random);
        reporter.Tell(at, new PlayerSubstituted($"sub-{++_substitutions}", side, minute, off, on));
    }
}
