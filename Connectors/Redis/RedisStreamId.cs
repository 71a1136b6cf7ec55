using System.Globalization;

namespace E2EEvents.Connectors.Redis;

/// <summary>Id of a stream entry, <c>milliseconds-number</c>.</summary>
internal readonly record struct RedisStreamId(ulong Milliseconds, ulong Number) : IComparable<RedisStreamId>
{
    // Ids need not be times; beyond this one they cannot be.
    private const ulong LatestTime = 253_402_300_799_999;

    /// <summary>Before every entry.</summary>
    public static RedisStreamId None => default;

    /// <summary>As the origin's position: rises like the id.</summary>
    public byte[] Ordinal => Sequence.OrdinalOf(Milliseconds, Number);

    /// <summary>When the entry was added, Unix µs; 0 = the id does not look like a time since 2001.</summary>
    public long OriginTime => Milliseconds is > 1_000_000_000_000 and <= LatestTime ? (long)Milliseconds * 1000 : 0;

    /// <summary>Reads an id.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public static RedisStreamId Parse(ReadOnlySpan<char> text)
    {
        var dash = text.IndexOf('-');
        if (dash < 0
            || !ulong.TryParse(text[..dash], NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds)
            || !ulong.TryParse(text[(dash + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            throw new FormatException($"'{text}' is no id of a stream entry.");
        }

        return new RedisStreamId(milliseconds, number);
    }

    public int CompareTo(RedisStreamId other) => Milliseconds != other.Milliseconds ? Milliseconds.CompareTo(other.Milliseconds) : Number.CompareTo(other.Number);

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Milliseconds}-{Number}");

    public static bool operator <(RedisStreamId left, RedisStreamId right) => left.CompareTo(right) < 0;

    public static bool operator >(RedisStreamId left, RedisStreamId right) => left.CompareTo(right) > 0;

    public static bool operator <=(RedisStreamId left, RedisStreamId right) => left.CompareTo(right) <= 0;

    public static bool operator >=(RedisStreamId left, RedisStreamId right) => left.CompareTo(right) >= 0;
}
