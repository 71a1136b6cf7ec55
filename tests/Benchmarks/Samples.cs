using System.Collections.Immutable;
using E2EEvents.Grains.Interfaces.Kinds;

namespace E2EEvents.Benchmarks;

/// <summary>States as they are in the middle of things.</summary>
internal static class Samples
{
    public const ulong Epoch = 0x00f3a9c01d7e3b86;

    private static readonly DateTimeOffset KickOff = new(2026, 3, 14, 15, 0, 0, TimeSpan.Zero);

    /// <summary>A match with <paramref name="incidents"/> entries in its timeline.</summary>
    public static Match Match(int incidents)
    {
        var timeline = ImmutableSortedDictionary.CreateBuilder<string, TimelineEntry>(StringComparer.Ordinal);
        for (var i = 1; i <= incidents; i++)
        {
            timeline[$"i-{i:000}"] = (i % 3) switch
            {
                0 => new Goal(i, Side.Home, i * 4, 0, "Martin Ødegaard", GoalKind.Play, "Bukayo Saka", null),
                1 => new Card(i, Side.Away, i * 4, 0, "Granit Xhaka", CardColour.Yellow),
                _ => new Substitution(i, Side.Home, i * 4, 0, "Gabriel Jesus", "Kai Havertz"),
            };
        }

        return Grains.Interfaces.Kinds.Match.Empty with
        {
            Competition = "Premier League",
            Round = "Matchday 29",
            Venue = "Emirates Stadium",
            KickOffAt = KickOff,
            Home = new Team("ARS", "Arsenal"),
            Away = new Team("LEV", "Leverkusen"),
            Period = MatchPeriod.SecondHalf,
            Timeline = timeline.ToImmutable(),
        };
    }

    /// <summary>An instrument after <paramref name="trades"/> trades.</summary>
    public static Ticker Ticker(int trades) => Grains.Interfaces.Kinds.Ticker.Empty with
    {
        Name = "Example Industries",
        Currency = "EUR",
        Market = "XETR",
        Day = new DateOnly(2026, 3, 16),
        Last = 101.25m + (trades / 100m),
        LastSize = 100,
        Bid = 101.24m,
        Ask = 101.26m + (trades / 100m),
        BidSize = 1200,
        AskSize = 900,
        Open = 100.5m,
        High = 110.0m,
        Low = 100.1m,
        PreviousClose = 100.4m,
        Volume = 1_000_000 + (trades * 100),
        TradedAt = KickOff.AddSeconds(trades),
        QuotedAt = KickOff.AddSeconds(trades),
        TradeNumber = trades,
    };

    public static Frame Frame<TState>(long offset, TState state) => Frame(offset, StateEncoder.Encode(state));

    public static Frame Frame(long offset, byte[] state) => new(new Position(Epoch, offset), state, 1_773_500_000_000_000, 1_773_500_000_001_000);
}
