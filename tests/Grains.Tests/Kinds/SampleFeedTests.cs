using System.Linq;
using System.Text.Json;
using CsCheck;
using E2EEvents.Connectors.Sample;
using E2EEvents.Grains.Interfaces.Kinds;
using E2EEvents.Grains.Kinds;

namespace E2EEvents.Grains.Tests.Kinds;

public sealed class SampleFeedTests
{
    private static readonly DateTimeOffset Start = new(2026, 8, 15, 14, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(-77)]
    public void Rounds_ReplayedThroughTheKinds_RefuseNothingAndEndWhole(int seed)
    {
        var feed = new SampleFeed(seed, Start);
        var world = new World();
        for (var round = 0; round < 5; round++) // the fourth is a cup round
        {
            var steps = feed.Round(round);
            foreach (var step in steps) world.Take(step);
            CheckRound(world, steps);
        }

        Assert.Equal(10, world.Matches.Count);
        Assert.Equal(20, world.Tickers.Count);
        Assert.Equal(50, world.Cells.Count);
        Assert.Equal(News.MaxItems, world.Feeds.Single().Value.Items.Count);
        Assert.All(world.Cells.Values, cell => Assert.Null(typeof(WeatherCell).GetProperties().FirstOrDefault(property => property.GetValue(cell) is null)));
    }

    [Fact]
    public void Round_AnySeedAndNumber_RefusesNothingAndEndsWhole() => Gen.Select(Gen.Int, Gen.Int[0, 100_000]).Sample(
        (seed, number) =>
        {
            var world = new World();
            var steps = new SampleFeed(seed, Start).Round(number);
            foreach (var step in steps) world.Take(step);
            CheckRound(world, steps);
        },
        iter: 25);

    [Fact]
    public void Rounds_SameSeedAndStart_AreTheSameBytes() =>
        Assert.Equal(new SampleFeed(5, Start).After(null).Take(9000).Select(Line), new SampleFeed(5, Start).After(null).Take(9000).Select(Line));

    [Fact]
    public void Rounds_OtherSeed_IsAnotherWorld()
    {
        var (one, other) = (Teams(new SampleFeed(1, Start)), Teams(new SampleFeed(2, Start)));
        Assert.NotEqual(one, other);

        static string[] Teams(SampleFeed feed) => Enumerable.Range(0, 3).SelectMany(round => feed.Round(round)).Select(step => step.Topic.ToString()).Distinct().Where(topic => topic.StartsWith("match/", StringComparison.Ordinal)).ToArray();
    }

    [Fact]
    public void After_AnyPlace_GoesOnAsWithoutTheBreak()
    {
        var whole = new SampleFeed(3, Start).After(null).Take(17_000).ToArray(); // over two boundaries of rounds
        Assert.Equal(2, whole[^1].Place.Round);
        Gen.Int[0, whole.Length - 2].Sample(
            index =>
            {
                var resumed = new SampleFeed(3, Start).After(whole[index].Place).Take(Math.Min(50, whole.Length - 1 - index));
                Assert.Equal(whole[(index + 1)..].Take(50).Select(Line), resumed.Select(Line));
            },
            iter: 40);
    }

    [Fact]
    public void After_LastPlaceOfARound_GoesOnWithTheNextRound()
    {
        var feed = new SampleFeed(3, Start);
        Assert.Equal(new SamplePlace(1, 0), feed.After(feed.Round(0)[^1].Place).First().Place);
    }

    [Fact]
    public void After_EverySteps_PlacesAndTimesRise()
    {
        SampleStep? before = null;
        foreach (var step in new SampleFeed(9, Start).After(null).TakeWhile(step => step.Place.Round < 9))
        {
            if (before is not null)
            {
                Assert.True(step.Place.Ordinal > before.Place.Ordinal);
                Assert.True(step.Offset >= before.Offset);
            }

            before = step;
        }
    }

    [Fact]
    public void Round_FarAhead_IsMadeWithoutThoseBefore()
    {
        var steps = new SampleFeed(1, Start).Round(1_000_000); // 18 years of playing at the default speed
        Assert.True(steps.Length > 5000);
        Assert.Equal((ulong)1_000_000 * SamplePlace.MaxSteps, steps[0].Place.Ordinal);
    }

    [Fact]
    public void Rounds_Fifty_HoldEverythingThatTheKindsKnow()
    {
        var feed = new SampleFeed(1, Start);
        var events = Enumerable.Range(0, 50).SelectMany(round => feed.Round(round)).Select(step => step.Event).ToArray();
        Type[] types =
        [
            typeof(FixtureAnnounced), typeof(PeriodBegan), typeof(ClockShown), typeof(AddedTimeAnnounced), typeof(GoalScored), typeof(GoalCancelled), typeof(CardShown), typeof(PlayerSubstituted),
            typeof(PenaltyKicked), typeof(InstrumentListed), typeof(SessionOpened), typeof(Quoted), typeof(Traded), typeof(TradingHalted), typeof(TradingResumed), typeof(Observed),
            typeof(ItemPublished), typeof(ItemCorrected), typeof(ItemRetracted),
        ];
        Assert.Equal(types.ToHashSet(), events.Select(e => e.GetType()).ToHashSet());
        Assert.Equal(Enum.GetValues<GoalKind>(), events.OfType<GoalScored>().Select(goal => goal.Kind).Distinct().Order());
        Assert.Equal(Enum.GetValues<CardColour>(), events.OfType<CardShown>().Select(card => card.Colour).Distinct().Order());
        Assert.Equal(Enum.GetValues<KickOutcome>(), events.OfType<PenaltyKicked>().Select(kick => kick.Outcome).Distinct().Order());
        var goals = events.OfType<GoalScored>().Count() - events.OfType<GoalCancelled>().Count();
        Assert.InRange(goals / 100.0, 2.2, 4.0); // a match
        Assert.True(events.OfType<Observed>().Select(report => report.Condition).Distinct().Count() >= 6);
    }

