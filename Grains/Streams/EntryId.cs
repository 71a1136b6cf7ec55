using System.Globalization;
using StackExchange.Redis;

namespace E2EEvents.Streams;

/// <summary>Id of an entry in a Redis stream: the server's milliseconds, and a number within them. Rises within a stream even if the server's clock is set back.</summary>
internal readonly record struct EntryId(long Milliseconds, long Number) : IComparable<EntryId>
{
    /// <summary>Before any entry.</summary>
    public static readonly EntryId None;

    public static EntryId Parse(string text)
    {
        var dash = text.IndexOf('-', StringComparison.Ordinal);
        return new EntryId(long.Parse(text.AsSpan(0, dash), NumberStyles.None, CultureInfo.InvariantCulture), long.Parse(text.AsSpan(dash + 1), NumberStyles.None, CultureInfo.InvariantCulture));
    }

    /// <summary>
    /// The id as one number. Rises with the id while fewer than a million entries share a millisecond; nothing here depends on it, so that a server
    /// whose clock was set back for long only shows consumers tokens that repeat.
    /// </summary>
    public long Token => (Milliseconds * 1_000_000) + Math.Min(Number, 999_999);

    public int CompareTo(EntryId other) => Milliseconds != other.Milliseconds ? Milliseconds.CompareTo(other.Milliseconds) : Number.CompareTo(other.Number);

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Milliseconds}-{Number}");

    public RedisValue ToRedis() => ToString();
}
