using System.Text;
using CsCheck;

namespace E2EEvents.Grains.Interfaces.Tests.Wire;

public sealed class FrameCodecTests
{
    private const string GoldenName = "frames.hex";

    private static readonly FrameEntry[] GoldenEntries =
    [
        new(0, "", new Frame(new Position(0x0123456789abcdef, 1), A.Bytes("{}"), 0, 1)),
        new(7, "match/2026-ENG-ARS", new Frame(new Position(0xffffffffffffffff, 300), A.Bytes("""{"score":"1-0"}"""), 1_790_000_000_000_000, 1_790_000_000_000_123, "gtid:0-1-42")),
        new(long.MaxValue, "news/ünïcode", new Frame(new Position(1, long.MaxValue), A.Bytes("""{"headline":"Ünïcode"}"""), long.MaxValue, long.MaxValue)),
    ];

    [Fact]
    public void Decode_WhatEncodeWrote_GivesTheSameFrames() =>
        A.GenFrame.List[0, 20].Sample(frames =>
        {
            var decoded = FrameCodec.Decode(FrameCodec.Encode(frames));
            Assert.Equal(frames.Count, decoded.Count);
            for (var i = 0; i < frames.Count; i++) AssertSame(frames[i], decoded[i]);
        });

    [Fact]
    public void Reader_WhatWriterWroteForFeeds_GivesFollowAndTopicToo() =>
        Gen.Select(Gen.Long[0, long.MaxValue], Gen.String[0, 40], A.GenFrame).List[1, 10].Sample(entries =>
        {
            var writer = new FrameWriter();
            foreach (var (follow, topic, frame) in entries) writer.Write(follow, topic, frame);
            var batch = writer.ToArray();
            Assert.Equal(batch.Length, writer.Length);
            var reader = new FrameReader(batch);
            foreach (var (follow, topic, frame) in entries)
            {
                Assert.True(reader.TryRead(out var entry));
                Assert.Equal((follow, Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(topic))), (entry.Follow, entry.Topic));
                AssertSame(frame, entry.Frame);
            }

            Assert.False(reader.TryRead(out _));
        });

    [Fact]
    public void Writer_FixedEntries_WritesTheBytesOfEveryVersionBefore() => Golden.Equal(GoldenName, HexLines(GoldenBatch()));

    [Fact]
    public void Reader_BytesOfEveryVersionBefore_AreStillRead()
    {
        var text = File.ReadAllText(Repository.PathOf("tests/Grains.Interfaces.Tests/Golden/" + GoldenName));
        var reader = new FrameReader(Convert.FromHexString(text.Replace("\n", "", StringComparison.Ordinal)));
        foreach (var expected in GoldenEntries)
        {
            Assert.True(reader.TryRead(out var entry));
            Assert.Equal((expected.Follow, expected.Topic), (entry.Follow, entry.Topic));
            AssertSame(expected.Frame, entry.Frame);
        }

        Assert.False(reader.TryRead(out _));
    }

    [Fact]
    public void Reader_BytesAfterTheEdgeTimeOfAnEntry_AreSkipped() =>
        Gen.Select(A.GenFrame, A.GenFrame, Gen.Byte.Array[0, 200]).Sample((first, second, extra) =>
        {
            var longer = Concat([1], EntryOf(first, [0, .. extra]), EntryOf(second, []));
            var decoded = FrameCodec.Decode(longer);
            Assert.Equal(2, decoded.Count);
            AssertSame(first, decoded[0]);
            AssertSame(second, decoded[1]);
        });

    [Fact]
    public void Decode_FrameOfAReplica_KeepsItsEdgeTime() =>
        Gen.Select(A.GenFrame, Gen.Long[1, long.MaxValue]).Sample((frame, edge) =>
        {
            var replicated = new Frame(frame.Position, frame.State, frame.OriginTime, frame.HomeTime, frame.Transaction, edge);
            var decoded = Assert.Single(FrameCodec.Decode(FrameCodec.Encode([replicated])));
            AssertSame(frame, decoded);
            Assert.Equal(edge, decoded.EdgeTime);
        });

    [Fact]
    public void Decode_NoBytesOrOnlyTheFormat_IsNoFrame()
    {
        Assert.Empty(FrameCodec.Decode(FrameCodec.Empty));
        Assert.Empty(FrameCodec.Encode([]));
        Assert.Empty(FrameCodec.Decode(new byte[] { 1 }));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    [InlineData(255)]
    public void Decode_AnotherFormat_NamesIt(byte format)
    {
        var failure = Assert.Throws<InvalidDataException>(() => FrameCodec.Decode(new byte[] { format, 0 }));
        Assert.Contains($"format {format}", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Decode_TruncatedAnywhere_IsRefusedOrEndsAtAnEntry()
    {
        var batch = GoldenBatch();
        var whole = new List<int> { 0, 1 };
        for (var length = 0; length < batch.Length; length++)
        {
            try
            {
                var count = FrameCodec.Decode(batch.AsMemory(0, length)).Count;
                Assert.InRange(count, 0, GoldenEntries.Length - 1);
                if (count > 0) whole.Add(length);
            }
            catch (InvalidDataException)
            {
                // Cut inside an entry.
            }
        }

        Assert.Equal(2 + GoldenEntries.Length - 1, whole.Count);
    }

    [Fact]
    public void Decode_AnyBytes_DecodesOrIsRefused() => Gen.Byte.Array[0, 120].Sample(DecodesOrIsRefused, iter: 20_000);

    /// <summary>Damage to a good batch reaches deeper into the decoder than noise does.</summary>
    [Fact]
    public void Decode_DamagedBatch_DecodesOrIsRefused()
    {
        var batch = GoldenBatch();
        Gen.Select(Gen.Int[1, batch.Length - 1], Gen.Byte, Gen.Int[1, batch.Length - 1], Gen.OneOf<byte>(0, 1, 0x7f, 0x80, 0xff)).Sample(
            (at1, value1, at2, value2) =>
            {
                var damaged = (byte[])batch.Clone();
                damaged[at1] = value1;
                damaged[at2] = value2;
                DecodesOrIsRefused(damaged);
            },
            iter: 20_000);
    }

    /// <summary>Lengths that are huge, negative as 32 bits, or overflow when added to the place must be refused before anything is read or allocated.</summary>
    [Theory]
    [InlineData("01 ff ff ff ff ff ff ff ff ff 01")]
    [InlineData("01 80 80 80 80 08 00")]
    [InlineData("01 ff ff ff ff 07 00")]
    [InlineData("01 ff ff ff ff ff ff ff ff ff 02")]
    [InlineData("01 80")]
    [InlineData("01 00")]
    [InlineData("01 0a 00 ff ff ff ff 0f 00 00 00 00 00")]
    [InlineData("01 0f 00 00 00 00 00 00 00 00 00 00 01 00 00 00 0f 0f 00 00 00 00 00 00 00 00 00 00 01 00 00 00 00")] // the state of the first entry would be the second
    public void Decode_LengthThatReachesTooFar_IsRefused(string hex) =>
        Assert.Throws<InvalidDataException>(() => FrameCodec.Decode(Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal))));

    /// <summary>Fields may not reach into the next entry even where the batch has the bytes.</summary>
    [Fact]
    public void Decode_EntryShorterThanItsFields_IsRefused() =>
        Gen.Select(A.GenFrame, Gen.Int[0, 1000]).Sample((frame, cut) =>
        {
            var entry = EntryOf(frame, []);
            var body = BodyOf(entry);
            var shorter = cut % body.Length;
            var batch = Concat([1], VarintOf(shorter), body[..shorter], EntryOf(frame, [])); // the entry behind it is a good one
            Assert.Throws<InvalidDataException>(() => FrameCodec.Decode(batch.AsMemory()));
        });

    private static void DecodesOrIsRefused(byte[] bytes)
    {
        // A slice within a larger array: reading past its end would show as a state of foreign bytes or as another exception.
        var padded = new byte[bytes.Length + 64];
        Array.Fill(padded, (byte)0xee);
        bytes.CopyTo(padded, 32);
        try
        {
            foreach (var frame in FrameCodec.Decode(padded.AsMemory(32, bytes.Length)))
            {
                Assert.True(frame.State.Length <= bytes.Length);
                Assert.True(frame.State.IsEmpty || bytes.AsSpan().IndexOf(frame.State.Span) >= 0);
            }
        }
        catch (InvalidDataException e)
        {
            Assert.NotEmpty(e.Message);
        }
    }

    private static void AssertSame(Frame expected, Frame actual)
    {
        Assert.Equal((expected.Position, expected.OriginTime, expected.HomeTime, expected.Transaction), (actual.Position, actual.OriginTime, actual.HomeTime, actual.Transaction));
        Assert.Equal(expected.State.ToArray(), actual.State.ToArray());
    }

    private static byte[] GoldenBatch()
    {
        var writer = new FrameWriter();
        foreach (var entry in GoldenEntries) writer.Write(entry.Follow, entry.Topic, entry.Frame);
        return writer.ToArray();
    }

    private static string HexLines(byte[] bytes)
    {
        var text = new StringBuilder();
        for (var at = 0; at < bytes.Length; at += 32) text.Append(Convert.ToHexStringLower(bytes, at, Math.Min(32, bytes.Length - at))).Append('\n');
        return text.ToString();
    }

    /// <summary>An entry with bytes behind its state, as a later version might write it.</summary>
    private static byte[] EntryOf(Frame frame, byte[] extra)
    {
        var entry = FrameCodec.Encode([frame])[1..];
        var body = BodyOf(entry);
        return Concat(VarintOf(body.Length + extra.Length), body, extra);
    }

    private static byte[] BodyOf(byte[] entry)
    {
        var header = 1;
        while (entry[header - 1] >= 0x80) header++;
        return entry[header..];
    }

    private static byte[] VarintOf(int value)
    {
        var bytes = new List<byte>();
        for (; value >= 0x80; value >>= 7) bytes.Add((byte)(value | 0x80));
        bytes.Add((byte)value);
        return [.. bytes];
    }

    private static byte[] Concat(params byte[][] parts)
    {
        var all = new List<byte>();
        foreach (var part in parts) all.AddRange(part);
        return [.. all];
    }
}
