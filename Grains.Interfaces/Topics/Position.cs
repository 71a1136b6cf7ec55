using System.Globalization;

namespace E2EEvents.Grains.Interfaces.Topics;

/// <summary>A place in a topic: the only thing a client hands back. Written <c>epoch:offset</c>, the epoch as 16 hex digits.</summary>
/// <param name="Epoch">Identity of one unbroken run of offsets; random, never 0 for a live topic. Offsets compare only within it.</param>
/// <param name="Offset">Number of the last change seen: 0 = none yet, then 1, 2, 3 …</param>
[GenerateSerializer, Immutable, Alias("e2e.position")]
public readonly record struct Position([property: Id(0)] ulong Epoch, [property: Id(1)] long Offset)
{
    /// <summary>The epoch as clients see it: 16 lower-case hex digits.</summary>
    public string EpochText => Epoch.ToString("x16", CultureInfo.InvariantCulture);

    /// <summary>Reads <c>epoch:offset</c>, e.g. <c>00f3a9c01d7e3b86:17</c>.</summary>
    /// <returns>False when the epoch is not 16 hex digits or the offset is not a whole number from 0 up.</returns>
    public static bool TryParse(ReadOnlySpan<char> text, out Position position)
    {
        position = default;
        if (text.Length < 18 || text[16] != ':') return false;
        if (!TryParseEpoch(text[..16], out var epoch)) return false;
        if (!long.TryParse(text[17..], NumberStyles.None, CultureInfo.InvariantCulture, out var offset)) return false;
        position = new Position(epoch, offset);
        return true;
    }

    /// <summary>Reads the 16 hex digits of an epoch.</summary>
    public static bool TryParseEpoch(ReadOnlySpan<char> text, out ulong epoch)
    {
        epoch = 0;
        return text.Length == 16 && ulong.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out epoch);
    }

    /// <summary>How <paramref name="next"/> follows the position that a reader has.</summary>
    public static Fit Classify(Position have, Position next)
    {
        if (next.Epoch != have.Epoch) return Fit.NewEpoch;
        if (next.Offset <= have.Offset) return Fit.Duplicate;
        return next.Offset == have.Offset + 1 ? Fit.Next : Fit.Gap;
    }

    /// <summary><c>epoch:offset</c>, as <see cref="TryParse"/> reads it.</summary>
    public override string ToString() => $"{EpochText}:{Offset.ToString(CultureInfo.InvariantCulture)}";
}

/// <summary>How a frame follows what its reader already has.</summary>
public enum Fit
{
    /// <summary>Exactly the next offset.</summary>
    Next,

    /// <summary>Seen already: drop it.</summary>
    Duplicate,

    /// <summary>Offsets between are missing. Legal for <see cref="Delivery.Latest"/>; for <see cref="Delivery.Every"/> resume or tell.</summary>
    Gap,

    /// <summary>Another run of offsets: continuity cannot be proven; start from the frame's full state.</summary>
    NewEpoch,
}
