namespace E2EEvents.Grains.Interfaces.Regions;

/// <summary>One home of a kind: number and region name, compared in that order, so that two regions promoted at once are told apart. A higher term fences a lower one.</summary>
/// <param name="Number">1 = the home that configuration names; each promotion takes the next.</param>
/// <param name="Region">Name of the home region.</param>
[GenerateSerializer, Immutable, Alias("e2e.term")]
public readonly record struct Term([property: Id(0)] long Number, [property: Id(1)] string Region)
{
    /// <summary>True if this one fences <paramref name="other"/>.</summary>
    public bool IsAbove(Term other) => Number != other.Number ? Number > other.Number : string.CompareOrdinal(Region, other.Region) > 0;

    /// <summary>Reads <c>number@region</c>.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out Term term)
    {
        term = default;
        var at = text.IndexOf('@');
        if (at < 1 || at == text.Length - 1 || !long.TryParse(text[..at], System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var number)) return false;
        term = new Term(number, text[(at + 1)..].ToString());
        return true;
    }

    /// <summary><c>number@region</c>.</summary>
    public override string ToString() => $"{Number}@{Region}";
}
