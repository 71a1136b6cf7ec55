using E2EEvents.Grains.Interfaces.Kinds;

namespace E2EEvents.Connectors.Sample;

/// <summary>What is fixed about a match before it is played.</summary>
/// <param name="Competition">Name of the competition.</param>
/// <param name="Stage">Matchday or round.</param>
/// <param name="Home">Home side.</param>
/// <param name="Away">Visitors.</param>
/// <param name="KickOff">Kick-off, in time of play since the start of the round.</param>
/// <param name="KnockOut">True if there must be a winner: extra time, then penalties.</param>
/// <param name="LevelAfter90">True if it goes to extra time for sure.</param>
internal sealed record MatchPlan(string Competition, string Stage, Club Home, Club Away, TimeSpan KickOff, bool KnockOut, bool LevelAfter90);

/// <summary>Plays one match minute by minute: periods and clock. What happens within a minute is up to <see cref="MatchPlay"/>.</summary>
internal sealed class MatchScript
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private readonly RoundScript _script;
    private readonly MatchPlan _plan;
    private readonly SampleRandom _random;
    private readonly MatchPlay _play;
    private readonly MatchReporter _reporter;
    private TimeSpan _now;

    public MatchScript(RoundScript script, NewsScript news, MatchPlan plan)
    {
        var key = FormattableString.Invariant($"{script.Stamp(plan.KickOff):yyyyMMdd-HHmmss}-{plan.Home.Code}-{plan.Away.Code}");
        _script = script;
        _plan = plan;
        _random = script.Random("match/" + plan.Home.Code);
        _reporter = new MatchReporter(script, news, plan, new TopicKey("match", key));
        _play = new MatchPlay(_reporter, plan, _random);
    }

    public void Play()
    {
        var kickOffAt = _script.Stamp(_plan.KickOff);
        _reporter.Tell(TimeSpan.Zero, new FixtureAnnounced(_plan.Competition, TeamOf(_plan.Home), TeamOf(_plan.Away), kickOffAt, _plan.Home.Ground, _plan.Stage));
        _now = _plan.KickOff;
        _reporter.KickOff(_now);
        Half(MatchPeriod.FirstHalf, 1, 45, _random.Number(1, 4));
        Break(MatchPeriod.HalfTime, 15);
        Half(MatchPeriod.SecondHalf, 46, 90, _random.Number(2, 7));
        if (_plan.KnockOut && _play.IsLevel) ExtraTime();
        if (_plan.KnockOut && _play.IsLevel) Penalties();
        _reporter.Tell(_now, new PeriodBegan(MatchPeriod.FullTime));
        _reporter.FullTime(_now, _play);
    }

    private void ExtraTime()
    {
        Break(MatchPeriod.ExtraTimeBreak, 5);
        Half(MatchPeriod.ExtraTimeFirstHalf, 91, 105, _random.Number(1, 2));
        Break(MatchPeriod.ExtraTimeHalfTime, 2);
        Half(MatchPeriod.ExtraTimeSecondHalf, 106, 120, _random.Number(1, 2));
    }

    private void Half(MatchPeriod period, int first, int last, int added)
    {
        _reporter.Tell(_now, new PeriodBegan(period)); // sets the clock to the first minute
        for (var (minute, extra) = (first, 0); extra <= added; _now += Minute)
        {
            if (minute > first || extra > 0) _reporter.Tell(_now, new ClockShown(minute, extra));
            if (minute == last && extra == 0) _reporter.Tell(_now + TimeSpan.FromSeconds(5), new AddedTimeAnnounced(added));
            _play.Minute(_now, minute, extra);
            if (minute < last) minute++;
            else extra++;
        }
    }

    private void Break(MatchPeriod period, int minutes)
    {
        _reporter.Tell(_now, new PeriodBegan(period));
        _reporter.Break(_now, period, _play);
        _now += TimeSpan.FromMinutes(minutes);
    }

    /// <summary>Five penalties each, then pairs until one side leads.</summary>
    private void Penalties()
    {
        const int Regular = 5;
        const int LastPair = 9; // by then somebody has to lose his nerve
        Break(MatchPeriod.PenaltiesBreak, 4);
        _reporter.Tell(_now, new PeriodBegan(MatchPeriod.Penalties));
        var (home, away) = (0, 0);
        for (var kick = 0; ; kick++)
        {
            var pair = kick / 2;
            var homeKicks = kick % 2 == 0;
            var left = (Home: Math.Max(Regular - ((kick + 1) / 2), 0), Away: Math.Max(Regular - pair, 0));
            var decided = pair < Regular ? home > away + left.Away || away > home + left.Home : homeKicks && home != away;
            if (decided) break;
            _now += TimeSpan.FromSeconds(50);
            var scored = pair == LastPair ? homeKicks : _random.Chance(0.74);
            if (scored && homeKicks) home++;
            else if (scored) away++;
            var outcome = scored ? KickOutcome.Scored : _random.Chance(0.7) ? KickOutcome.Saved : KickOutcome.Missed;
            _reporter.Tell(_now, _play.Kick(homeKicks ? Side.Home : Side.Away, pair, outcome));
        }

        _play.ShootOut = (home, away);
        _now += Minute;
    }

    private static Team TeamOf(Club club) => new(club.Code, club.Name);
}
