using E2EEvents.Grains.Interfaces.Kinds;

namespace E2EEvents.Grains.Kinds;

/// <summary>Which market reports are old, and why one cannot be applied.</summary>
internal static class TickerRules
{
    private const decimal MaxAmount = 1_000_000_000_000m;

    // With at most 10 decimals a volume of up to 10^18 units is summed exactly in a decimal's 28 digits.
    private const int MaxDecimals = 10;
    private const decimal MaxVolume = 1_000_000_000_000_000_000m;

    public static bool IsOld(Ticker state, SessionOpened e) => e.At <= state.OpenedAt || e.At < state.TradedAt;

    public static bool IsOld(Ticker state, Quoted e) => e.At < state.OpenedAt || e.At < state.QuotedAt;

    public static bool IsOld(Ticker state, Traded e) =>
        e.At < state.OpenedAt || e.At < state.TradedAt || (e.At == state.TradedAt && e.Number <= state.TradeNumber);

    public static bool IsOldHaltChange(Ticker state, DateTimeOffset at) => at < state.OpenedAt || at < state.HaltChangedAt;

    public static string? Refuse(Ticker state, TickerEvent e) => e switch
    {
        InstrumentListed listed => Checks.First(
            Checks.Text("name", listed.Name, 100),
            Currency(listed.Currency),
            Checks.OptionalText("market", listed.Market, 100)),
        SessionOpened opened => Session(state, opened),
        Quoted quoted => Quote(quoted),
        Traded traded => Trade(state, traded),
        TradingHalted halted => Checks.Text("reason", halted.Reason, 200),
        TradingResumed => null,
        _ => $"A ticker knows no event {e.GetType().Name}.",
    };

    private static string? Session(Ticker state, SessionOpened e)
    {
        if (Amount("previousClose", e.PreviousClose) is { } wrong) return wrong;
        return !IsOld(state, e) && e.Day < state.Day ? FormattableString.Invariant($"The session of {e.Day:yyyy-MM-dd} cannot follow the one of {state.Day:yyyy-MM-dd}.") : null;
    }

    private static string? Quote(Quoted e)
    {
        var wrong = Checks.First(Amount("bid", e.Bid), Amount("ask", e.Ask), Amount("bidSize", e.BidSize), Amount("askSize", e.AskSize));
        if (wrong is not null) return wrong;
        if (e.Bid is null && e.Ask is null) return "A quote needs a bid or an ask.";
        if ((e.Bid is null && e.BidSize is not null) || (e.Ask is null && e.AskSize is not null)) return "A size needs its price.";
        return e.Bid > e.Ask ? FormattableString.Invariant($"The quote is crossed: bid {e.Bid}, ask {e.Ask}.") : null;
    }

    private static string? Trade(Ticker state, Traded e)
    {
        if ((Amount("price", e.Price) ?? Amount("size", e.Size)) is { } wrong) return wrong;
        if (e.Number < 0) return $"'number' is {e.Number}; 0 and above is allowed.";
        if (IsOld(state, e)) return null;
        if (state.Halted && e.At >= state.HaltChangedAt) return $"Trading is halted: {state.HaltReason}";
        return state.Volume + e.Size > MaxVolume ? FormattableString.Invariant($"The volume would exceed {MaxVolume}.") : null;
    }

    private static string? Amount(string name, decimal? value)
    {
        if (value is not { } given) return null;
        if (given is <= 0 or > MaxAmount) return FormattableString.Invariant($"'{name}' is {given}; above 0 and at most {MaxAmount} is allowed.");
        return given.Scale > MaxDecimals ? FormattableString.Invariant($"'{name}' is {given}; {MaxDecimals} decimals are allowed.") : null;
    }

    private static string? Currency(string? value)
    {
        var letters = value?.Length == 3 && char.IsAsciiLetterUpper(value[0]) && char.IsAsciiLetterUpper(value[1]) && char.IsAsciiLetterUpper(value[2]);
        return letters ? null : "'currency' must be three capital letters, as in EUR.";
    }
}
