using System.Linq;
using CsCheck;
using E2EEvents.Grains.Region;
using Microsoft.Extensions.Time.Testing;

namespace E2EEvents.Grains.Tests.Region;

public sealed class LeaseTests
{
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(5);
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void Take_HeldByAnother_IsRefusedUntilItsEnd()
    {
        var lease = new Lease(_time);
        Assert.True(lease.TryTake("a", Duration));
        _time.Advance(Duration - TimeSpan.FromTicks(1));
        Assert.False(lease.TryTake("b", Duration));
        Assert.Equal(("a", TimeSpan.FromTicks(1)), (lease.Holder, lease.Left));
        _time.Advance(TimeSpan.FromTicks(1));
        Assert.True(lease.TryTake("b", Duration));
        Assert.Equal((2, false, true), (lease.Number, lease.TryRenew(1), lease.TryRenew(2)));
    }

    [Fact]
    public void Renew_BeforeItsEnd_CountsFromThen()
    {
        var lease = new Lease(_time);
        lease.TryTake("a", Duration);
        _time.Advance(TimeSpan.FromSeconds(4));
        Assert.True(lease.TryRenew(1));
        _time.Advance(TimeSpan.FromSeconds(4));
        Assert.False(lease.TryTake("b", Duration));
    }

    [Fact]
    public void Release_ByItsHolder_FreesItAtOnceAndByAnotherDoesNothing()
    {
        var lease = new Lease(_time);
        lease.TryTake("a", Duration);
        Assert.False(lease.TryRelease(0));
        Assert.True(lease.TryRelease(1));
        Assert.Equal((TimeSpan.Zero, false, false), (lease.Left, lease.TryRenew(1), lease.IsHeldBy(1)));
        Assert.True(lease.TryTake("b", Duration));
    }

    [Fact]
    public void Stored_AfterARestart_LastsOneFullDurationAgain()
    {
        var lease = new Lease(_time, number: 7, holder: "a", Duration);
        _time.Advance(Duration - TimeSpan.FromTicks(1));
        Assert.False(lease.TryTake("b", Duration));
        Assert.True(lease.TryRenew(7));
        Assert.True(lease.TryTake("a", Duration)); // its holder, which missed an answer, need not wait
        Assert.Equal(8, lease.Number);
    }

    [Fact]
    public void Stored_WithoutALease_IsFree()
    {
        var lease = new Lease(_time);
        Assert.Equal((0, TimeSpan.Zero, false), (lease.Number, lease.Left, lease.IsHeldBy(0)));
        Assert.True(lease.TryTake("a", Duration));
    }

    private enum What
    {
        Take,
        Renew,
        Release,
        Write,
        Wait,
        Restart,
    }

    // Several processes, each with the number it got last, which may be long over; the grain restarts from what it stored. Whatever they do: at most
    // one has time left, numbers rise, and once a number was given, nothing is written under a lower one.
    [Fact]
    public void Lease_AnyOrderOfCalls_HasOneHolderAndNoWriteUnderALowerNumber()
    {
        var steps = Gen.Select(Gen.Enum<What>(), Gen.Int[0, 3], Gen.Int[0, 3000]).List[1, 60];
        steps.Sample(list =>
        {
            var time = new FakeTimeProvider();
            var lease = new Lease(time);
            var numbers = new long[4];
            var until = new DateTimeOffset[4]; // as the grain promised each
            var (highest, written) = (0L, 0L);
            foreach (var (what, who, milliseconds) in list)
            {
                var now = time.GetUtcNow();
                switch (what)
                {
                    case What.Take when lease.TryTake($"p{who}", Duration):
                        Assert.True(lease.Number > highest);
                        Assert.DoesNotContain(until.Where((_, other) => other != who), end => end > now);
                        (numbers[who], until[who], highest) = (lease.Number, now + Duration, lease.Number);
                        break;
                    case What.Renew when lease.TryRenew(numbers[who]):
                        Assert.DoesNotContain(until.Where((_, other) => other != who), end => end > now);
                        until[who] = now + Duration;
                        break;
                    case What.Release when lease.TryRelease(numbers[who]):
                        until[who] = now;
                        break;
                    case What.Write when lease.IsHeldBy(numbers[who]):
                        Assert.True(numbers[who] >= written && numbers[who] == highest);
                        written = numbers[who];
                        break;
                    case What.Wait:
                        time.Advance(TimeSpan.FromMilliseconds(milliseconds));
                        break;
                    case What.Restart:
                        lease = new Lease(time, lease.Number, lease.Holder, lease.Duration);
                        break;
                }
            }
        });
    }
}
