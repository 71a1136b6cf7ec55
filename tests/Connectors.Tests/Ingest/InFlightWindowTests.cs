using System.Globalization;
using System.Linq;
using CsCheck;
using E2EEvents.Connectors.Ingest;

namespace E2EEvents.Connectors.Tests.Ingest;

public sealed class InFlightWindowTests
{
    // Parts of each record, and in which order the parts settle.
    private static readonly Gen<(int[] Parts, int Seed)> GenRun = Gen.Select(Gen.Int[0, 4].Array[1, 40], Gen.Int);

    [Fact]
    public void Settled_AnyOrderOfSettling_NeverPassesAnUnsettledRecord() => GenRun.Sample(run =>
    {
        var window = new InFlightWindow(int.MaxValue, long.MaxValue);
        var unsettled = new int[run.Parts.Length];
        var todo = new List<(int Record, InFlightWindow.Slot Slot)>();
        for (var i = 0; i < run.Parts.Length; i++)
        {
            var slot = window.Add(TokenOf(i), run.Parts[i], 10, i);
            unsettled[i] = run.Parts[i];
            for (var part = 0; part < run.Parts[i]; part++) todo.Add((i, slot));
            AssertConsistent(window, unsettled.AsSpan(0, i + 1), run.Parts);
        }

        var random = new Random(run.Seed);
        foreach (var (record, slot) in todo.OrderBy(_ => random.Next()))
        {
            var before = window.Settled;
            unsettled[record]--;
            Assert.Equal(window.Settle(slot), before != window.Settled);
            AssertConsistent(window, unsettled, run.Parts);
        }

        Assert.Equal(TokenOf(run.Parts.Length - 1), window.Settled);
        Assert.Equal((0, 0L, null), (window.Events, window.Bytes, window.OldestReadAt));
    });

    [Fact]
    public void Settled_RecordsAddedWhileOthersSettle_IsAlwaysTheLastOfTheSettledBeginning() =>
        Gen.Select(Gen.Bool.Array[1, 100], Gen.Int).Sample((adds, seed) =>
        {
            var random = new Random(seed);
            var window = new InFlightWindow(int.MaxValue, long.MaxValue);
            var unsettled = new List<int>();
            var open = new List<(int Record, InFlightWindow.Slot Slot)>();
            foreach (var add in adds)
            {
                if (add || open.Count == 0)
                {
                    open.Add((unsettled.Count, window.Add(TokenOf(unsettled.Count), 1, 1, unsettled.Count)));
                    unsettled.Add(1);
                }
                else
                {
                    var at = random.Next(open.Count);
                    unsettled[open[at].Record] = 0;
                    window.Settle(open[at].Slot);
                    open.RemoveAt(at);
                }

                var held = unsettled.IndexOf(1);
                var expected = held < 0 ? unsettled.Count - 1 : held - 1;
                Assert.Equal(expected < 0 ? null : TokenOf(expected), window.Settled);
            }
        });

    [Fact]
    public void HasRoom_EmptyWindow_TakesOneRecordOfAnySize()
    {
        var window = new InFlightWindow(maxEvents: 2, maxBytes: 100);
        Assert.True(window.HasRoom);
        window.Add(TokenOf(0), 1, 1_000_000, 0);
        Assert.False(window.HasRoom);
    }

    [Theory]
    [InlineData(2, 10, false)] // as many events as allowed
    [InlineData(1, 100, false)] // as many bytes as allowed
    [InlineData(1, 99, true)]
    public void HasRoom_FilledWindow_EndsAtEitherBound(int events, long bytes, bool room)
    {
        var window = new InFlightWindow(maxEvents: 2, maxBytes: 100);
        window.Add(TokenOf(0), events, bytes, 0);
        Assert.Equal(room, window.HasRoom);
    }

    [Fact]
    public void HasRoom_RecordsWithoutEventsBehindAnUnsettledOne_CountAsOneEach()
    {
        var window = new InFlightWindow(maxEvents: 3, maxBytes: 100);
        window.Add(TokenOf(0), 1, 0, 0);
        window.Add(TokenOf(1), 0, 0, 0);
        Assert.True(window.HasRoom);
        window.Add(TokenOf(2), 0, 0, 0);
        Assert.False(window.HasRoom);
    }

    [Fact]
    public void Settle_MoreOftenThanParts_IsABug()
    {
        var window = new InFlightWindow(10, 10);
        var slot = window.Add(TokenOf(0), 1, 1, 0);
        window.Settle(slot);
        Assert.Throws<InvalidOperationException>(() => window.Settle(slot));
    }

    private static void AssertConsistent(InFlightWindow window, ReadOnlySpan<int> unsettled, int[] parts)
    {
        var settled = 0;
        while (settled < unsettled.Length && unsettled[settled] == 0) settled++;
        Assert.Equal(settled == 0 ? null : TokenOf(settled - 1), window.Settled);
        var events = 0;
        for (var i = settled; i < unsettled.Length; i++) events += Math.Max(1, parts[i]);
        Assert.Equal(events, window.Events);
        Assert.Equal(10L * (unsettled.Length - settled), window.Bytes);
        Assert.Equal(settled == unsettled.Length ? null : settled, window.OldestReadAt);
    }

    private static ResumeToken TokenOf(int record) => new(record.ToString(CultureInfo.InvariantCulture));
}
