using CsCheck;
using E2EEvents.Grains.Interfaces.Kinds;

namespace E2EEvents.Grains.Tests.Kinds;

/// <summary>Events of each kind, drawn from small sets so that ids, times and players meet again, good and bad ones mixed.</summary>
internal static class KindGens
{
    public static readonly DateTimeOffset Noon = new(2026, 8, 15, 12, 0, 0, TimeSpan.Zero);

    private static readonly Gen<DateTimeOffset> Time = Gen.Select(Gen.Int[0, 40], Gen.Int[-1, 1], (seconds, zone) => Noon.AddSeconds(seconds).ToOffset(TimeSpan.FromHours(zone)));
    private static readonly Gen<Side> AnySide = OneOf(Side.Home, Side.Away, (Side)7);
    private static readonly Gen<string> Player = OneOf("A. Berg", "B. Costa", "C. Dahl", "");
    private static readonly Gen<int> Minute = Gen.Frequency((6, Gen.Int[1, 120]), (3, OneOf(1, 45, 46, 90, 105, 120)), (1, OneOf(0, 121, -1)));
    private static readonly Gen<int> Added = Gen.Frequency((4, Gen.Const(0)), (2, Gen.Int[1, 5]), (1, OneOf(-1, 31)));
    private static readonly Gen<string> IncidentId = Gen.Frequency((9, Gen.Int[1, 30].Select(i => $"i{i}")), (1, OneOf("", "a b", "é")));

    /// <summary>Match events of every type; the match moves on rarely enough for things to happen in each period.</summary>
    public static readonly Gen<MatchEvent> Match = Gen.Frequency(
        (3, Gen.Select(OneOf("ARS", "NOR", "EBM"), OneOf("NOR", "EBM"), Time, (home, away, at) => (MatchEvent)new FixtureAnnounced("League", new Team(home, home), new Team(away, away), at))),
        (5, Gen.Frequency((6, Gen.Int[0, 3]), (3, Gen.Int[0, 9]), (1, Gen.Int[0, 13])).Select(period => (MatchEvent)new PeriodBegan((MatchPeriod)period))),
        (6, Gen.Select(Minute, Added, Gen.Bool, (minute, added, running) => (MatchEvent)new ClockShown(minute, added, running))),
        (1, Gen.Int[-1, 31].Select(minutes => (MatchEvent)new AddedTimeAnnounced(minutes))),
        (8, Gen.Select(IncidentId, AnySide, Minute, Player, Added, Gen.Int[0, 3], OneOf<string?>(null, "D. Eide", "A. Berg"), (id, side, minute, player, added, kind, assist) => (MatchEvent)new GoalScored(id, side, minute, player, added, (GoalKind)kind, assist))),
        (2, IncidentId.Select(id => (MatchEvent)new GoalCancelled(id, "offside"))),
        (4, Gen.Select(IncidentId, AnySide, Minute, Player, Gen.Int[0, 3], Added, (id, side, minute, player, colour, added) => (MatchEvent)new CardShown(id, side, minute, player, (CardColour)colour, added))),
        (3, Gen.Select(IncidentId, AnySide, Minute, Player, Player, Added, (id, side, minute, off, on, added) => (MatchEvent)new PlayerSubstituted(id, side, minute, off, on, added))),
        (3, Gen.Select(IncidentId, AnySide, Player, Gen.Int[0, 3], (id, side, player, outcome) => (MatchEvent)new PenaltyKicked(id, side, player, (KickOutcome)outcome))));

    private static readonly Gen<decimal> Price = Gen.Frequency((9, Gen.Int[95, 105].Select(cents => cents / 10m)), (1, OneOf(0m, -1m, 1_000_000_000_001m, 0.00000000001m)));
    private static readonly Gen<decimal?> MaybePrice = Gen.Frequency((4, Price.Select(price => (decimal?)price)), (1, OneOf<decimal?>(null, null)));
    private static readonly Gen<decimal> Size = Gen.Frequency((9, Gen.Int[1, 500].Select(size => size / 4m)), (1, OneOf(0m, 1_000_000_000_000m)));

    public static readonly Gen<TickerEvent> Ticker = Gen.Frequency(
        (1, OneOf("EUR", "usd", "").Select(currency => (TickerEvent)new InstrumentListed("Acre & Field", currency))),
        (1, Gen.Select(Gen.Int[0, 3], Time, MaybePrice, (day, at, close) => (TickerEvent)new SessionOpened(new DateOnly(2026, 8, 15).AddDays(day), at, close))),
        (6, Gen.Select(Time, MaybePrice, MaybePrice, (at, bid, ask) => (TickerEvent)new Quoted(at, bid, ask, bid is null ? null : 10, null))),
        (10, Gen.Select(Price, Size, Time, Gen.Long[-1, 3], (price, size, at, number) => (TickerEvent)new Traded(price, size, at, number))),
        (2, Gen.Select(OneOf("news pending", "volatility", ""), Time, (reason, at) => (TickerEvent)new TradingHalted(reason, at))),
        (2, Time.Select(at => (TickerEvent)new TradingResumed(at))));

    private static Gen<T> OneOf<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(index => values[index]);

    private static Gen<double?> Maybe(double min, double max) => Gen.Frequency(
        (5, OneOf<double?>(null, null)), (4, Gen.Double[min, max].Select(value => (double?)value)), (1, OneOf<double?>(min, max)), (1, OneOf<double?>(-1000, double.NaN)));

    public static readonly Gen<Observed> Weather =
        from at in Time
        from temperature in Maybe(-100, 70)
        from wind in Maybe(0, 150)
        from direction in Maybe(0, 360)
        from gust in Maybe(0, 200)
        from pressure in Maybe(800, 1100)
        from humidity in Maybe(0, 100)
        from rain in Maybe(0, 500)
        from condition in Gen.Int[-3, 9]
        select new Observed(at, temperature, wind, direction, gust, pressure, humidity, rain, condition < 0 ? null : (WeatherCondition)condition);

    private static readonly Gen<string> ItemId = Gen.Frequency((19, Gen.Int[1, 90].Select(i => $"n{i}")), (1, OneOf("", "a/b")));

    /// <summary>Publications mostly; an id stands for one item, but in one case of ten.</summary>
    public static readonly Gen<NewsEvent> News = Gen.Frequency(
        (12, Gen.Select(ItemId, Gen.Int[1, 10], (id, chance) => (NewsEvent)Item(id, chance == 1 ? "Other" : "Headline"))),
        (2, Gen.Select(ItemId, Time, OneOf<string?>(null, "Better", ""), OneOf<int?>(null, 2, 3, 1), (id, at, headline, version) =>
            (NewsEvent)new ItemCorrected(id, at, headline is null ? null : $"{headline}{version}", headline is null ? "Sum" + version : null, "note", version))),
        (1, Gen.Select(ItemId, Time, OneOf("unconfirmed", ""), (id, at, reason) => (NewsEvent)new ItemRetracted(id, at, reason))));

    /// <summary>The item of an id: its time follows from it, several items share a time.</summary>
    public static ItemPublished Item(string id, string headline) => new(id, headline, Noon.AddMinutes(id.Length > 1 && int.TryParse(id[1..], out var number) ? number * 7 % 30 : 0), "Summary", "sport", "match/x");
}
