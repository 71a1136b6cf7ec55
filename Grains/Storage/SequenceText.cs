using System.Globalization;

namespace E2EEvents.Grains.Storage;

/// <summary>Reads a sequence as <see cref="Sequence.ToString"/> writes it: <c>incarnation.ordinal-in-hex.index</c>.</summary>
internal static class SequenceText
{
    /// <exception cref="FormatException">The text is no sequence.</exception>
    public static Sequence Parse(string text)
    {
        var first = text.IndexOf('.');
        var last = text.LastIndexOf('.');
        if (first > 0 && last > first
            && long.TryParse(text.AsSpan(0, first), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var incarnation)
            && int.TryParse(text.AsSpan(last + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var index)
            && last - first - 1 is > 0 and <= 2 * Sequence.MaxOrdinalBytes)
        {
            return new Sequence(incarnation, Convert.FromHexString(text.AsSpan(first + 1, last - first - 1)), index);
        }

        throw new FormatException($"'{text}' is no sequence (incarnation.ordinal-in-hex.index).");
    }
}
