using System.Linq;
using System.Text;
using System.Text.Json;
using CsCheck;
using E2EEvents.Grains.Topics;

namespace E2EEvents.Grains.Tests.Topics;

public sealed class TopicRecordTests
{
    [Fact]
    public void Encode_EveryMember_EqualsTheGoldenFile() => Golden.Equal("topic-record.json", TopicRecordCodec.Encode(Whole()));

    [Fact]
    public void Decode_Encoded_GivesTheSameRecord()
    {
        var record = Whole();
        var again = TopicRecordCodec.Decode(TopicRecordCodec.Encode(record));
        Assert.Equal((record.Epoch, record.Offset), (again.Epoch, again.Offset));
        Assert.Equal(record.Ledger.Sources, again.Ledger.Sources);
        Assert.Equal(record.Ledger.EventIds, again.Ledger.EventIds);
        Assert.Equal(record.Frames.Select(Text), again.Frames.Select(Text));
    }

    [Fact]
    public void Decode_MembersOfALaterVersion_AreSkipped()
    {
        var json = Encoding.UTF8.GetString(TopicRecordCodec.Encode(Whole())).Replace("\"offset\":17,\"s", "\"later\":{\"a\":[1]},\"offset\":17,\"s", StringComparison.Ordinal);
        Assert.Contains("later", json, StringComparison.Ordinal);
        Assert.Equal(17, TopicRecordCodec.Decode(Encoding.UTF8.GetBytes(json)).Offset);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("{}")]
    [InlineData("""{"format":2,"epoch":"0000000000000001","offset":0,"sources":{},"eventIds":[],"frames":[]}""")]
    [InlineData("""{"format":1,"epoch":"1","offset":0,"sources":{},"eventIds":[],"frames":[]}""")]
    [InlineData("""{"format":1,"epoch":"0000000000000001","offset":3,"sources":{},"eventIds":[],"frames":[]}""")]
    [InlineData("""{"format":1,"epoch":"0000000000000001","offset":0,"sources":{"a/1":"x"},"eventIds":[],"frames":[]}""")]
    [InlineData("""{"format":1,"epoch":"0000000000000001","offset":1,"sources":{},"eventIds":[],"frames":[{"offset":1,"originTime":0,"homeTime":0,"patch":{}}]}""")]
    public void Decode_NotARecord_SaysSo(string json) => Assert.Throws<InvalidDataException>(() => TopicRecordCodec.Decode(Encoding.UTF8.GetBytes(json)));

    /// <summary>Store, read again, fold: the tail's frames come back with the same states, and the bounds hold.</summary>
    [Fact]
    public void Tail_StoredAndUnfolded_GivesTheFramesOfTheLastWrites()
    {
        var genState = Gen.Dictionary(Gen.String[Gen.Char['a', 'f'], 1, 2], Gen.Int[0, 9])[0, 5].Select(members => (IReadOnlyDictionary<string, int>)members);
        Gen.Select(genState.List[1, 5].List[1, 8], Gen.Int[1, 8], Gen.Int[10, 60]).Sample((commits, frames, bytes) =>
        {
            var bounds = new HistoryOptions { StoredFrames = frames, StoredBytes = bytes };
            var log = TopicLogTests.Log(Delivery.Every);
            var tail = new StoredTail(Delivery.Every, bounds);
            var all = new List<Frame>();
            foreach (var commit in commits)
            {
                foreach (var state in commit) log.Stage(StateEncoder.Encode(state), 0, null);
                var written = log.Seal(all.Count);
                tail.Append(written);
                all.AddRange(written);
                log.Commit(log.StagedTop);
            }

            var record = new TopicRecord { Epoch = log.Epoch, Offset = log.StagedTop, Frames = tail.ToStored() };
            var unfolded = StoredTail.Unfold(TopicRecordCodec.Decode(TopicRecordCodec.Encode(record)), log.Epoch);
            Assert.True(unfolded.Count >= commits[^1].Count, "the last commit is stored whole");
            Assert.True(unfolded.Count <= Math.Max(frames, commits[^1].Count));
            foreach (var (expected, actual) in all.Skip(all.Count - unfolded.Count).Zip(unfolded))
            {
                Assert.Equal(expected.Position, actual.Position);
                Assert.True(JsonElement.DeepEquals(JsonElement.Parse(expected.State.Span), JsonElement.Parse(actual.State.Span)));
            }

            if (unfolded.Count > commits[^1].Count) Assert.True(record.Frames.Skip(1).Sum(frame => frame.Json.Length) <= bytes);
        });
    }

    [Fact]
    public void Tail_LatestKind_HoldsTheNewestFrameOnly()
    {
        var log = TopicLogTests.Log(Delivery.Latest);
        var tail = new StoredTail(Delivery.Latest, new HistoryOptions());
        for (var i = 1; i <= 3; i++)
        {
            log.Stage(TopicLogTests.State(i), 0, null);
            tail.Append(log.Seal(i));
            log.Commit(i);
        }

        var stored = Assert.Single(tail.ToStored());
        Assert.Equal((3, false), (stored.Offset, stored.IsPatch));
    }

    private static TopicRecord Whole() => new()
    {
        Epoch = 0x00f3a9c01d7e3b86,
        Offset = 17,
        Ledger = new LedgerSnapshot(
            [new("scores/main", new Sequence(1, Sequence.OrdinalOf(1_700_000_000_000, 3), 2)), new("db/\"ü\"", new Sequence(-4, [0xff], 0))],
            [new("hook/orders", "ev-1"), new("hook/orders", "ev \"2\"")]),
        Frames =
        [
            new(16, """{"sum":3,"note":"<ü> & 'x'"}"""u8.ToArray(), false, 1_700_000_000_000_001, 1_700_000_000_000_900, null),
            new(17, """{"sum":4,"note":null}"""u8.ToArray(), true, 0, 1_700_000_000_001_000, "tx-1"),
        ],
    };

    private static string Text(StoredFrame frame) =>
        $"{frame.Offset} {frame.IsPatch} {frame.OriginTime} {frame.HomeTime} {frame.Transaction} {Encoding.UTF8.GetString(frame.Json.Span)}";
}
