using System.Linq;
using System.Text;
using CsCheck;

namespace E2EEvents.Grains.Interfaces.Tests.Wire;

/// <summary>Link frames: whole round trips, golden bytes, and no harm from any bytes.</summary>
public sealed class LinkFramesTests
{
    private static readonly Gen<string> GenName = Gen.String[Gen.Char.AlphaNumeric, 1, 40];
    private static readonly Gen<Position> GenPosition = Gen.Select(Gen.ULong, Gen.Long[0, long.MaxValue], (epoch, offset) => new Position(epoch, offset));
    private static readonly Gen<LinkSub> GenSub =
        Gen.Select(Gen.Long[0, long.MaxValue], GenName, Gen.Bool, GenPosition, (sub, topic, has, position) => new LinkSub(sub, topic, has ? position : null));

    public static TheoryData<string> Names()
    {
        var names = new TheoryData<string>();
        foreach (var (name, _) in All()) names.Add(name);
        return names;
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Encode_EachType_IsTheGoldenOne(string name)
    {
        foreach (var (other, bytes) in All())
        {
            if (other == name) Golden.Equal($"link.{name}", Encoding.ASCII.GetBytes(Convert.ToHexStringLower(bytes) + "\n"));
        }
    }

    [Fact]
    public void Types_AllOfThem_AreInTheGoldenList() =>
        Assert.Equal(Enum.GetValues<LinkFrameType>().Order(), All().Select(one => (LinkFrameType)one.Bytes[0]).Distinct().Order());

    [Fact]
    public void Sub_Any_IsReadAsWritten() => GenSub.Array[0, 20].Sample(subs => Assert.Equal(subs, new LinkReader(LinkFrames.Sub(subs)).Sub()));

    [Fact]
    public void Taken_Any_IsReadAsWritten() =>
        Gen.Select(Gen.Long[0, long.MaxValue], GenPosition, Gen.Long[0, long.MaxValue], (sub, position, fresh) => new LinkTaken(sub, position, fresh)).Array[0, 20]
            .Sample(taken => Assert.Equal(taken, new LinkReader(LinkFrames.Taken(taken)).Taken()));

    [Fact]
    public void Watermark_Any_IsReadAsWritten() =>
        Gen.Select(GenName, Gen.Long[0, long.MaxValue], Gen.Long[0, long.MaxValue], (home, fresh, now) => new Watermark(home, fresh, now)).Array[0, 5]
            .Sample(watermarks => Assert.Equal(watermarks, new LinkReader(LinkFrames.Watermark(watermarks)).Watermarks()));

    [Fact]
    public void CallAndReply_Any_AreReadAsWritten() =>
        Gen.Select(Gen.Long[0, long.MaxValue], Gen.Int[0, 100], Gen.Byte.Array[0, 300], GenName, Gen.Bool).Sample((id, method, body, refusal, isFinal) =>
        {
            var call = new LinkReader(LinkFrames.Call(id, method, body)).Call();
            Assert.Equal((id, method), (call.Id, call.Method));
            Assert.Equal(body, call.Body.ToArray());
            var reply = new LinkReader(LinkFrames.Reply(id, refusal, isFinal, body)).Reply();
            Assert.Equal((id, isFinal, refusal), (reply.Id, reply.IsFinal, reply.Refusal));
            Assert.Equal(body, reply.Body.ToArray());
        });

    [Fact]
    public void Read_FieldsOfALaterVersionBehindTheKnownOnes_AreSkipped() =>
        Gen.Select(GenSub.Array[0, 5], Gen.Byte.Array[0, 50]).Sample((subs, extra) =>
        {
            byte[] longer = [.. LinkFrames.Sub(subs), .. extra];
            Assert.Equal(subs, new LinkReader(longer).Sub());
        });

    [Fact]
    public void Read_AnyBytes_AreReadOrRefusedWithinTheirLength() =>
        Gen.Select(Gen.Byte[0, 20], Gen.Byte.Array[0, 200]).Sample((type, bytes) => ReadOrRefused([type, .. bytes]));

    [Fact]
    public void Read_AnyFrameCutOffOrWithAByteChanged_IsReadOrRefused() =>
        Gen.Select(Gen.Int[0, All().Count - 1], Gen.Int[0, 10_000], Gen.Int[0, 10_000], Gen.Byte).Sample((which, cut, at, value) =>
        {
            var bytes = All()[which].Bytes;
            ReadOrRefused(bytes[..(1 + (cut % bytes.Length))]);
            var changed = bytes.ToArray();
            changed[at % bytes.Length] = value;
            ReadOrRefused(changed);
        });

    [Theory]
    [InlineData(LinkFrameType.Sub)]
    [InlineData(LinkFrameType.Unsub)]
    [InlineData(LinkFrameType.Taken)]
    [InlineData(LinkFrameType.Watermark)]
    [InlineData(LinkFrameType.Pong)]
    public void Read_CountBeyondTheFrame_AllocatesNothingForIt(LinkFrameType type)
    {
        byte[] frame = [(byte)type, 0xff, 0xff, 0xff, 0xff, 0x07, 0xff, 0xff, 0xff, 0xff, 0x07, 1, 2, 3]; // two thousand million items
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Throws<InvalidDataException>(() => Read(frame));
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 100_000);
    }

