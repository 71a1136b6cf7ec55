using Microsoft.Extensions.Time.Testing;

namespace E2EEvents.Testing.Tests;

public sealed class EventuallyTests
{
    [Fact]
    public async Task TrueAsync_ConditionBecomesTrue_Returns()
    {
        var time = new FakeTimeProvider();
        var asked = 0;
        var waiting = Eventually.TrueAsync(() => ++asked == 3, TimeSpan.FromSeconds(1), time: time);
        for (var i = 0; i < 2; i++)
        {
            Assert.False(waiting.IsCompleted);
            time.Advance(TimeSpan.FromMilliseconds(20));
        }

        await waiting;
        Assert.Equal(3, asked);
    }

    [Fact]
    public async Task TrueAsync_DeadlinePasses_TellsConditionAndState()
    {
        var time = new FakeTimeProvider();
        var number = 5;
        var waiting = Eventually.EqualAsync(6, () => number, TimeSpan.FromMilliseconds(40), time);
        time.Advance(TimeSpan.FromMilliseconds(20));
        time.Advance(TimeSpan.FromMilliseconds(20));
        var failure = await Assert.ThrowsAnyAsync<Xunit.Sdk.XunitException>(() => waiting);
        Assert.Contains("() => number equal to 6", failure.Message, StringComparison.Ordinal);
        Assert.Contains("State: 5", failure.Message, StringComparison.Ordinal);
    }
}
