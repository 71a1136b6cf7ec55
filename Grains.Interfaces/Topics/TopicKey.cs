namespace E2EEvents.Grains.Interfaces.Topics;

/// <summary>Name of one topic, the same in every region: <c>kind/key</c>, e.g. <c>match/2026-ENG-ARS</c>.</summary>
/// <param name="Kind">1 to 32 characters: a lower-case letter, then lower-case letters, digits and <c>-</c>.</param>
/// <param name="Key">1 to 128 characters of letters, digits and <c>- . _ ~ : @</c>: one URL path segment as it is, never escaped.</param>
[GenerateSerializer, Immutable, Alias("e2e.topic-key")]
public readonly record struct TopicKey([property: Id(0)] string Kind, [property: Id(1)] string Key)
{
    /// <summary>Longest kind, in characters.</summary>
    public const int MaxKindLength = 32;

    /// <summary>Longest key, in characters.</summary>
    public const int MaxKeyLength = 128;

    /// <summary>Reads <c>kind/key</c>.</summary>
    /// <returns>False with an <paramref name="error"/> that says what is wrong and what is allowed.</returns>
    public static bool TryParse(string? text, out TopicKey topic, out string? error)
    {
        var slash = text?.IndexOf('/') ?? -1;
        if (slash < 0)
        {
            topic = default;
            error = "A topic is written kind/key, for example match/2026-ENG-ARS.";
            return false;
        }

        return TryCreate(text![..slash], text[(slash + 1)..], out topic, out error);
    }

    /// <summary>Checks both parts and makes the key.</summary>
    /// <returns>False with an <paramref name="error"/> that says what is wrong and what is allowed.</returns>
    public static bool TryCreate(string kind, string key, out TopicKey topic, out string? error)
    {
        topic = default;
        if (!IsKind(kind))
        {
            error = $"A kind has 1 to {MaxKindLength} characters: a lower-case letter, then lower-case letters, digits and '-'.";
            return false;
        }

        if (!IsKey(key))
        {
            error = $"A key has 1 to {MaxKeyLength} characters: letters, digits and - . _ ~ : @, and is not '.' or '..'.";
            return false;
        }

        topic = new TopicKey(kind, key);
        error = null;
        return true;
    }

    /// <summary>True if <paramref name="kind"/> is a well-formed kind name.</summary>
    public static bool IsKind(string kind)
    {
        if (kind.Length is 0 or > MaxKindLength || !char.IsAsciiLetterLower(kind[0])) return false;
        foreach (var c in kind)
        {
            if (!char.IsAsciiLetterLower(c) && !char.IsAsciiDigit(c) && c != '-') return false;
        }

        return true;
    }

    private static bool IsKey(string key)
    {
        if (key.Length is 0 or > MaxKeyLength || key is "." or "..") return false;
        foreach (var c in key)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('-' or '.' or '_' or '~' or ':' or '@')) return false;
        }

        return true;
    }

    /// <summary><c>kind/key</c>, as <see cref="TryParse"/> reads it.</summary>
    public override string ToString() => $"{Kind}/{Key}";
}
