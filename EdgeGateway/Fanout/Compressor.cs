namespace E2EEvents.EdgeGateway.Fanout;

/// <summary>Compresses what many connections get. What goes to one connection alone is only wrapped: nothing is compressed per client.</summary>
/// <param name="minBytes">Smaller ones stay as they are.</param>
internal sealed class Compressor(int minBytes)
{
    /// <summary>An encoded update as its format wants it compressed: a compressed message of a WebSocket, a piece of a gzip stream for server-sent events.</summary>
    public byte[] Compress(WireFormat format, byte[] encoded) => CompressAfter(format, [], encoded) ?? Plain(format, encoded);

    /// <summary>The same for clients that were sent <paramref name="before"/> last, however that was compressed; null if it would not be smaller than the plain bytes.</summary>
    public byte[]? CompressAfter(WireFormat format, ReadOnlySpan<byte> before, ReadOnlySpan<byte> encoded)
    {
        if (encoded.Length < minBytes) return null;
        if (format == WireFormat.WebSocket)
        {
            before = PayloadOf(before);
            encoded = PayloadOf(encoded);
        }

        var piece = Deflate.CompressAfter(before, encoded);
        if (piece.Length >= encoded.Length) return null;
        return format == WireFormat.WebSocket ? WebSocketFrames.Compressed(Deflate.WithoutFlush(piece)) : piece;
    }

    /// <summary>True if a decompressor takes note of what the bytes say: a WebSocket's does of compressed messages alone (RFC 7692 §7.2.2).</summary>
    public static bool IsInWindow(WireFormat format, byte[] bytes) => format != WireFormat.WebSocket || WebSocketFrames.IsCompressed(bytes);

    private static byte[] Plain(WireFormat format, byte[] encoded) => format == WireFormat.WebSocket ? encoded : Deflate.Store(encoded);

    private static ReadOnlySpan<byte> PayloadOf(ReadOnlySpan<byte> frame) =>
        frame.IsEmpty ? frame : frame[(frame[1] switch { 127 => 10, 126 => 4, _ => 2 })..];
}
