using E2EEvents.Grains.Interfaces.Kinds;
using E2EEvents.Grains.Topics;

namespace E2EEvents.Grains.Kinds;

/// <summary>
/// Instruments of a market. A report older than what it would change is no change rather than refused: only the newest value matters, and late reports are ordinary
/// where several lines carry one market.
/// </summary>
[TopicKind("ticker", Delivery.Latest)]
public sealed class TickerGrain : TopicGrain<Ticker, TickerEvent>
{
    protected override Ticker Initial => Ticker.Empty;

    protected override string? Refuse(Ticker state, TickerEvent e) => TickerRules.Refuse(state, e);

    // Total: what is refused changes nothing here either.
    protected override Ticker Apply(Ticker state, TickerEvent e)
    {
        if (Refuse(state, e) is not null) return state;
        var next = e switch
        {
            InstrumentListed listed => state with { Name = listed.Name, Currency = listed.Currency, Market = listed.Market },
            SessionOpened opened when !TickerRules.IsOld(state, opened) => Open(state, opened),
            Quoted quoted when !TickerRules.IsOld(state, quoted) => Quote(state, quoted),
            Traded traded when !TickerRules.IsOld(state, traded) => Trade(state, traded),
            TradingHalted halted when !TickerRules.IsOldHaltChange(state, halted.At) => Halt(state, halted),
            TradingResumed resumed when state.Halted && !TickerRules.IsOldHaltChange(state, resumed.At) =>
                state with { Halted = false, HaltReason = null, HaltChangedAt = resumed.At },
            _ => state,
        };
        return next == state ? state : next;
    }

    private static Ticker Open(Ticker state, SessionOpened e)
    {
        var haltIsNewer = state.HaltChangedAt > e.At;
        return state with
        {
            Day = e.Day,
            OpenedAt = e.At,
            PreviousClose = e.PreviousClose ?? state.Last ?? state.PreviousClose,
            Open = null,
            High = null,
            Low = null,
            Volume = 0,
            Bid = null,
            BidSize = null,
            Ask = null,
            AskSize = null,
            QuotedAt = null,
            Halted = haltIsNewer && state.Halted,
            HaltReason = haltIsNewer ? state.HaltReason : null,
            HaltChangedAt = haltIsNewer ? state.HaltChangedAt : null,
        };
    }

    private static Ticker Quote(Ticker state, Quoted e) => state with
    {
        Bid = e.Bid,
        BidSize = e.BidSize,
        Ask = e.Ask,
        AskSize = e.AskSize,
        QuotedAt = e.At,
    };

    private static Ticker Trade(Ticker state, Traded e) => state with
    {
        Last = e.Price,
        LastSize = e.Size,
        Open = state.Open ?? e.Price,
        High = Math.Max(state.High ?? e.Price, e.Price),
        Low = Math.Min(state.Low ?? e.Price, e.Price),
        Volume = state.Volume + e.Size,
        TradedAt = e.At,
        TradeNumber = e.Number,
    };

    private static Ticker Halt(Ticker state, TradingHalted e) => state.Halted && state.HaltReason == e.Reason
        ? state
        : state with { Halted = true, HaltReason = e.Reason, HaltChangedAt = e.At };
}
