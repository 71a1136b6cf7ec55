namespace E2EEvents.Grains.Interfaces.Wire;

/// <summary>Unsigned LEB128: seven bits a byte, lowest first, high bit = more.</summary>
internal static class Varint
{
    public const int MaxSize = 10;

    public static int Size(ulong value)
    {
        var size = 1;
        while (value >= 0x80)
        {
            value >>= 7;
            size++;
        }

        return size;
    }

    public static int Write(Span<byte> span, ulong value)
    {
        var at = 0;
        while (value >= 0x80)
        {
            span[at++] = (byte)(value | 0x80);
            value >>= 7;
        }

        span[at++] = (byte)value;
        return at;
    }

    /// <returns>Bytes read, 0 when the number is cut off or longer than 64 bits.</returns>
    public static int Read(ReadOnlySpan<byte> span, out ulong value)
    {
        value = 0;
        for (var i = 0; i < span.Length && i < MaxSize; i++)
        {
            if (i == MaxSize - 1 && span[i] > 1) return 0;
            value |= (ulong)(span[i] & 0x7f) << (7 * i);
            if (span[i] < 0x80) return i + 1;
        }

        return 0;
    }
}
