using System.Text.Json;
using E2EEvents.Load.Clients;

namespace E2EEvents.Load.Tests.Clients;

public sealed class FiguresWireTests
{
    [Fact]
    public void Figures_OfTwoProcesses_AddUpAsIfOneHadCounted()
    {
        var (one, first, second) = (new Figures(), new Figures(), new Figures());
        for (var i = 0; i < 10_000; i++)
        {
            var half = i % 3 == 0 ? first : second;
            Count(one, i);
            Count(half, i);
        }

        first.Lost("close 1001");
        second.Lost("close 1001");
        var sum = new Figures();
        sum.Add(Told(first));
        sum.Add(Told(second));
        Assert.Equal(one.Deliveries, sum.Deliveries);
        Assert.Equal(one.CountOf(Verdict.Hole), sum.CountOf(Verdict.Hole));
        Assert.Equal(2, sum.Losses["close 1001"]);
        foreach (var percentile in new[] { 0, 50, 90, 99, 99.9, 100 })
        {
            Assert.Equal(one.FromHome.GetValueAtPercentile(percentile), sum.FromHome.GetValueAtPercentile(percentile));
            Assert.Equal(one.FromOrigin.GetValueAtPercentile(percentile), sum.FromOrigin.GetValueAtPercentile(percentile));
        }

        static void Count(Figures figures, int i)
        {
            figures.Delivered(1_000_000 - (i * 37L), 1_000_000 - (i * 41L), 1_000_000);
            figures.Judged(i % 7 == 0 ? Verdict.Hole : Verdict.Next);
        }
    }

    private static FiguresWire Told(Figures figures) =>
        JsonSerializer.Deserialize<FiguresWire>(JsonSerializer.Serialize(figures.ToWire(1), JsonSerializerOptions.Web), JsonSerializerOptions.Web)!;
}
