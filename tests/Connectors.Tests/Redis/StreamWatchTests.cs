using CsCheck;
using E2EEvents.Connectors.Redis;

namespace E2EEvents.Connectors.Tests.Redis;

public sealed class StreamWatchTests
{
    [Fact]
    public void Judge_NothingHappened_SaysNothing() =>
        Assert.Equal(new StreamVerdict(false, 0, 10), Judge(have: (10, 10), new StreamFacts(10, Id(1), Id(10), 10)));

    [Fact]
    public void Judge_NewEntries_SaysNothing() =>
        Assert.Equal(new StreamVerdict(false, 0, 10), Judge(have: (10, 10), new StreamFacts(12, Id(1), Id(12), 12)));

    [Fact]
    public void Judge_ReadEntriesTrimmed_SaysNothing() =>
        Assert.Equal(new StreamVerdict(false, 0, 10), Judge(have: (10, 10), new StreamFacts(2, Id(11), Id(12), 12)));

    [Fact]
    public void Judge_EverythingReadAndTrimmedAway_SaysNothing() =>
        Assert.Equal(new StreamVerdict(false, 0, 10), Judge(have: (10, 10), new StreamFacts(0, null, Id(10), 10)));

    [Fact]
    public void Judge_UnreadEntriesTrimmed_CountsThem() =>
        Assert.Equal(new StreamVerdict(false, 5, 15), Judge(have: (10, 10), new StreamFacts(5, Id(16), Id(20), 20)));

    [Fact]
    public void Judge_AllUnreadEntriesGone_CountsThem() =>
        Assert.Equal(new StreamVerdict(false, 10, 20), Judge(have: (10, 10), new StreamFacts(0, null, Id(20), 20)));

    [Fact]
    public void Judge_CaughtUpWithFewerReadThanAdded_CountsWhatWasDeletedBefore() =>
        Assert.Equal(new StreamVerdict(false, 3, 20), Judge(have: (20, 17), new StreamFacts(17, Id(1), Id(20), 20)));

    [Fact]
    public void Judge_NewestIdBeforeOurs_IsAReset() =>
        Assert.True(Judge(have: (1000, 10), new StreamFacts(3, Id(1), Id(3), 3)).Reset);

    [Fact]
    public void Judge_NewestIdBeforeOursOnAnOldServer_IsAReset() =>
        Assert.True(Judge(have: (1000, -1), new StreamFacts(3, Id(1), Id(3), -1)).Reset);

    [Fact]
    public void Judge_MadeAnewAndAlreadyBeyondUs_IsAReset() =>
        Assert.True(Judge(have: (10, 100), new StreamFacts(20, Id(1), Id(20), 20)).Reset);

    [Fact]
    public void Judge_MadeAnewWithRisingIds_IsNoResetBecauseNothingIsMissed()
    {
        Assert.Equal(new StreamVerdict(false, 0, 0), Judge(have: (100, 50), new StreamFacts(3, Id(101), Id(103), 3)));
        // … nor when its entries have been read before the next look.
        Assert.Equal(new StreamVerdict(false, 0, 3), StreamWatch.Judge(new StreamPosition(0, Id(103), 53), Id(100), new StreamFacts(3, Id(101), Id(103), 3)));
    }

    [Fact]
    public void Judge_BeginningOfATrimmedStream_LosesNothing() =>
        Assert.Equal(new StreamVerdict(false, 0, 7), Judge(have: (0, -1), new StreamFacts(3, Id(8), Id(10), 10)));

    [Fact]
    public void Judge_OldServer_NeverClaimsALoss() =>
        Assert.Equal(new StreamVerdict(false, 0, -1), Judge(have: (10, -1), new StreamFacts(1, Id(20), Id(20), -1)));

    // A stream that is only added to, trimmed at its old end and read in order: the law is that exactly what was trimmed unread is reported.
    [Fact]
    public void Judge_AnyAddingTrimmingAndReading_ReportsExactlyWhatWasTrimmedUnread() =>
        Gen.Select(Gen.Int[0, 3], Gen.Int[1, 6]).Array[1, 60].Sample(steps =>
        {
            ulong added = 0, first = 1, read = 0;
            long lost = 0, reported = 0;
            var have = new StreamPosition(0, RedisStreamId.None, 0);
            var checkedId = have.Id;
            foreach (var (what, amount) in steps)
            {
                switch (what)
                {
                    case 0:
                        added += (ulong)amount;
                        break;
                    case 1: // trim
                        for (var i = 0; i < amount && first <= added; i++, first++) lost += first > read ? 1 : 0;
                        break;
                    case 2: // read, in order, what is there
                        for (var i = 0; i < amount; i++)
                        {
                            var next = Math.Max(read + 1, first);
                            if (next > added) break;
                            have = have.Next(Id(read = next));
                        }

                        break;
                    default:
                        Look();
                        break;
                }
            }

            Look();
            while (Math.Max(read + 1, first) <= added) have = have.Next(Id(read = Math.Max(read + 1, first)));
            Look();
            Assert.Equal(lost, reported);

            void Look()
            {
                var verdict = StreamWatch.Judge(have, checkedId, new StreamFacts((long)(added + 1 - first), first > added ? null : Id(first), Id(added), (long)added));
                Assert.False(verdict.Reset);
                reported += verdict.Lost;
                have = have with { Count = verdict.Count };
                checkedId = have.Id;
            }
        });

    private static StreamVerdict Judge((ulong Id, long Count) have, StreamFacts now) => StreamWatch.Judge(new StreamPosition(0, Id(have.Id), have.Count), Id(have.Id), now);

    private static RedisStreamId Id(ulong milliseconds) => new(milliseconds, 0);
}
