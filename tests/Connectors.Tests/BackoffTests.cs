using System.Linq;
using E2EEvents.Hosting;
using Microsoft.Extensions.Time.Testing;

namespace E2EEvents.Connectors.Tests;

public sealed class BackoffTests
{
    [Fact]
    public void Next_EveryFailure_DoublesTheBoundUpToTheLongest()
    {
        var backoff = Make(() => 0.999999);
        var pauses = Enumerable.Range(0, 6).Select(_ => Math.Round(backoff.Next().TotalMilliseconds)).ToArray();
        Assert.Equal([100, 200, 400, 800, 1000, 1000], pauses);
    }

    [Fact]
    public void Next_FullJitter_MayBeNothingAtAll() => Assert.Equal(TimeSpan.Zero, Make(() => 0).Next());

    [Fact]
    public void Next_VeryManyFailures_StaysAtTheLongest()
    {
        var backoff = Make(() => 0.5);
        for (var i = 0; i < 10_000; i++) backoff.Next();
        Assert.Equal(TimeSpan.FromMilliseconds(500), backoff.Next());
    }

    [Fact]
    public void Reset_AfterFailures_BeginsAnew()
    {
        var backoff = Make(() => 0.5);
        backoff.Next();
        backoff.Next();
        backoff.Reset();
        Assert.Equal((0, TimeSpan.FromMilliseconds(50)), (backoff.Failures, backoff.Next()));
    }

    private static Backoff Make(Func<double> random) => new(TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(1), new FakeTimeProvider(), random);
}
