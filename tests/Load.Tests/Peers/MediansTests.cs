using E2EEvents.Load.Measuring;
using E2EEvents.Load.Peers;

namespace E2EEvents.Load.Tests.Peers;

public sealed class MediansTests
{
    [Fact]
    public void Of_Rounds_TakesTheMiddleOfEachFigureAndLeavesFailedOnesOut()
    {
        var result = Medians.Of("bun", [Turn(9, 5), Turn(30, 1), new TurnResult { Failed = "gone" }, Turn(10, 7)]);
        Assert.Equal(10, result.Median!.CpuPerDelivery);
        Assert.Equal(5, result.Median.Latency!.P99);
        Assert.False(result.IsWhole);
    }

    [Fact]
    public void Of_EvenNumber_TakesTheMeanOfTheMiddleTwo() => Assert.Equal(15, Medians.Of("bun", [Turn(10, 1), Turn(20, 1)]).Median!.CpuPerDelivery);

    [Fact]
    public void Ratios_EachOfOurLines_IsPutOverAllOthers()
    {
        var ratios = Medians.Ratios([Medians.Of("gateway", [Turn(8, 4)]), Medians.Of("gateway Workers=2", [Turn(6, 4)]), Medians.Of("bun", [Turn(10, 8)]), Medians.Of("nchan", [new TurnResult { Failed = "gone" }])]);
        Assert.Equal(["gateway/gateway Workers=2", "gateway/bun", "gateway Workers=2/gateway", "gateway Workers=2/bun"], ratios.ConvertAll(ratio => $"{ratio.Ours}/{ratio.Peer}"));
        Assert.Equal(0.8, ratios[1].CpuPerDelivery);
        Assert.Equal(0.5, ratios[1].P99);
    }

    private static TurnResult Turn(double cpu, double p99) => new() { CpuPerDelivery = cpu, Latency = new Latency(1, 2, p99, 9) };
}
