using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using CsCheck;

namespace E2EEvents.Grains.Interfaces.Tests.Wire;

public sealed class EnvelopeTests
{
    private const string Topic = "match/2026-ENG-ARS";

    private static readonly Frame Goal = new(
        new Position(0x00f3a9c01d7e3b86, 17), Encoding.UTF8.GetBytes("""{"score":"1-0","note":"naïve \"quote\""}"""), 1_767_000_000_000_001, 1_767_000_000_000_002, "tx-9\n\"é", 1_767_000_000_000_003);

    private static readonly Gen<string> GenText = Gen.String[Gen.Frequency((5, Gen.Char['a', 'z']), (1, Gen.OneOf('\n', '\r', '"', '\\', '\u2028', '\u0085', '\0', 'é', '字'))), 0, 20];

    private static readonly Gen<Frame> GenFrame =
        from epoch in Gen.ULong
        from offset in Gen.Long[1, long.MaxValue]
        from text in GenText
        from origin in Gen.Long[0, long.MaxValue]
        from home in Gen.Long[0, long.MaxValue]
        from transaction in Gen.OneOf(Gen.Const((string?)null), GenText.Select(t => (string?)t))
        from edge in Gen.Long[0, long.MaxValue]
        select new Frame(new Position(epoch, offset), StateEncoder.Encode(new Dictionary<string, string> { ["text"] = text }), origin, home, transaction, edge);

    private static readonly Gen<EnvelopeNotes> GenNotes =
        from gateway in Gen.Long[0, long.MaxValue]
        from gap in Gen.Enum<Gap>()
        from stale in Gen.Bool
        select new EnvelopeNotes(gateway, gap, stale);

    public static TheoryData<WireFormat, string> FormatsAndContents()
    {
        var data = new TheoryData<WireFormat, string>();
        foreach (var format in Enum.GetValues<WireFormat>())
        {
            foreach (var content in (string[])["state", "patch", "gap", "stale"]) data.Add(format, content);
        }

        return data;
    }

    public static TheoryData<WireFormat> StreamFormats() => [WireFormat.Sse, WireFormat.SseMany, WireFormat.WebSocket];

    [Theory]
    [MemberData(nameof(FormatsAndContents))]
    public void Encode_EachFormatAndContent_IsTheGoldenOne(WireFormat format, string content)
    {
        var notes = new EnvelopeNotes(1_767_000_000_000_004);
        var bytes = content switch
        {
            "patch" => Envelope.EncodePatch(format, Topic, Goal, notes, """{"score":"1-0"}"""u8),
            "gap" => Envelope.EncodeState(format, Topic, Goal, notes with { Gap = Gap.History }),
            "stale" => Envelope.EncodeState(format, Topic, Goal, notes with { Stale = true }),
            _ => Envelope.EncodeState(format, Topic, Goal, notes),
        };
        Golden.Equal($"envelope.{NameOf(format)}.{content}", bytes);
    }

    [Theory]
    [MemberData(nameof(StreamFormats))]
    public void EncodeFreshness_EachStreamFormat_IsTheGoldenOne(WireFormat format)
    {
        Golden.Equal($"stale.{NameOf(format)}", Envelope.EncodeFreshness(format, Topic, stale: true));
        Golden.Equal($"fresh.{NameOf(format)}", Envelope.EncodeFreshness(format, Topic, stale: false));
    }

    [Theory]
    [MemberData(nameof(StreamFormats))]
    public void EncodeClose_EachStreamFormat_IsTheGoldenOne(WireFormat format) =>
        Golden.Equal($"close.{NameOf(format)}", Envelope.EncodeClose(format, CloseReason.SlowConsumer));

    [Theory]
    [MemberData(nameof(StreamFormats))]
    public void EncodeClose_WithAWait_IsTheGoldenOne(WireFormat format) =>
        Golden.Equal($"close-wait.{NameOf(format)}", Envelope.EncodeClose(format, CloseReason.GoingAway, waitMs: 1700));

