using System.Text.Json.Nodes;
using E2EEvents.Testing.Clients;
using E2EEvents.Torture.Checking;
using E2EEvents.Torture.Kinds;
using E2EEvents.Torture.Load;

namespace E2EEvents.EndToEnd.Torture;

/// <summary>The checker of the torture finds what it is there to find.</summary>
public sealed class LedgerTests
{
    private readonly Ledger _ledger = new("tally/t", Delivery.Every);
    private readonly List<string> _ids = [];

    public LedgerTests()
    {
        for (var i = 0; i < 10; i++) _ids.Add(_ledger.Next());
    }

    [Fact]
    public void Judge_StatesOfAReplay_AreRight()
    {
        var state = Tally.Zero;
        for (var i = 0; i < _ids.Count; i++)
        {
            state = state.With(_ids[i]);
            Assert.Null(_ledger.Judge(i + 1, JsonOf(state)));
        }
    }

    [Fact]
    public void Judge_EventLeftOut_IsLost() => Assert.Equal(FlawKind.Lost, _ledger.Judge(3, JsonOf(Replay(0, 1, 3)))?.Kind);

    [Fact]
    public void Judge_EventTwice_IsRepeated() => Assert.Equal(FlawKind.Repeated, _ledger.Judge(4, JsonOf(Replay(0, 1, 2, 2)))?.Kind);

    [Fact]
    public void Judge_TwoEventsSwapped_IsReorderedOnceTheNumberFits() => Assert.Equal(FlawKind.Reordered, _ledger.Judge(4, JsonOf(Replay(0, 2, 1, 3)))?.Kind);

    [Fact]
    public void Judge_MoreChangesThanEvents_IsRepeated() => Assert.Equal(FlawKind.Repeated, _ledger.Judge(11, JsonOf(Replay(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9)))?.Kind);

    [Fact]
    public void Judge_OffsetOfAnotherState_IsWrong() => Assert.NotNull(_ledger.Judge(4, JsonOf(Replay(0, 1, 2))));

    [Fact]
    public void Verdict_TranscriptWithAFlawAHoleOrANewEpoch_DoesNotPass()
    {
        var flawed = new Watched(_ledger);
        flawed.Transcript.Begin(false, false);
        flawed.Transcript.Take(Envelope(3, Replay(0, 1, 1)));
        Assert.Equal(1, VerdictOf(flawed).Repeated);

        var holed = new Watched(_ledger);
        holed.Transcript.Begin(false, false);
        holed.Transcript.Take(Envelope(1, Replay(0)));
        holed.Transcript.Take(Envelope(3, Replay(0, 1, 2)));
        Assert.Equal(1, VerdictOf(holed).SilentGaps);

        var renewed = new Watched(_ledger);
        renewed.Transcript.Begin(false, false);
        renewed.Transcript.Take(Envelope(1, Replay(0)));
        renewed.Transcript.Take(Envelope(2, Replay(0, 1), epoch: 2, gap: "epoch"));
        var verdict = VerdictOf(renewed);
        Assert.Equal((1, 0, 0), (verdict.UnexplainedEpochs, verdict.SilentGaps, verdict.Lost));
        Assert.False(verdict.Passed);
    }

    private static Verdict VerdictOf(Watched watched)
    {
        var verdict = new Verdict();
        verdict.Add(watched.Transcript, watched.Flaw);
        Assert.False(verdict.Passed);
        return verdict;
    }

    private Tally Replay(params int[] events)
    {
        var state = Tally.Zero;
        foreach (var e in events) state = state.With(_ids[e]);
        return state;
    }

    private static JsonObject JsonOf(Tally state) => JsonNode.Parse(StateEncoder.Encode(state))!.AsObject();

    private static ReceivedEnvelope Envelope(long offset, Tally state, ulong epoch = 1, string? gap = null)
    {
        var json = new JsonObject
        {
            ["topic"] = "tally/t",
            ["epoch"] = new Position(epoch, 0).EpochText,
            ["offset"] = offset,
            ["time"] = new JsonObject { ["home"] = 1 },
            ["state"] = JsonOf(state),
        };
        if (gap is not null) json["gap"] = gap;
        return ReceivedEnvelope.Parse(json.ToJsonString());
    }
}
