using System.Globalization;

namespace E2EEvents.Connectors.Sample;

/// <summary>
/// An endless, deterministic feed that looks recorded: two football matches, 20 tickers, 50 weather cells and the news about them, round after round.
/// A round is made whole from (seed, start, number) alone, without the rounds before it, so that resuming costs one round (some milliseconds).
/// </summary>
/// <param name="seed">Another seed is another world.</param>
/// <param name="start">When the feed began; the events' own times count from there.</param>
internal sealed class SampleFeed(int seed, DateTimeOffset start)
{
    /// <summary>Minutes of play in a minute of the events' own times; the default of <see cref="SampleOptions.Speed"/>.</summary>
    public const double NominalSpeed = 15;

    // Every fourth round is a cup round: it may need extra time and penalties.
    private const int Cycle = 4;
    private static readonly TimeSpan LeagueLength = TimeSpan.FromMinutes(130);
    private static readonly TimeSpan CupLength = TimeSpan.FromMinutes(190);

    private readonly ulong _seed = (ulong)seed;
    private (long Number, SampleStep[] Steps)? _newest;

    /// <summary>All steps after a place, for ever; from the very first when there is none.</summary>
    public IEnumerable<SampleStep> After(SamplePlace? place)
    {
        var next = place is { } known ? known.Step + 1 : 0;
        for (var round = place?.Round ?? 0; ; round++, next = 0)
        {
            var steps = Round(round);
            for (; next < steps.Length; next++) yield return steps[next];
        }
    }

    /// <summary>All steps of a round, in order.</summary>
    /// <param name="number">From 0.</param>
    public SampleStep[] Round(long number)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(number);
        if (_newest is { } newest && newest.Number == number) return newest.Steps;
        var cup = number % Cycle == Cycle - 1;
        var begin = (number / Cycle * (((Cycle - 1) * LeagueLength) + CupLength)) + (number % Cycle * LeagueLength);
        var script = new RoundScript(_seed, number, begin, cup ? CupLength : LeagueLength, start);
        var news = new NewsScript(script);
        PlayMatches(script, news, cup);
        TickerScript.Play(script, news);
        WeatherScript.Play(script, news);
        news.Rumour();
        var steps = script.Finish();
        _newest = (number, steps);
        return steps;
    }

    private static void PlayMatches(RoundScript script, NewsScript news, bool cup)
    {
        var random = script.Random("fixtures");
        var clubs = SampleClubs.All(script.Seed);
        random.Shuffle(clubs);
        var stage = cup
            ? string.Create(CultureInfo.InvariantCulture, $"Round {(script.Number / Cycle % 6) + 1}")
            : string.Create(CultureInfo.InvariantCulture, $"Matchday {(script.Number % 38) + 1}");
        var competition = cup ? "Harbour Cup" : "Coastal League";
        new MatchScript(script, news, new MatchPlan(competition, stage, clubs[0], clubs[1], TimeSpan.FromMinutes(3), cup, LevelAfter90: cup)).Play();
        new MatchScript(script, news, new MatchPlan(competition, stage, clubs[2], clubs[3], TimeSpan.FromMinutes(random.Number(5, 7)), cup, LevelAfter90: false)).Play();
    }
}
