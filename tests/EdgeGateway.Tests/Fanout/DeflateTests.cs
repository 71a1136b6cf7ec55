using System.IO.Compression;
using System.Text;
using CsCheck;
using E2EEvents.EdgeGateway.Fanout;

namespace E2EEvents.EdgeGateway.Tests.Fanout;

/// <summary>Pieces of DEFLATE that anybody may get in any order.</summary>
public sealed class DeflateTests
{
    private static readonly Gen<byte[]> GenText = Gen.OneOf(
        Gen.Byte.Array[0, 300],
        Gen.Select(Gen.Int[0, 5], Gen.Int[0, 2000], (letter, count) => Encoding.ASCII.GetBytes(new string((char)('a' + letter), count))),
        Gen.Select(Gen.Int[1, 3], Gen.Int[0, 70_000], (letter, count) => Encoding.ASCII.GetBytes(string.Join(' ', new string('x', letter), count, new string('y', count)))));

    [Fact]
    public void Pieces_AnyOrder_SayWhatWasPutIn() => Gen.Select(GenText, Gen.Bool).Array[0, 12].Sample(
        parts =>
        {
            var pieces = new List<byte>();
            var expected = new List<byte>();
            foreach (var (bytes, compress) in parts)
            {
                pieces.AddRange(compress ? Deflate.Compress(bytes) : Deflate.Store(bytes));
                expected.AddRange(bytes);
            }

            Assert.Equal(expected, Received.Inflate([.. pieces]));
        },
        iter: 100);

    [Fact]
    public void Pieces_ThatReferToTheOneBefore_SayWhatWasPutInHoweverThatOneCame() => Gen.Select(GenText, Gen.Int[0, 2]).Array[1, 8].Sample(
        parts =>
        {
            var pieces = new List<byte>();
            var expected = new List<byte>();
            byte[] before = [];
            foreach (var (bytes, way) in parts)
            {
                pieces.AddRange(way switch { 0 => Deflate.Store(bytes), 1 => Deflate.Compress(bytes), _ => Deflate.CompressAfter(before, bytes) });
                expected.AddRange(bytes);
                before = bytes;
            }

            Assert.Equal(expected, Received.Inflate([.. pieces]));
        },
        iter: 100);

    [Fact]
    public void GzipHeader_BeforePieces_IsReadByAGzipReaderAsTheyCome()
    {
        var pipe = new MemoryStream();
        pipe.Write(Deflate.GzipHeader);
        pipe.Write(Deflate.Store("hello "u8));
        pipe.Write(Deflate.Compress("world, world, world"u8));
        pipe.Position = 0;
        using var reader = new GZipStream(pipe, CompressionMode.Decompress);
        var buffer = new byte[25];
        reader.ReadExactly(buffer);
        Assert.Equal("hello world, world, world", Encoding.ASCII.GetString(buffer));
    }

    [Fact]
    public void Compress_Frame_ThatDoesNotPay_StaysAsItIs()
    {
        var compressor = new Compressor(minBytes: 100);
        var small = WebSocketFrames.Text(new byte[50]);
        var noise = new byte[2000];
        new Random(1).NextBytes(noise);
        var random = WebSocketFrames.Text(noise);
        Assert.Same(small, compressor.Compress(WireFormat.WebSocket, small));
        Assert.Same(random, compressor.Compress(WireFormat.WebSocket, random));
    }

    [Theory]
    [InlineData(120)]
    [InlineData(1000)]
    [InlineData(70_000)]
    public void Compress_Frame_HasTheReservedBitAndTheMessage(int length)
    {
        var payload = new byte[length];
        Array.Fill(payload, (byte)'z');
        var frame = new Compressor(0).Compress(WireFormat.WebSocket, WebSocketFrames.Text(payload));
        Assert.Equal(0xc1, frame[0]);
        var header = frame[1] switch { 126 => 4, 127 => 10, _ => 2 };
        Assert.Equal(payload, Received.Inflate([.. frame.AsSpan(header), 0, 0, 0xff, 0xff]));
    }
}