    [Fact]
    public void EncodeFreshness_Json_IsRefused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Envelope.EncodeFreshness(WireFormat.Json, Topic, stale: true));

    [Fact]
    public void EncodeClose_Json_IsRefused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Envelope.EncodeClose(WireFormat.Json, CloseReason.Lifetime));

    [Fact]
    public void EncodeState_AnyFrame_IsTheSameValidJsonInEveryFormat() =>
        Gen.Select(GenFrame, GenNotes).Sample((frame, notes) =>
        {
            foreach (var format in Enum.GetValues<WireFormat>())
            {
                var json = JsonNode.Parse(BodyOf(format, Envelope.EncodeState(format, Topic, frame, notes)))!.AsObject();
                Assert.Equal(Topic, json["topic"]!.GetValue<string>());
                Assert.Equal(frame.Position.EpochText, json["epoch"]!.GetValue<string>());
                Assert.Equal(frame.Position.Offset, json["offset"]!.GetValue<long>());
                Assert.True(JsonNode.DeepEquals(JsonNode.Parse(frame.State.Span), json["state"]));
                Assert.Equal(frame.Transaction, json["transaction"]?.GetValue<string>());
                Assert.Equal(notes.Gap switch { Gap.None => null, Gap.Epoch => "epoch", _ => "history" }, json["gap"]?.GetValue<string>());
                Assert.Equal(notes.Stale, json["stale"]?.GetValue<bool>() ?? false);
                AssertTimes(json["time"]!.AsObject(), format, frame, notes);
            }
        });

    [Fact]
    public void EncodePatch_AnyStates_LeadsFromTheOneToTheOther() =>
        Gen.Select(GenFrame, GenFrame, GenNotes).Sample((before, after, notes) =>
        {
            foreach (var format in Enum.GetValues<WireFormat>())
            {
                var bytes = Envelope.EncodePatch(format, Topic, after, notes, MergePatch.Diff(before.State, after.State));
                var json = JsonNode.Parse(BodyOf(format, bytes))!.AsObject();
                Assert.False(json.ContainsKey("state"));
                var patched = MergePatch.Apply(before.State, Encoding.UTF8.GetBytes(json["patch"]!.ToJsonString()));
                Assert.True(JsonNode.DeepEquals(JsonNode.Parse(after.State.Span), JsonNode.Parse(patched)));
            }
        });

    [Fact]
    public void EncodeState_AnyFrame_SseHasNoLineEndInsideItsData() =>
        Gen.Select(GenFrame, GenNotes).Sample((frame, notes) =>
        {
            var one = Encoding.UTF8.GetString(Envelope.EncodeState(WireFormat.Sse, Topic, frame, notes));
            var lines = one.Split('\n');
            Assert.Equal(4, lines.Length);
            Assert.Equal($"id: {frame.Position}", lines[0]);
            Assert.StartsWith("data: {", lines[1], StringComparison.Ordinal);
            Assert.Equal(("", ""), (lines[2], lines[3]));
            Assert.DoesNotContain('\r', one);
            Assert.Equal(one[(lines[0].Length + 1)..], Encoding.UTF8.GetString(Envelope.EncodeState(WireFormat.SseMany, Topic, frame, notes)));
        });

    [Fact]
    public void EncodeState_LargestNumbersAndNames_Fit()
    {
        var topic = new TopicKey(new string('k', TopicKey.MaxKindLength), new string('é', TopicKey.MaxKeyLength).Replace('é', '~')).ToString();
        var frame = new Frame(new Position(ulong.MaxValue, long.MaxValue), "{}"u8.ToArray(), long.MinValue, long.MinValue, new string('\0', 100), long.MinValue);
        var notes = new EnvelopeNotes(long.MinValue, Gap.History, Stale: true);
        foreach (var format in Enum.GetValues<WireFormat>())
        {
            using var json = JsonDocument.Parse(BodyOf(format, Envelope.EncodeState(format, topic, frame, notes)));
            Assert.Equal(topic, json.RootElement.GetProperty("topic").GetString());
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(125)]
    [InlineData(126)]
    [InlineData(65_535)]
    [InlineData(65_536)]
    [InlineData(1_000_000)]
    public void EncodeState_AnyLength_WebSocketHeaderTellsIt(int length)
    {
        var state = Encoding.ASCII.GetBytes("{\"x\":\"" + new string('a', length) + "\"}");
        var bytes = Envelope.EncodeState(WireFormat.WebSocket, "a/b", new Frame(new Position(1, 1), state, 0, 1), default);
        using var json = JsonDocument.Parse(BodyOf(WireFormat.WebSocket, bytes));
        Assert.Equal(length, json.RootElement.GetProperty("state").GetProperty("x").GetString()!.Length);
    }

    private static string NameOf(WireFormat format) => format switch
    {
        WireFormat.Json => "json",
        WireFormat.Sse => "sse",
        WireFormat.SseMany => "sse-many",
        _ => "websocket",
    };

    private static void AssertTimes(JsonObject time, WireFormat format, Frame frame, EnvelopeNotes notes)
    {
        Assert.Equal(frame.HomeTime, time["home"]!.GetValue<long>());
        Assert.Equal(frame.OriginTime == 0 ? null : frame.OriginTime, time["origin"]?.GetValue<long>());
        Assert.Equal(format == WireFormat.Json || frame.EdgeTime == 0 ? null : frame.EdgeTime, time["edge"]?.GetValue<long>());
        Assert.Equal(format == WireFormat.Json ? null : notes.GatewayTime, time["gateway"]?.GetValue<long>());
    }

    /// <summary>The JSON inside; checks everything around it.</summary>
    private static byte[] BodyOf(WireFormat format, byte[] bytes)
    {
        switch (format)
        {
            case WireFormat.Json:
                return bytes;
            case WireFormat.WebSocket:
                Assert.Equal(0x81, bytes[0]);
                var (header, length) = bytes[1] switch
                {
                    127 => (10, (long)BinaryPrimitives.ReadUInt64BigEndian(bytes.AsSpan(2))),
                    126 => (4, BinaryPrimitives.ReadUInt16BigEndian(bytes.AsSpan(2))),
                    _ => (2, bytes[1]),
                };
                Assert.Equal(bytes.Length - header, length);
                return bytes[header..];
            default:
                Assert.True(bytes.AsSpan().EndsWith("\n\n"u8));
                var data = bytes.AsSpan().IndexOf("data: "u8) + 6;
                return bytes[data..^2];
        }
    }
}
