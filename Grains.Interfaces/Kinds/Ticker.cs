using System.Text.Json.Serialization;

namespace E2EEvents.Grains.Interfaces.Kinds;

/// <summary>
/// An instrument as last quoted and traded. Topic kind <c>ticker</c>, delivery Latest. Prices are in <paramref name="Currency"/>, sizes and volume in units of the
/// instrument; both are exact decimals, above 0 and at most 10^12, with at most 10 decimal places.
/// </summary>
/// <param name="Name">Name of the instrument.</param>
/// <param name="Currency">Currency of the prices, ISO 4217.</param>
/// <param name="Market">Where it is traded.</param>
/// <param name="Day">Day of the current session.</param>
/// <param name="Last">Price of the last trade; survives the opening of a session.</param>
/// <param name="LastSize">Size of the last trade.</param>
/// <param name="Bid">Best bid; null = none. Never above <paramref name="Ask"/>.</param>
/// <param name="BidSize">Size at the best bid.</param>
/// <param name="Ask">Best offer; null = none.</param>
/// <param name="AskSize">Size at the best offer.</param>
/// <param name="Open">First price of the session.</param>
/// <param name="High">Highest price of the session.</param>
/// <param name="Low">Lowest price of the session.</param>
/// <param name="PreviousClose">Last price of the session before.</param>
/// <param name="Volume">Units traded in the session.</param>
/// <param name="Halted">True while trading is halted.</param>
/// <param name="HaltReason">Why; null while it is not.</param>
/// <param name="OpenedAt">When the session opened, UTC.</param>
/// <param name="QuotedAt">Time of the newest quote of the session, UTC.</param>
/// <param name="TradedAt">Time of the newest trade, UTC.</param>
/// <param name="TradeNumber">Number of the newest trade; 0 = the source gives none.</param>
/// <param name="HaltChangedAt">When trading was last halted or resumed, UTC; null = not in this session.</param>
[GenerateSerializer, Immutable, Alias("ticker")]
public sealed record Ticker(
    string? Name,
    string? Currency,
    string? Market,
    DateOnly? Day,
    decimal? Last,
    decimal? LastSize,
    decimal? Bid,
    decimal? BidSize,
    decimal? Ask,
    decimal? AskSize,
    decimal? Open,
    decimal? High,
    decimal? Low,
    decimal? PreviousClose,
    decimal Volume,
    bool Halted,
    string? HaltReason,
    DateTimeOffset? OpenedAt,
    DateTimeOffset? QuotedAt,
    DateTimeOffset? TradedAt,
    long TradeNumber,
    DateTimeOffset? HaltChangedAt)
{
    /// <summary>An instrument nothing is known of yet.</summary>
    public static Ticker Empty { get; } = new(null, null, null, null, null, null, null, null, null, null, null, null, null, null, 0, false, null, null, null, null, 0, null);
}

/// <summary>A report from a market about one instrument; <c>type</c> in the JSON tells which. One older than what it would change changes nothing.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type")]
[JsonDerivedType(typeof(InstrumentListed), "instrument")]
[JsonDerivedType(typeof(SessionOpened), "sessionOpened")]
[JsonDerivedType(typeof(Quoted), "quote")]
[JsonDerivedType(typeof(Traded), "trade")]
[JsonDerivedType(typeof(TradingHalted), "halt")]
[JsonDerivedType(typeof(TradingResumed), "resume")]
[GenerateSerializer, Immutable, Alias("ticker.event")]
public abstract record TickerEvent;

/// <summary><c>instrument</c>: what it is.</summary>
/// <param name="Name">1 to 100 characters.</param>
/// <param name="Currency">Three capital letters, ISO 4217.</param>
/// <param name="Market">Where it is traded, at most 100 characters.</param>
[GenerateSerializer, Immutable, Alias("ticker.instrument-listed")]
public sealed record InstrumentListed(string Name, string Currency, string? Market = null) : TickerEvent;

/// <summary>
/// <c>sessionOpened</c>: open, high, low, volume and the quote start anew, a halt that is older is lifted. Not newer than the session open or than the newest
/// trade: no change. Of an earlier day than the session open: refused.
/// </summary>
/// <param name="Day">Day of the session.</param>
/// <param name="At">When it opened.</param>
/// <param name="PreviousClose">Last price of the session before; missing = the last trade.</param>
[GenerateSerializer, Immutable, Alias("ticker.session-opened")]
public sealed record SessionOpened(DateOnly Day, DateTimeOffset At, decimal? PreviousClose = null) : TickerEvent;

/// <summary><c>quote</c>: the best bid and offer, whole. A side left out has no quote; one of them is there. Crossed (bid above ask): refused. Also while trading is halted.</summary>
/// <param name="At">When. Older than the newest quote: no change; of the same time: the later to arrive holds.</param>
/// <param name="Bid">Best bid.</param>
/// <param name="Ask">Best offer.</param>
/// <param name="BidSize">Size at the bid; only with one.</param>
/// <param name="AskSize">Size at the offer; only with one.</param>
[GenerateSerializer, Immutable, Alias("ticker.quoted")]
public sealed record Quoted(DateTimeOffset At, decimal? Bid = null, decimal? Ask = null, decimal? BidSize = null, decimal? AskSize = null) : TickerEvent;

/// <summary><c>trade</c>: a trade. While trading is halted: refused, unless it is older than the halt.</summary>
/// <param name="Price">Price.</param>
/// <param name="Size">Units.</param>
/// <param name="At">When. Not newer than the newest trade by (at, number): no change.</param>
/// <param name="Number">Orders trades of the same time, from 0. A source whose times are coarse should give it, else all but the first trade of an instant are taken for repeats.</param>
[GenerateSerializer, Immutable, Alias("ticker.traded")]
public sealed record Traded(decimal Price, decimal Size, DateTimeOffset At, long Number = 0) : TickerEvent;

/// <summary><c>halt</c>: trading stops. Again with another reason: the newer reason holds.</summary>
/// <param name="Reason">Why, 1 to 200 characters.</param>
/// <param name="At">When. Older than the last halt or resumption: no change.</param>
[GenerateSerializer, Immutable, Alias("ticker.trading-halted")]
public sealed record TradingHalted(string Reason, DateTimeOffset At) : TickerEvent;

/// <summary><c>resume</c>: trading goes on. Not halted: no change.</summary>
/// <param name="At">When. Older than the halt: no change.</param>
[GenerateSerializer, Immutable, Alias("ticker.trading-resumed")]
public sealed record TradingResumed(DateTimeOffset At) : TickerEvent;
