using System.Buffers.Binary;

namespace E2EEvents.Grains.Interfaces.Topics;

/// <summary>
/// An event's place in its source. Compares by incarnation, then ordinal, then index.
/// A source is written <c>connector/partition</c>.
/// </summary>
[GenerateSerializer, Immutable, Alias("e2e.sequence")]
public sealed class Sequence : IComparable<Sequence>, IEquatable<Sequence>
{
    /// <summary>Longest ordinal, in bytes.</summary>
    public const int MaxOrdinalBytes = 32;

    /// <summary>Makes a sequence.</summary>
    /// <param name="incarnation">Rising number of the source's life: an origin reset or a re-snapshot is a new one; lower ones are refused.</param>
    /// <param name="ordinal">The origin's own position of the record (GTID number, LSN, stream id …), order-preserving as bytes, 1 to 32 of them.</param>
    /// <param name="index">Number of the event within its record, from 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">The ordinal is empty or longer than 32 bytes, or the index is negative.</exception>
    public Sequence(long incarnation, byte[] ordinal, int index = 0)
    {
        ArgumentOutOfRangeException.ThrowIfZero(ordinal.Length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(ordinal.Length, MaxOrdinalBytes);
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        Incarnation = incarnation;
        Ordinal = ordinal;
        Index = index;
    }

    /// <summary>Rising number of the source's life.</summary>
    [Id(0)]
    public long Incarnation { get; }

    /// <summary>The origin's own position of the record. Never changed after construction.</summary>
    [Id(1)]
    public byte[] Ordinal { get; }

    /// <summary>Number of the event within its record.</summary>
    [Id(2)]
    public int Index { get; }

    /// <summary>An ordinal of one 64-bit number.</summary>
    public static byte[] OrdinalOf(ulong value)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, value);
        return bytes;
    }

    /// <summary>An ordinal of two 64-bit numbers, the first the weightier: a Redis stream id, for example.</summary>
    public static byte[] OrdinalOf(ulong high, ulong low)
    {
        var bytes = new byte[16];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, high);
        BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(8), low);
        return bytes;
    }

    /// <inheritdoc/>
    public int CompareTo(Sequence? other)
    {
        if (other is null) return 1;
        var byIncarnation = Incarnation.CompareTo(other.Incarnation);
        if (byIncarnation != 0) return byIncarnation;
        var byOrdinal = Ordinal.AsSpan().SequenceCompareTo(other.Ordinal);
        return byOrdinal != 0 ? byOrdinal : Index.CompareTo(other.Index);
    }

    /// <inheritdoc/>
    public bool Equals(Sequence? other) => other is not null && CompareTo(other) == 0;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Sequence);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.Add(Incarnation);
        hash.AddBytes(Ordinal);
        hash.Add(Index);
        return hash.ToHashCode();
    }

    /// <summary><c>incarnation.ordinal-in-hex.index</c>, for logs and operators.</summary>
    public override string ToString() => $"{Incarnation}.{Convert.ToHexStringLower(Ordinal)}.{Index}";

    /// <summary>True if <paramref name="left"/> comes before <paramref name="right"/>.</summary>
    public static bool operator <(Sequence left, Sequence right) => left.CompareTo(right) < 0;

    /// <summary>True if <paramref name="left"/> comes after <paramref name="right"/>.</summary>
    public static bool operator >(Sequence left, Sequence right) => left.CompareTo(right) > 0;

    /// <summary>True if <paramref name="left"/> does not come after <paramref name="right"/>.</summary>
    public static bool operator <=(Sequence left, Sequence right) => left.CompareTo(right) <= 0;

    /// <summary>True if <paramref name="left"/> does not come before <paramref name="right"/>.</summary>
    public static bool operator >=(Sequence left, Sequence right) => left.CompareTo(right) >= 0;

    /// <summary>Equality by value.</summary>
    public static bool operator ==(Sequence? left, Sequence? right) => left is null ? right is null : left.Equals(right);

    /// <summary>Inequality by value.</summary>
    public static bool operator !=(Sequence? left, Sequence? right) => !(left == right);
}