    [Fact]
    public void Round_AtTheDefaultSpeed_MatchTakesSixMinutesAndTickersMoveSeveralTimesASecond()
    {
        var steps = new SampleFeed(1, Start).Round(0);
        var seconds = (steps[^1].Offset - steps[0].Offset).TotalSeconds / SampleFeed.NominalSpeed;
        Assert.InRange(steps.Count(step => step.Topic.Kind == "ticker") / seconds, 5, 15);
        Assert.InRange(steps.Length / seconds, 8, 20);
        foreach (var match in steps.Where(step => step.Event is PeriodBegan).GroupBy(step => step.Topic))
        {
            var halves = match.ToDictionary(step => ((PeriodBegan)step.Event).Period, step => step.Offset / SampleFeed.NominalSpeed);
            var played = halves[MatchPeriod.HalfTime] - halves[MatchPeriod.FirstHalf] + halves[MatchPeriod.FullTime] - halves[MatchPeriod.SecondHalf];
            Assert.InRange(played, TimeSpan.FromMinutes(6), TimeSpan.FromMinutes(7));
        }
    }

    [Fact]
    public void Round_NextSession_OpensAtTheCloseOfTheLast()
    {
        var feed = new SampleFeed(1, Start);
        var closes = feed.Round(3).Where(step => step.Event is Traded).GroupBy(step => step.Topic).ToDictionary(steps => steps.Key, steps => ((Traded)steps.Last().Event).Price);
        Assert.All(feed.Round(4).Where(step => step.Event is SessionOpened), step => Assert.Equal(closes[step.Topic], ((SessionOpened)step.Event).PreviousClose));
    }

    private static void CheckRound(World world, SampleStep[] steps)
    {
        var matches = steps.Where(step => step.Topic.Kind == "match").Select(step => step.Topic).Distinct().ToArray();
        Assert.Equal(2, matches.Length);
        foreach (var topic in matches)
        {
            var match = world.Matches[topic];
            var cancelled = Events<GoalCancelled>(topic).Select(e => e.GoalId).ToHashSet();
            var goals = Events<GoalScored>(topic).Where(goal => !cancelled.Contains(goal.Id)).ToArray();
            Assert.Equal(MatchPeriod.FullTime, match.Period);
            Assert.Equal(new Score(goals.Count(goal => goal.Side == Side.Home), goals.Count(goal => goal.Side == Side.Away)), match.Score);
            var kicks = Events<PenaltyKicked>(topic).Where(kick => kick.Outcome == KickOutcome.Scored).ToArray();
            if (match.ShootOut is not null)
            {
                Assert.Equal(match.Score.Home, match.Score.Away);
                Assert.NotEqual(match.ShootOut.Home, match.ShootOut.Away);
                Assert.Equal(kicks.Count(kick => kick.Side == Side.Home), match.ShootOut.Home);
            }
        }

        Assert.Equal(20, steps.Count(step => step.Event is SessionOpened));
        Assert.All(world.Tickers.Values, ticker => Assert.False(ticker.Halted));

        TEvent[] Events<TEvent>(TopicKey topic) => steps.Where(step => step.Topic == topic).Select(step => step.Event).OfType<TEvent>().ToArray();
    }

    private static string Line(SampleStep step) => $"{step.Place} {step.Offset} {System.Text.Encoding.UTF8.GetString(step.Encode())}";

    /// <summary>All topics of the feed, each fed with the events as they travel.</summary>
    private sealed class World
    {
        private readonly Kind<Match, MatchEvent> _match = Kind<Match, MatchEvent>.Of<MatchGrain>();
        private readonly Kind<Ticker, TickerEvent> _ticker = Kind<Ticker, TickerEvent>.Of<TickerGrain>();
        private readonly Kind<WeatherCell, Observed> _weather = Kind<WeatherCell, Observed>.Of<WeatherCellGrain>();
        private readonly Kind<News, NewsEvent> _news = Kind<News, NewsEvent>.Of<NewsGrain>();

        public Dictionary<TopicKey, Match> Matches { get; } = [];

        public Dictionary<TopicKey, Ticker> Tickers { get; } = [];

        public Dictionary<TopicKey, WeatherCell> Cells { get; } = [];

        public Dictionary<TopicKey, News> Feeds { get; } = [];

        public void Take(SampleStep step)
        {
            using var record = JsonDocument.Parse(step.Encode());
            Assert.True(TopicKey.TryParse(record.RootElement.GetProperty("topic").GetString(), out var topic, out var error), error);
            var e = record.RootElement.GetProperty("event").GetRawText();
            Assert.Equal(step.Topic, topic);
            switch (topic.Kind)
            {
                case "match":
                    Take(_match, Matches, topic, e);
                    break;
                case "ticker":
                    Take(_ticker, Tickers, topic, e);
                    break;
                case "weather":
                    Take(_weather, Cells, topic, e);
                    break;
                case "news":
                    Take(_news, Feeds, topic, e);
                    break;
                default:
                    Assert.Fail($"No kind {topic.Kind}.");
                    break;
            }
        }

        private static void Take<TState, TEvent>(Kind<TState, TEvent> kind, Dictionary<TopicKey, TState> states, TopicKey topic, string json)
            where TState : class
            where TEvent : class
        {
            var state = states.GetValueOrDefault(topic, kind.Initial);
            var e = Kind<TState, TEvent>.Decode(json);
            Assert.Null(kind.Refuse(state, e));
            states[topic] = kind.Apply(state, e);
        }
    }
}
