using System.Linq;
using E2EEvents.Grains.Interfaces.Kinds;

namespace E2EEvents.Connectors.Sample;

/// <summary>An instrument of the sample market.</summary>
/// <param name="Symbol">Key of its topic.</param>
/// <param name="Name">Made-up company.</param>
/// <param name="BasePrice">Price around which it wanders over the rounds.</param>
/// <param name="Volatility">Deviation of a session's way from its straight line, as a share of the price.</param>
internal sealed record Instrument(string Symbol, string Name, double BasePrice, double Volatility);

/// <summary>
/// The market of a round. A round is one session; within it a price takes a random walk that ends at the opening level of the next round (a Brownian bridge), so
/// that sessions join up without one knowing the others.
/// </summary>
internal static class TickerScript
{
    private const double ShareOfTrades = 0.6;
    private const double ShareHalted = 0.12;
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(45);
    private static readonly TimeSpan TradeAfterQuote = TimeSpan.FromSeconds(3);
    private static readonly string[] HaltReasons = ["volatility pause", "news pending", "order imbalance"];

    public static IReadOnlyList<Instrument> Instruments { get; } =
    [
        new("ACRE", "Acre & Field", 42.10, 0.008), new("AURO", "Aurora Optics", 128.40, 0.012), new("BALT", "Baltic Shipping", 17.85, 0.011),
        new("CLAY", "Claymore Bricks", 63.20, 0.007), new("CORV", "Corvid Systems", 211.75, 0.016), new("DELT", "Delta Grid", 34.60, 0.006),
        new("EBON", "Ebonite Tools", 9.42, 0.014), new("FERN", "Fernleaf Foods", 55.05, 0.005), new("GALE", "Gale Wind Power", 27.30, 0.015),
        new("HARB", "Harbour Bank", 88.90, 0.007), new("IRIS", "Iris Imaging", 146.15, 0.013), new("KELP", "Kelp Marine", 12.68, 0.017),
        new("LUMN", "Lumen Rail", 71.40, 0.006), new("MOSS", "Moss Timber", 23.95, 0.009), new("NOVA", "Nova Fabrication", 302.50, 0.018),
        new("ORCA", "Orca Logistics", 49.75, 0.009), new("PINE", "Pinecone Retail", 38.25, 0.010), new("QUIL", "Quill Publishing", 15.10, 0.012),
        new("RUST", "Rustbelt Steel", 19.90, 0.013), new("TIDE", "Tidewater Energy", 94.35, 0.011),
    ];

    public static void Play(RoundScript script, NewsScript news)
    {
        for (var i = 0; i < Instruments.Count; i++) Play(script, news, Instruments[i], TimeSpan.FromSeconds(2 * i));
        var best = Instruments.MaxBy(instrument => Change(script, instrument))!;
        var (open, close) = (Level(script, best, 0), Level(script, best, 1));
        news.Publish(
            script.Length - TimeSpan.FromSeconds(40),
            "markets",
            "ticker/" + best.Symbol,
            FormattableString.Invariant($"Best of the session: {best.Name} {100 * Change(script, best):+0.0;-0.0} %"),
            FormattableString.Invariant($"It closed at {close}, after {open} in the session before."));
    }

    private static void Play(RoundScript script, NewsScript news, Instrument instrument, TimeSpan openAt)
    {
        var random = script.Random("ticker/" + instrument.Symbol);
        var topic = new TopicKey("ticker", instrument.Symbol);
        var (open, close) = (Level(script, instrument, 0), Level(script, instrument, 1));
        script.Add(openAt, topic, new InstrumentListed(instrument.Name, "EUR", "Sample Exchange"));
        script.Add(openAt, topic, new SessionOpened(DateOnly.FromDateTime(script.Stamp(openAt).UtcDateTime), script.Stamp(openAt), open));
        var moves = (int)(script.Length / Interval) - 2;
        var mids = Bridge(random, (double)open, (double)close, instrument.Volatility, moves);
        var haltFrom = random.Chance(ShareHalted) ? random.Number(moves / 5, moves / 2) : int.MaxValue;
        var haltTo = haltFrom == int.MaxValue ? int.MaxValue : haltFrom + random.Number(5, 12);
        for (var i = 0; i < moves; i++)
        {
            var at = openAt + ((i + 0.2 + (0.8 * random.Fraction())) * Interval);
            if (i == haltFrom) Halt(script, news, instrument, topic, at, random.Pick(HaltReasons));
            if (i == haltTo) Resume(script, news, instrument, topic, at);
            if (i < haltFrom || i >= haltTo) Move(script, topic, random, at, decimal.Round((decimal)mids[i], 2), isLast: i == moves - 1);
        }
    }

