using System.Buffers.Binary;
using CsCheck;

namespace E2EEvents.Grains.Interfaces.Tests.Wire;

public sealed class WebSocketReaderTests
{
    private const int MaxFrameBytes = 1000;

    private static readonly Gen<(WebSocketOpcode Opcode, bool Final, byte[] Payload)> GenFrame = Gen.OneOf(
        Gen.Select(
            Gen.OneOf(WebSocketOpcode.Text, WebSocketOpcode.Binary, WebSocketOpcode.Continuation),
            Gen.Bool,
            Gen.OneOf(Gen.Byte.Array[0, 20], Gen.Byte.Array[120, 130], Gen.Byte.Array[990, MaxFrameBytes])),
        Gen.Select(Gen.OneOf(WebSocketOpcode.Close, WebSocketOpcode.Ping, WebSocketOpcode.Pong), Gen.Const(true), Gen.Byte.Array[0, 125]));

    [Fact]
    public void Read_AnyFramesInAnyChunks_GivesTheSameFrames() =>
        Gen.Select(GenFrame.Array[0, 8], Gen.Int[1, 400].Array[1, 20], Gen.UInt).Sample((frames, chunks, mask) =>
        {
            var bytes = new List<byte>();
            foreach (var (opcode, final, payload) in frames) bytes.AddRange(ClientFrame(opcode, payload, final, mask));
            var (read, last) = ReadAll([.. bytes], chunks);
            Assert.Equal(WebSocketInput.Incomplete, last);
            Assert.Equal(frames.Length, read.Count);
            for (var i = 0; i < frames.Length; i++)
            {
                Assert.Equal((frames[i].Opcode, frames[i].Final), (read[i].Opcode, read[i].Final));
                Assert.Equal(frames[i].Payload, read[i].Payload);
            }
        });

    [Fact]
    public void Read_AnyBytesInAnyChunks_NeverFailsAndDependsOnTheBytesAlone() =>
        Gen.Select(Gen.Byte.Array[0, 3000], Gen.Int[1, 64].Array[1, 10], Gen.Bool).Sample((bytes, chunks, looksMasked) =>
        {
            if (looksMasked && bytes.Length > 1) (bytes[0], bytes[1]) = ((byte)(0x80 | (bytes[0] % 3)), (byte)(bytes[1] | 0x80)); // else nearly all end at the first byte
            var (whole, wholeEnd) = ReadAll([.. bytes], [Math.Max(1, bytes.Length)]);
            var (parts, partsEnd) = ReadAll([.. bytes], chunks);
            Assert.Equal(wholeEnd, partsEnd);
            Assert.Equal(whole.Count, parts.Count);
            for (var i = 0; i < whole.Count; i++) Assert.Equal(whole[i].Payload, parts[i].Payload);
        });

    [Theory]
    [InlineData(MaxFrameBytes, WebSocketInput.Incomplete)]
    [InlineData(MaxFrameBytes + 1, WebSocketInput.TooBig)]
    [InlineData(65_536, WebSocketInput.TooBig)]
    [InlineData(long.MaxValue, WebSocketInput.TooBig)]
    [InlineData(-1, WebSocketInput.TooBig)]
    public void Read_HeaderAloneAnnouncesALength_IsJudgedBeforeThePayload(long length, WebSocketInput expected)
    {
        var header = new byte[10];
        header[0] = 0x82;
        var size = 4;
        if (length is > ushort.MaxValue or < 0)
        {
            header[1] = 0xff;
            BinaryPrimitives.WriteInt64BigEndian(header.AsSpan(2), length);
            size = 10;
        }
        else
        {
            header[1] = 0xfe;
            BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(2), (ushort)length);
        }

        var reader = new WebSocketReader(MaxFrameBytes);
        reader.Feed(header.AsSpan(0, size));
        Assert.Equal(expected, reader.Read());
    }

    [Fact]
    public void Read_ControlFrameOfAReaderForSmallFrames_MayHave125Bytes()
    {
        var reader = new WebSocketReader(1);
        reader.Feed(ClientFrame(WebSocketOpcode.Ping, new byte[125]));
        Assert.Equal(WebSocketInput.Frame, reader.Read());
        Assert.Equal(125, reader.Payload.Length);
    }

    [Theory]
    [InlineData(0x81, 0x01)] // not masked
    [InlineData(0xc1, 0x80)] // RSV1
    [InlineData(0xa1, 0x80)] // RSV2
    [InlineData(0x91, 0x80)] // RSV3
    [InlineData(0x83, 0x80)] // unknown data opcode
    [InlineData(0x8b, 0x80)] // unknown control opcode
    [InlineData(0x09, 0x80)] // fragmented ping
    [InlineData(0x08, 0x80)] // fragmented close
    [InlineData(0x89, 0xfe)] // ping of more than 125 bytes
    [InlineData(0x88, 0xff)] // close of more than 125 bytes
    public void Read_TwoBytesAgainstTheRules_IsMalformed(byte first, byte second)
    {
        var reader = new WebSocketReader(MaxFrameBytes);
        reader.Feed([first, second]);
        Assert.Equal(WebSocketInput.Malformed, reader.Read());
    }

    [Theory]
    [InlineData(0x81, 0x01, WebSocketInput.Malformed)]
    [InlineData(0x81, 0xff, WebSocketInput.TooBig)]
    public void Feed_AfterARefusal_KeepsNothingAndStaysRefused(byte first, byte second, WebSocketInput refusal)
    {
        var reader = new WebSocketReader(MaxFrameBytes);
        reader.Feed([first, second, 1, 1, 1, 1, 1, 1, 1, 1]);
        Assert.Equal(refusal, reader.Read());
        var chunk = ClientFrame(WebSocketOpcode.Text, new byte[500]);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            reader.Feed(chunk);
            if (reader.Read() != refusal) Assert.Fail("the reader took a frame after it had refused one");
        }

        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 1000, "bytes after a refused frame are kept");
    }

    private static (List<(WebSocketOpcode Opcode, bool Final, byte[] Payload)> Frames, WebSocketInput Last) ReadAll(byte[] bytes, int[] chunks)
    {
        var reader = new WebSocketReader(MaxFrameBytes);
        var frames = new List<(WebSocketOpcode, bool, byte[])>();
        var last = WebSocketInput.Incomplete;
        for (int at = 0, i = 0; at < bytes.Length && last == WebSocketInput.Incomplete; i++)
        {
            var length = Math.Min(chunks[i % chunks.Length], bytes.Length - at);
            reader.Feed(bytes.AsSpan(at, length));
            at += length;
            while ((last = reader.Read()) == WebSocketInput.Frame) frames.Add((reader.Opcode, reader.Final, reader.Payload.ToArray()));
        }

        return (frames, last);
    }

    private static byte[] ClientFrame(WebSocketOpcode opcode, ReadOnlySpan<byte> payload, bool final = true, uint mask = 0x01020304)
    {
        var header = WebSocketFrames.HeaderBytes(payload.Length);
        var frame = new byte[header + 4 + payload.Length];
        WebSocketFrames.WriteHeader(frame, opcode, payload.Length);
        if (!final) frame[0] &= 0x7f;
        frame[1] |= 0x80;
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(header), mask);
        for (var i = 0; i < payload.Length; i++) frame[header + 4 + i] = (byte)(payload[i] ^ frame[header + (i & 3)]);
        return frame;
    }
}
