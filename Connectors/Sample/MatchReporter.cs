using E2EEvents.Grains.Interfaces.Kinds;

namespace E2EEvents.Connectors.Sample;

/// <summary>Writes a match into the round: the match's own events at once, the news about them a little later.</summary>
internal sealed class MatchReporter(RoundScript script, NewsScript news, MatchPlan plan, TopicKey topic)
{
    private const string Section = "sport";

    private readonly SampleRandom _random = script.Random("reporter/" + plan.Home.Code);
    private readonly string _about = topic.ToString();

    /// <summary>An event of the match.</summary>
    public void Tell(TimeSpan at, MatchEvent e) => script.Add(at, topic, e);

    public void KickOff(TimeSpan at) =>
        Publish(at, $"Under way: {plan.Home.Name} v {plan.Away.Name}", $"{plan.Competition}, {plan.Stage}, at {plan.Home.Ground}.");

    /// <returns>Id of the news item.</returns>
    public string Goal(TimeSpan at, GoalScored goal, int home, int away)
    {
        var how = goal.Kind switch
        {
            GoalKind.OwnGoal => $"An own goal by {goal.Player}",
            GoalKind.Penalty => $"{goal.Player} from the spot",
            _ => goal.Assist is null ? $"{goal.Player} on his own" : $"{goal.Player}, set up by {goal.Assist}",
        };
        return Publish(at, $"{Result(home, away)}: {goal.Player} ({Shown(goal.Minute, goal.Added)})", $"{how}, for {ClubOf(goal.Side).Name}.");
    }

    public void GoalCancelled(TimeSpan at, string item, GoalScored goal, string reason, int home, int away) => news.Correct(
        at + Delay() + TimeSpan.FromSeconds(40),
        item,
        $"{Result(home, away)}: goal by {goal.Player} ({Shown(goal.Minute, goal.Added)}) disallowed",
        $"The video referee took back the goal: {reason}.",
        "The goal was cancelled after a review.");

    public void SentOff(TimeSpan at, CardShown card) => Publish(
        at,
        $"Red card: {card.Player} ({ClubOf(card.Side).Name}) sent off",
        card.Colour == CardColour.SecondYellow ? $"A second booking in minute {Shown(card.Minute, card.Added)}." : $"Straight red in minute {Shown(card.Minute, card.Added)}.");

    public void Break(TimeSpan at, MatchPeriod period, MatchPlay play)
    {
        var headline = period switch
        {
            MatchPeriod.HalfTime => "Half time",
            MatchPeriod.ExtraTimeBreak => "Extra time",
            MatchPeriod.PenaltiesBreak => "Penalties",
            _ => null,
        };
        if (headline is not null) Publish(at, $"{headline}: {Result(play.HomeGoals, play.AwayGoals)}", $"{plan.Competition}, {plan.Stage}.");
    }

    public void FullTime(TimeSpan at, MatchPlay play)
    {
        var crowd = _random.Number(18_000, 54_000) / 100 * 100;
        var suffix = play.ShootOut is { } kicks ? FormattableString.Invariant($" ({kicks.Home}–{kicks.Away} on penalties)") : "";
        var headline = $"Full time: {Result(play.HomeGoals, play.AwayGoals)}{suffix}";
        var misprint = _random.Chance(0.3);
        var item = Publish(at, headline, Crowd(misprint ? crowd * 10 : crowd));
        if (misprint) news.Correct(at + TimeSpan.FromSeconds(150), item, null, Crowd(crowd), "The attendance was ten times too high.");
    }

    private string Crowd(int crowd) => FormattableString.Invariant($"{plan.Competition}, {plan.Stage}. {crowd:N0} watched at {plan.Home.Ground}.");

    private string Publish(TimeSpan at, string headline, string summary) => news.Publish(at + Delay(), Section, _about, headline, summary);

    private TimeSpan Delay() => TimeSpan.FromSeconds(_random.Number(20, 45));

    private string Result(int home, int away) => $"{plan.Home.Name} {home}–{away} {plan.Away.Name}";

    private Club ClubOf(Side side) => side == Side.Home ? plan.Home : plan.Away;

    private static string Shown(int minute, int added) => added == 0 ? $"{minute}'" : $"{minute}+{added}'";
}