    private static void Move(RoundScript script, TopicKey topic, SampleRandom random, TimeSpan at, decimal mid, bool isLast)
    {
        var below = random.Number(0, 2);
        var bid = mid - (0.01m * below);
        var ask = bid + (0.01m * random.Number(Math.Max(below, 1), 3));
        script.Add(at, topic, new Quoted(script.Stamp(at), bid, ask, Lots(random), Lots(random)));
        if (!isLast && !random.Chance(ShareOfTrades)) return;

        // The last trade is the close, which the next session opens with.
        var price = isLast ? mid : random.Chance(0.5) ? bid : ask;
        var tradedAt = at + TradeAfterQuote;
        script.Add(tradedAt, topic, new Traded(price, Lots(random), script.Stamp(tradedAt)));
    }

    private static void Halt(RoundScript script, NewsScript news, Instrument instrument, TopicKey topic, TimeSpan at, string reason)
    {
        script.Add(at, topic, new TradingHalted(reason, script.Stamp(at)));
        news.Publish(at + TimeSpan.FromSeconds(30), "markets", topic.ToString(), $"Trading in {instrument.Name} halted", $"Reason given: {reason}.");
    }

    private static void Resume(RoundScript script, NewsScript news, Instrument instrument, TopicKey topic, TimeSpan at)
    {
        script.Add(at, topic, new TradingResumed(script.Stamp(at)));
        news.Publish(at + TimeSpan.FromSeconds(30), "markets", topic.ToString(), $"Trading in {instrument.Name} resumed", "Quotes and trades again.");
    }

    private static decimal Lots(SampleRandom random) => 10 * random.Number(1, random.Chance(0.1) ? 200 : 40);

    private static double Change(RoundScript script, Instrument instrument) => (double)(Level(script, instrument, 1) / Level(script, instrument, 0)) - 1;

    /// <summary>Price at the start of this round (0) or of the next (1): slow waves with some noise, bounded for ever.</summary>
    private static decimal Level(RoundScript script, Instrument instrument, int ahead)
    {
        var round = script.Number + ahead;
        var phase = new SampleRandom(SampleRandom.Seed(script.Seed, "phase/" + instrument.Symbol));
        var slow = 0.15 * Math.Sin((2 * Math.PI * round / 61) + (2 * Math.PI * phase.Fraction()));
        var fast = 0.04 * Math.Sin((2 * Math.PI * round / 11) + (2 * Math.PI * phase.Fraction()));
        var noise = 0.02 * (new SampleRandom(SampleRandom.Seed(script.Seed, "level/" + instrument.Symbol, round)).Fraction() - 0.5);
        return decimal.Round((decimal)(instrument.BasePrice * Math.Exp(slow + fast + noise)), 2);
    }

    private static double[] Bridge(SampleRandom random, double open, double close, double volatility, int moves)
    {
        var walk = new double[moves];
        for (var i = 1; i < moves; i++) walk[i] = walk[i - 1] + random.Normal();
        var (end, scale) = (walk[^1], volatility / Math.Sqrt(moves));
        for (var i = 0; i < moves; i++)
        {
            var share = (double)i / (moves - 1);
            walk[i] = (open + ((close - open) * share)) * Math.Exp(scale * (walk[i] - (end * share)));
        }

        return walk;
    }
}
