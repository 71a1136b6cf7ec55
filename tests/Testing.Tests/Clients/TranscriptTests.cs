using E2EEvents.Testing.Clients;

namespace E2EEvents.Testing.Tests.Clients;

public sealed class TranscriptTests
{
    private readonly Transcript _every = new("match/x", Delivery.Every);
    private readonly Transcript _latest = new("match/x", Delivery.Latest);

    [Fact]
    public void Take_NextOffsets_AdvancesWithoutBreach()
    {
        Feed(_every, A.Envelope(3), A.Envelope(4), A.Envelope(5));
        Assert.Equal(5, _every.Offset);
        Assert.Equal(3, _every.Taken);
        _every.AssertKept();
    }

    [Fact]
    public void Take_HoleOnEvery_IsABreach()
    {
        Feed(_every, A.Envelope(3), A.Envelope(5));
        Assert.Contains("Offsets 4 to 4 are missing", _every.Breach, StringComparison.Ordinal);
    }

    [Fact]
    public void Take_HoleOnLatest_IsLegal()
    {
        Feed(_latest, A.Envelope(3), A.Envelope(50));
        Assert.Null(_latest.Breach);
        Assert.Equal(50, _latest.Offset);
    }

    [Fact]
    public void Take_HoleWithGapTold_IsKeptInGaps()
    {
        Feed(_every, A.Envelope(3), A.Envelope(9, gap: "history"));
        Assert.Null(_every.Breach);
        Assert.Equal(["history"], _every.Gaps);
    }

    [Fact]
    public void Take_GapToldWhereNothingIsMissing_IsABreach()
    {
        Feed(_every, A.Envelope(3), A.Envelope(4, gap: "history"));
        Assert.Contains("continues", _every.Breach, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(2)]
    public void Take_OffsetNotRisingOnOneConnection_IsABreach(long second)
    {
        Feed(_latest, A.Envelope(3), A.Envelope(second));
        Assert.Contains("on the same connection", _latest.Breach, StringComparison.Ordinal);
    }

    [Fact]
    public void Take_RepeatAfterResume_IsDroppedAndCounted()
    {
        Feed(_every, A.Envelope(1), A.Envelope(2));
        _every.Begin(resumed: true, patches: false);
        Feed(_every, A.Envelope(2), A.Envelope(3));
        Assert.Null(_every.Breach);
        Assert.Equal(1, _every.Duplicates);
        Assert.Equal(3, _every.Offset);
    }

    [Fact]
    public void Take_HoleAfterResume_IsABreach()
    {
        Feed(_every, A.Envelope(1));
        _every.Begin(resumed: true, patches: false);
        Feed(_every, A.Envelope(3));
        Assert.Contains("missing", _every.Breach, StringComparison.Ordinal);
    }

    [Fact]
    public void Take_HoleAfterOpeningWithoutResume_IsLegal()
    {
        Feed(_every, A.Envelope(1));
        _every.Begin(resumed: false, patches: false);
        Feed(_every, A.Envelope(30), A.Envelope(31));
        Assert.Null(_every.Breach);
    }

    [Fact]
    public void Take_TwoStatesAtOnePosition_IsABreach()
    {
        Feed(_every, A.Envelope(1));
        _every.Begin(resumed: true, patches: false);
        Feed(_every, A.Envelope(1, state: """{"n":77}"""));
        Assert.Contains("Two different states", _every.Breach, StringComparison.Ordinal);
    }

    [Fact]
    public void Take_EpochChangeToldAsGap_StartsFromItsOffset()
    {
        Feed(_every, A.Envelope(7), A.Envelope(1, gap: "epoch", epoch: A.OtherEpoch));
        Assert.Null(_every.Breach);
        Assert.Equal(1, _every.Offset);
    }

    [Fact]
    public void Take_EpochChangeNotTold_IsABreach()
    {
        Feed(_every, A.Envelope(7), A.Envelope(1, epoch: A.OtherEpoch));
        Assert.Contains("epoch changed", _every.Breach, StringComparison.Ordinal);
    }

    [Fact]
    public void Take_Patch_AppliesToTheStateSentBefore()
    {
        _every.Begin(resumed: false, patches: true);
        Feed(_every, A.Envelope(1, state: """{"a":1,"b":{"c":2,"d":3}}"""), A.Envelope(2, patch: """{"a":null,"b":{"c":4},"e":[null]}"""));
        Assert.Equal("""{"b":{"c":4,"d":3},"e":[null]}""", _every.State!.ToJsonString());
        Assert.Equal(1, _every.Patches);
    }

    [Fact]
    public void Take_PatchFirstOnAConnection_IsABreach()
    {
        Feed(_every, A.Envelope(1));
        _every.Begin(resumed: true, patches: true);
        Feed(_every, A.Envelope(2, patch: "{}"));
        Assert.Contains("before any state", _every.Breach, StringComparison.Ordinal);
    }

    [Fact]
    public void Take_PatchNotAskedFor_IsABreach()
    {
        Feed(_every, A.Envelope(1), A.Envelope(2, patch: "{}"));
        Assert.Contains("did not ask", _every.Breach, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ReachesAsync_ConditionMetLater_Returns()
    {
        var reached = _every.ReachesAsync(2, TimeSpan.FromSeconds(10));
        Assert.False(reached.IsCompleted);
        Feed(_every, A.Envelope(1), A.Envelope(2));
        await reached;
    }

    [Fact]
    public async Task ReachesAsync_NotInTime_TellsWhatWasMissingAndWhereItStood()
    {
        Feed(_every, A.Envelope(1));
        var failure = await Assert.ThrowsAnyAsync<Xunit.Sdk.XunitException>(() => _every.ReachesAsync(t => t.Offset > 5, TimeSpan.FromMilliseconds(20)));
        Assert.Contains("t => t.Offset > 5", failure.Message, StringComparison.Ordinal);
        Assert.Contains(A.Epoch + ":1", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ReachesAsync_ContractBroken_FailsAtOnce()
    {
        var reached = _every.ReachesAsync(100, TimeSpan.FromMinutes(1));
        Feed(_every, A.Envelope(1), A.Envelope(3));
        var failure = await Assert.ThrowsAnyAsync<Xunit.Sdk.XunitException>(() => reached);
        Assert.Contains("contract was broken", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"topic":"match/x"}""", "'epoch' is missing")]
    [InlineData("""[]""", "no JSON object")]
    [InlineData("""{"topic":"x"}""", "kind/key")]
    [InlineData("""{"topic":"match/x","epoch":"AB","offset":1,"time":{},"state":{}}""", "16 hex")]
    [InlineData("""{"topic":"match/x","epoch":"00000000000000aa","offset":0,"time":{},"state":{}}""", "not above 0")]
    [InlineData("""{"topic":"match/x","epoch":"00000000000000aa","offset":1,"time":{},"state":{},"patch":{}}""", "either state or patch")]
    [InlineData("""{"topic":"match/x","epoch":"00000000000000aa","offset":1,"time":{},"gap":"x","state":{}}""", "gap 'x'")]
    public void Parse_MalformedEnvelope_SaysWhy(string text, string why)
    {
        Assert.Contains(why, Assert.Throws<FormatException>(() => ReceivedEnvelope.Parse(text)).Message, StringComparison.Ordinal);
    }

    private static void Feed(Transcript transcript, params ReceivedEnvelope[] envelopes)
    {
        foreach (var envelope in envelopes) transcript.Take(envelope);
    }
}
