using System.Linq;
using CsCheck;
using E2EEvents.Grains.Tests.Cluster;
using E2EEvents.Grains.Topics;

namespace E2EEvents.Grains.Tests.Topics;

public sealed class SourceLedgerTests
{
    private static readonly TopicKey Topic = new("test-every", "a");

    [Fact]
    public void Classify_SequenceUpToTheNewest_IsDuplicate()
    {
        var ledger = Ledger();
        ledger.Advance(An.Addition(Topic, 1, 5));
        Assert.Equal(Novelty.Duplicate, ledger.Classify(An.Addition(Topic, 1, 5)));
        Assert.Equal(Novelty.Duplicate, ledger.Classify(An.Addition(Topic, 1, 4)));
        Assert.Equal(Novelty.New, ledger.Classify(An.Addition(Topic, 1, 6)));
        Assert.Equal(Novelty.New, ledger.Classify(An.Addition(Topic, 1, 4, source: "test/2")));
    }

    [Fact]
    public void Classify_LaterIncarnation_StartsOverAndEndsTheEarlier()
    {
        var ledger = Ledger();
        ledger.Advance(An.Addition(Topic, 1, 500, incarnation: 1));
        Assert.Equal(Novelty.New, ledger.Classify(An.Addition(Topic, 1, 1, incarnation: 2)));
        ledger.Advance(An.Addition(Topic, 1, 1, incarnation: 2));
        Assert.Equal(Novelty.Over, ledger.Classify(An.Addition(Topic, 1, 501, incarnation: 1)));
    }

    [Fact]
    public void Classify_EventId_IsKnownWithinTheWindow()
    {
        var ledger = Ledger(eventIds: 2);
        foreach (var id in (string[])["a", "b", "c"]) ledger.Advance(An.Identified(Topic, 1, id));
        Assert.Equal(Novelty.New, ledger.Classify(An.Identified(Topic, 1, "a")));
        Assert.Equal(Novelty.Duplicate, ledger.Classify(An.Identified(Topic, 1, "b")));
        Assert.Equal(Novelty.New, ledger.Classify(An.Identified(Topic, 1, "b", source: "hook/2")));
    }

    [Fact]
    public void Settle_OnlyWhatTheWriteHeld_IsSettled()
    {
        var ledger = Ledger();
        ledger.Advance(An.Addition(Topic, 1, 1));
        Assert.False(ledger.IsSettled(An.Source, An.Seq(1)));
        Assert.True(ledger.IsSeen(An.Source, An.Seq(1)));

        ledger.Seal();
        ledger.Advance(An.Addition(Topic, 1, 2));
        ledger.Settle();
        Assert.True(ledger.IsSettled(An.Source, An.Seq(1)));
        Assert.False(ledger.IsSettled(An.Source, An.Seq(2)));
        Assert.True(ledger.HasUnsettled);
    }

    [Fact]
    public void Advance_MoreSourcesThanTheBound_ForgetsTheOneUnusedForLongest()
    {
        var ledger = Ledger(sources: 2);
        ledger.Advance(An.Addition(Topic, 1, 1, "a/1"));
        ledger.Advance(An.Addition(Topic, 1, 1, "b/1"));
        ledger.Advance(An.Addition(Topic, 1, 2, "a/1"));
        ledger.Advance(An.Addition(Topic, 1, 1, "c/1"));
        Assert.Equal(["a/1", "c/1"], ledger.Seal().Sources.Select(source => source.Source));
    }

    /// <summary>A ledger that was stored and read again decides as one that was not.</summary>
    [Fact]
    public void Snapshot_ReadAgain_DecidesAlike()
    {
        var genEvent = Gen.Select(Gen.Int[0, 2], Gen.ULong[1, 8], Gen.Int[1, 2], Gen.Bool).Select((source, sequence, incarnation, ordered) =>
            ordered ? An.Addition(Topic, 1, sequence, $"s/{source}", incarnation) : An.Identified(Topic, 1, $"id{sequence}", $"h/{source}"));
        Gen.Select(genEvent.List[0, 30], genEvent.List[0, 30]).Sample((before, after) =>
        {
            var ledger = Ledger(sources: 3, eventIds: 16);
            foreach (var e in before) Take(ledger, e);
            var again = new SourceLedger(ledger.Seal(), 3, 16);
            foreach (var e in after) Assert.Equal(Take(ledger, e), Take(again, e));
        });

        static Novelty Take(SourceLedger ledger, SourcedEvent e)
        {
            var novelty = ledger.Classify(e);
            if (novelty == Novelty.New) ledger.Advance(e);
            return novelty;
        }
    }

    private static SourceLedger Ledger(int sources = 8, int eventIds = 8) => new(LedgerSnapshot.Empty, sources, eventIds);
}
