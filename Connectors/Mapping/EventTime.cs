using System.Globalization;

namespace E2EEvents.Connectors.Mapping;

/// <summary>Reads times as origins write them.</summary>
internal static class EventTime
{
    private const decimal LatestMicroseconds = 253_402_300_799_999_999m; // year 9999

    /// <summary>Reads ISO 8601 text (without an offset: UTC), or a number since 1970, also as text.</summary>
    /// <param name="text">The value.</param>
    /// <param name="unit">What a number counts.</param>
    /// <param name="microseconds">Unix µs.</param>
    /// <param name="error">What is wrong, for people.</param>
    public static bool TryRead(string text, TimeUnit unit, out long microseconds, out string? error)
    {
        microseconds = 0;
        error = null;
        if (decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)) return TryScale(number, unit, out microseconds, out error);
        if (DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var point)
            && text.Length >= 8 && char.IsAsciiDigit(text[0]) && char.IsAsciiDigit(text[3]))
        {
            microseconds = point.UnixMicroseconds();
            return true;
        }

        error = $"'{Shorten(text)}' is no time: ISO 8601 such as 2026-08-22T15:23:11Z, or a number since 1970.";
        return false;
    }

    private static bool TryScale(decimal number, TimeUnit unit, out long microseconds, out string? error)
    {
        var size = Math.Abs(number);
        var factor = unit switch
        {
            TimeUnit.Seconds => 1_000_000m,
            TimeUnit.Milliseconds => 1_000m,
            TimeUnit.Microseconds => 1m,
            TimeUnit.Nanoseconds => 0.001m,
            _ => size < 1e11m ? 1_000_000m : size < 1e14m ? 1_000m : size < 1e17m ? 1m : 0.001m,
        };
        microseconds = 0;
        error = null;
        // Compared before it is multiplied: a decimal overflows by an exception.
        if (size > LatestMicroseconds / factor)
        {
            error = $"{number} lies beyond the year 9999 when read as {unit}.";
            return false;
        }

        microseconds = (long)(number * factor);
        return true;
    }

    private static string Shorten(string text) => text.Length <= 40 ? text : text[..40] + "…";
}
