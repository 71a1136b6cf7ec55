using System.Buffers;
using System.IO.Compression;

namespace E2EEvents.Grains.Interfaces.Wire;

/// <summary>Compression of batches on links: Brotli at its fastest, each batch by itself.</summary>
public static class LinkCompression
{
    private const int Quality = 1;
    private const int Window = 18;

    /// <summary>The compressed bytes, or null if that saves nothing.</summary>
    public static byte[]? Compress(ReadOnlySpan<byte> bytes)
    {
        var scratch = ArrayPool<byte>.Shared.Rent(bytes.Length);
        try
        {
            return BrotliEncoder.TryCompress(bytes, scratch.AsSpan(0, Math.Max(0, bytes.Length - 1)), out var written, Quality, Window) ? scratch.AsSpan(0, written).ToArray() : null;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(scratch);
        }
    }

    /// <summary>The bytes before compression.</summary>
    /// <param name="compressed">From <see cref="Compress"/>.</param>
    /// <param name="length">Their length, as the sender said it: at most <see cref="LinkFrames.MaxFrameBytes"/>.</param>
    /// <exception cref="InvalidDataException">They do not decompress to that length.</exception>
    public static byte[] Decompress(ReadOnlySpan<byte> compressed, int length)
    {
        var bytes = new byte[length];
        return BrotliDecoder.TryDecompress(compressed, bytes, out var written) && written == length
            ? bytes
            : throw new InvalidDataException($"A compressed batch does not give the {length} bytes it announces.");
    }
}