    [Fact]
    public void Compression_AnyBytes_ComeBackOrAreLeftAsTheyAre() =>
        Gen.OneOf(Gen.Byte.Array[0, 5000], Gen.Byte[0, 3].Array[0, 20_000]).Sample(bytes =>
        {
            if (LinkCompression.Compress(bytes) is not { } compressed) return;
            Assert.True(compressed.Length < bytes.Length);
            Assert.Equal(bytes, LinkCompression.Decompress(compressed, bytes.Length));
            Assert.Throws<InvalidDataException>(() => LinkCompression.Decompress(compressed, bytes.Length + 1));
            if (bytes.Length > 0) Assert.Throws<InvalidDataException>(() => LinkCompression.Decompress(compressed, bytes.Length - 1));
        });

    private static void ReadOrRefused(byte[] bytes)
    {
        try
        {
            Read(bytes);
        }
        catch (InvalidDataException e)
        {
            Assert.Contains("broken at byte", e.Message, StringComparison.Ordinal);
        }
    }

    private static void Read(byte[] bytes)
    {
        var reader = new LinkReader(bytes);
        switch (reader.Type)
        {
            case LinkFrameType.Hello: reader.Hello(); break;
            case LinkFrameType.Sub: reader.Sub(); break;
            case LinkFrameType.Unsub or LinkFrameType.Stale or LinkFrameType.Fresh: reader.Subs(); break;
            case LinkFrameType.Taken: reader.Taken(); break;
            case LinkFrameType.Refused: reader.Refused(); break;
            case LinkFrameType.Batch: reader.Batch(); break;
            case LinkFrameType.Watermark: reader.Watermarks(); break;
            case LinkFrameType.Call: reader.Call(); break;
            case LinkFrameType.Reply: reader.Reply(); break;
            case LinkFrameType.Ack or LinkFrameType.Ping: reader.Numbered(); break;
            case LinkFrameType.Pong: reader.Pong(); break;
            case LinkFrameType.GoAway: reader.GoAway(); break;
            default: break;
        }
    }

    private static List<(string Name, byte[] Bytes)> All()
    {
        var position = new Position(0x00f3a9c01d7e3b86, 17);
        return
        [
            ("hello", LinkFrames.Hello(new LinkHello(1, "eu-west", "silo-1", LinkFrames.Compression))),
            ("sub", LinkFrames.Sub([new LinkSub(1, "match/2026-ENG-ARS", null), new LinkSub(300, "ticker/ACME", position)])),
            ("unsub", LinkFrames.Subs(LinkFrameType.Unsub, [1, 300])),
            ("taken", LinkFrames.Taken([new LinkTaken(1, position, 1_767_000_000_000_001)])),
            ("refused", LinkFrames.Refused(new LinkRefusal(300, "unknown kind 'ticker'"))),
            ("batch", LinkFrames.Batch(1, FrameCodec.Encode([new Frame(position, Encoding.ASCII.GetBytes("""{"score":"1-0"}"""), 1, 2)]), 0)),
            ("watermark", LinkFrames.Watermark([new Watermark("us-east", 1_767_000_000_000_001, 1_767_000_000_000_901)])),
            ("stale", LinkFrames.Subs(LinkFrameType.Stale, [300])),
            ("fresh", LinkFrames.Subs(LinkFrameType.Fresh, [1])),
            ("call", LinkFrames.Call(7, 2, "{}"u8)),
            ("reply", LinkFrames.Reply(7, "", isFinal: false, "{}"u8)),
            ("ack", LinkFrames.Numbered(LinkFrameType.Ack, 1)),
            ("ping", LinkFrames.Numbered(LinkFrameType.Ping, 1)),
            ("pong", LinkFrames.Pong(1, [new LinkClock("us-east", 1_767_000_000_000_901)])),
            ("go-away", LinkFrames.GoAway("the gateway is restarting")),
        ];
    }
}
