using System.Buffers.Binary;
using System.IO.Compression;

namespace E2EEvents.EdgeGateway.Fanout;

/// <summary>
/// DEFLATE (RFC 1951) in pieces that end on a byte. One that refers to nothing before it may follow anything, on every connection; one that refers to
/// what a topic's clients were all sent last may follow that, and is many times smaller. Both are made once, for all.
/// </summary>
internal static class Deflate
{
    private const int MaxStored = ushort.MaxValue;
    private const int StoredHeader = 5;
    private const int FlushBytes = 4;
    private const int Window = 32 << 10; // nothing further back can be referred to

    /// <summary>How a gzip stream begins (RFC 1952 §2.3): no name, no time, unknown system.</summary>
    public static ReadOnlySpan<byte> GzipHeader => [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];

    /// <summary>A compressed piece that may follow anything.</summary>
    public static byte[] Compress(ReadOnlySpan<byte> bytes) => CompressAfter([], bytes);

    /// <summary>A compressed piece that may follow only what says exactly <paramref name="before"/>, in whatever piece.</summary>
    public static byte[] CompressAfter(ReadOnlySpan<byte> before, ReadOnlySpan<byte> bytes)
    {
        before = before[^Math.Min(before.Length, Window)..];
        using var target = new MemoryStream(((before.Length + bytes.Length) / 2) + 64);
        using var stream = new DeflateStream(target, CompressionLevel.Fastest, leaveOpen: true);
        if (before.Length > 0)
        {
            stream.Write(before); // fills the window, as it has filled the client's
            stream.Flush();
        }

        var start = (int)target.Length;
        stream.Write(bytes);
        stream.Flush(); // a sync flush: an empty stored block, so that the piece ends on a byte
        return target.GetBuffer().AsSpan(start, (int)target.Length - start).ToArray(); // before the stream is closed, which writes a last block
    }

    /// <summary>The bytes as they are, as stored blocks: five bytes more for each 64 KiB.</summary>
    public static byte[] Store(ReadOnlySpan<byte> bytes)
    {
        var blocks = (bytes.Length + MaxStored - 1) / MaxStored;
        var piece = new byte[bytes.Length + (blocks * StoredHeader)];
        var at = 0;
        while (bytes.Length > 0)
        {
            var part = bytes[..Math.Min(bytes.Length, MaxStored)];
            BinaryPrimitives.WriteUInt16LittleEndian(piece.AsSpan(at + 1), (ushort)part.Length);
            BinaryPrimitives.WriteUInt16LittleEndian(piece.AsSpan(at + 3), (ushort)~part.Length);
            part.CopyTo(piece.AsSpan(at + StoredHeader));
            at += StoredHeader + part.Length;
            bytes = bytes[part.Length..];
        }

        return piece;
    }

    /// <summary>A compressed message of RFC 7692 §7.2.1: the last empty block goes without its lengths.</summary>
    public static ReadOnlySpan<byte> WithoutFlush(byte[] piece) => piece.AsSpan(0, piece.Length - FlushBytes);
}
