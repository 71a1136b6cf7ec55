using System.Collections;
using System.Globalization;
using System.Linq;

namespace E2EEvents.Architecture.Tests.Configuration;

/// <summary>How a default is written for people, and how it may be.</summary>
internal static class DefaultText
{
    private static readonly (long Size, string Unit)[] ByteUnits = [(1L << 30, "GiB"), (1L << 20, "MiB"), (1L << 10, "KiB")];

    private static readonly (TimeSpan Size, string Unit)[] TimeUnits =
        [(TimeSpan.FromDays(1), "d"), (TimeSpan.FromHours(1), "h"), (TimeSpan.FromMinutes(1), "min"), (TimeSpan.FromSeconds(1), "s"), (TimeSpan.FromMilliseconds(1), "ms")];

    /// <summary>Every accepted spelling, best first.</summary>
    public static IEnumerable<string> Spellings(object? value) => value switch
    {
        null or "" => ["none"],
        TimeSpan time => TimeUnits.Where(unit => time != TimeSpan.Zero && time.Ticks % unit.Size.Ticks == 0).Select(unit => $"{time.Ticks / unit.Size.Ticks} {unit.Unit}").Append(time == TimeSpan.Zero ? "0" : Plain(time)),
        bool yes => [yes ? "true" : "false"],
        int number => Numbers(number),
        long number => Numbers(number),
        double number => [number.ToString("#,##0.###", CultureInfo.InvariantCulture)],
        Enum name => [name.ToString()],
        string text => [text],
        IEnumerable list => [string.Join(", ", list.Cast<object?>()) is { Length: > 0 } items ? items : "none"],
        _ => [value.ToString() ?? "none"],
    };

    /// <summary>The value as a configuration file wants it.</summary>
    public static string InFile(object? value) => value switch
    {
        null or "" => "",
        TimeSpan time => Plain(time),
        bool yes => yes ? "true" : "false",
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        string text => text,
        IEnumerable list => string.Join(", ", list.Cast<object?>()),
        _ => value.ToString() ?? "",
    };

    private static string Plain(TimeSpan time) => time.Ticks % TimeSpan.TicksPerSecond == 0 ? time.ToString("c", CultureInfo.InvariantCulture) : time.ToString("c", CultureInfo.InvariantCulture).TrimEnd('0');

    private static IEnumerable<string> Numbers(long number) =>
        ByteUnits.Where(unit => number > 0 && number % unit.Size == 0).Select(unit => $"{number / unit.Size} {unit.Unit}")
            .Append(number.ToString("#,##0", CultureInfo.InvariantCulture)).Append(number.ToString(CultureInfo.InvariantCulture));
}
