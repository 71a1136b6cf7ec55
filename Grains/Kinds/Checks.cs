namespace E2EEvents.Grains.Kinds;

/// <summary>Checks that kinds share. Each answers null, or why the value is refused.</summary>
internal static class Checks
{
    private const int MaxIdLength = 64;

    /// <summary>The first answer that is not null. For checks that cost nothing to make all.</summary>
    public static string? First(params ReadOnlySpan<string?> answers)
    {
        foreach (var answer in answers)
        {
            if (answer is not null) return answer;
        }

        return null;
    }

    /// <summary>1 to <paramref name="max"/> characters.</summary>
    public static string? Text(string name, string? value, int max)
    {
        if (string.IsNullOrWhiteSpace(value)) return $"'{name}' is empty.";
        return OptionalText(name, value, max);
    }

    /// <summary>At most <paramref name="max"/> characters, or none.</summary>
    public static string? OptionalText(string name, string? value, int max) =>
        value?.Length > max ? $"'{name}' has {value.Length} characters, {max} are allowed." : null;

    /// <summary>Ids become names in a JSON object: 1 to 64 letters, digits and <c>- . _ ~ : @</c>.</summary>
    public static string? Id(string name, string? value)
    {
        if (value is null || value.Length is 0 or > MaxIdLength) return $"'{name}' must have 1 to {MaxIdLength} characters.";
        foreach (var c in value)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('-' or '.' or '_' or '~' or ':' or '@')) return $"'{name}' may hold letters, digits and - . _ ~ : @ only.";
        }

        return null;
    }

    /// <summary>One of the names of an enum.</summary>
    public static string? Known<TEnum>(string name, TEnum? value)
        where TEnum : struct, Enum =>
        value is { } given && !Enum.IsDefined(given) ? $"'{name}' is no {typeof(TEnum).Name}: {given}." : null;

    /// <summary>Within bounds, both included, or none.</summary>
    public static string? Range(string name, double? value, double min, double max) =>
        value is { } given && !(given >= min && given <= max) ? FormattableString.Invariant($"'{name}' is {given}; {min} to {max} is allowed.") : null;
}
