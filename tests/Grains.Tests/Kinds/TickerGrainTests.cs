using CsCheck;
using E2EEvents.Grains.Interfaces.Kinds;
using E2EEvents.Grains.Kinds;

namespace E2EEvents.Grains.Tests.Kinds;

public sealed class TickerGrainTests
{
    private static readonly Kind<Ticker, TickerEvent> Kind = Kind<Ticker, TickerEvent>.Of<TickerGrain>();
    private static readonly DateOnly Day = new(2026, 8, 15);

    [Fact]
    public void Apply_AnyEvents_HoldsTheLawsOfKinds() => KindGens.Ticker.Array[0, 100].Sample(events => { Kind.CheckLaws(events); });

    [Fact]
    public void Apply_AnyEvents_PricesFitTogether() => KindGens.Ticker.Array[0, 100].Sample(events =>
    {
        var state = Kind.Initial;
        foreach (var e in events)
        {
            state = Kind.Take(state, e);
            Assert.False(state.Bid > state.Ask);
            Assert.Equal(state.Halted, state.HaltReason is not null);
            Assert.Equal(state.Open is null, state.High is null);
            Assert.Equal(state.Open is null, state.Low is null);
            Assert.Equal(state.Open is null, state.Volume == 0);
            if (state.Open is null) continue;
            Assert.InRange(state.Open.Value, state.Low!.Value, state.High!.Value);
            Assert.InRange(state.Last!.Value, state.Low.Value, state.High.Value);
        }
    });

    [Fact]
    public void Apply_AnyEvents_DayValuesAreThoseOfTheSessionsTrades() => KindGens.Ticker.Array[0, 100].Sample(events =>
    {
        var trades = new List<Traded>();
        var state = Kind.Initial;
        foreach (var e in events)
        {
            var next = Kind.Take(state, e);
            if (next.OpenedAt != state.OpenedAt) trades.Clear();
            if (e is Traded traded && !ReferenceEquals(next, state)) trades.Add(traded);
            state = next;
        }

        decimal volume = 0;
        foreach (var trade in trades) volume += trade.Size;
        Assert.Equal(volume, state.Volume);
        Assert.Equal(trades.Count == 0 ? null : trades[0].Price, state.Open);
    });

    [Fact]
    public void Apply_TradeSeenBefore_ChangesNothingWheneverItComes() => KindGens.Ticker.Array[1, 100].Sample(events =>
    {
        var accepted = new List<Traded>();
        var state = Kind.Initial;
        foreach (var e in events)
        {
            if (e is Traded traded && Kind.Refuse(state, e) is null) accepted.Add(traded);
            state = Kind.Take(state, e);
        }

        foreach (var again in accepted) Assert.Same(state, Kind.Apply(state, again));
    });

    [Fact]
    public void Apply_TenThousandOddLots_VolumeIsExact()
    {
        var state = Kind.Initial;
        for (var i = 1; i <= 10_000; i++) state = Kind.Apply(state, new Traded(1.1m, 0.0000000001m, At(i)));
        Assert.Equal(0.000001m, state.Volume);
        state = Kind.Apply(state, new Traded(1.1m, 999_999_999_999.9999999999m, At(10_001)));
        Assert.Equal(1_000_000_000_000.0000009999m, state.Volume);
    }

    [Fact]
    public void Apply_SessionOpened_ResetsTheDayAndKeepsTheLastPrice()
    {
        var state = Kind.Replay(new Quoted(At(1), 9m, 10m), new Traded(9.5m, 10, At(2)), new TradingHalted("news pending", At(3)), new SessionOpened(Day, At(4)));
        Assert.Equal((9.5m, 9.5m, null, null, null, 0m, null, false), (state.Last, state.PreviousClose, state.Open, state.High, state.Low, state.Volume, state.Bid, state.Halted));
    }

    [Fact]
    public void Apply_ReportsOlderThanTheNewest_AreNoChange()
    {
        var state = Kind.Replay(new SessionOpened(Day, At(10)), new Quoted(At(20), 9m, 10m), new Traded(9.5m, 10, At(20), 7), new TradingHalted("news pending", At(30)), new TradingResumed(At(40)));
        TickerEvent[] old =
        [
            new SessionOpened(Day, At(10)), new SessionOpened(Day.AddDays(1), At(19)), new SessionOpened(Day.AddDays(-1), At(9)), new Quoted(At(19), 8m, 9m), new Traded(8m, 1, At(19)),
            new Traded(8m, 1, At(20), 7), new TradingHalted("late", At(39)), new TradingResumed(At(41)),
        ];
        foreach (var e in old)
        {
            Assert.Null(Kind.Refuse(state, e));
            Assert.Same(state, Kind.Apply(state, e));
        }
    }

    [Fact]
    public void Apply_TradesOfTheSameTime_AreToldApartByNumber() =>
        Assert.Equal(30m, Kind.Replay(new Traded(9m, 10, At(1), 1), new Traded(9m, 20, At(1), 2), new Traded(9m, 20, At(1), 2)).Volume);

    [Fact]
    public void Refuse_TradeDuringTheHalt_IsRefusedAndOneBeforeItIsNot()
    {
        var state = Kind.Replay(new TradingHalted("news pending", At(10)));
        Assert.Contains("news pending", Kind.Refuse(state, new Traded(9m, 10, At(10))));
        Assert.Null(Kind.Refuse(state, new Traded(9m, 10, At(9))));
        Assert.Null(Kind.Refuse(state, new Quoted(At(11), 9m, 10m)));
    }

    public static TheoryData<string, TickerEvent> Refused => new()
    {
        { "crossed", new Quoted(At(20), 10.01m, 10m) },
        { "'bid' is -1", new Quoted(At(20), -1m, 10m) },
        { "'ask' is 0", new Quoted(At(20), null, 0m) },
        { "bid or an ask", new Quoted(At(20)) },
        { "needs its price", new Quoted(At(20), 9m, null, 10, 10) },
        { "'price' is -0.5", new Traded(-0.5m, 10, At(20)) },
        { "'size' is 0", new Traded(9m, 0, At(20)) },
        { "10 decimals", new Traded(0.00000000001m, 1, At(20)) },
        { "'number' is -1", new Traded(9m, 1, At(20), -1) },
        { "cannot follow", new SessionOpened(Day.AddDays(-1), At(20)) },
        { "capital letters", new InstrumentListed("Acre", "eur") },
        { "'reason' is empty", new TradingHalted("", At(20)) },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public void Refuse_ImpossibleReport_SaysWhy(string why, TickerEvent e)
    {
        var state = Kind.Replay(new SessionOpened(Day, At(10)));
        Assert.Contains(why, Kind.Refuse(state, e));
        Assert.Same(state, Kind.Apply(state, e));
    }

    private static DateTimeOffset At(int seconds) => KindGens.Noon.AddSeconds(seconds);
}
