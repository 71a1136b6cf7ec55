namespace E2EEvents.Torture.Kinds;

/// <summary>What a topic has counted. An event that is lost, repeated or out of order shows in it for ever.</summary>
/// <param name="Count">Events applied; the offset, as long as the topic has its first epoch.</param>
/// <param name="Last">Id of the newest.</param>
/// <param name="Chain">Hash over all ids in their order, 16 hex digits.</param>
[GenerateSerializer, Immutable, Alias("torture.tally")]
public sealed record Tally([property: Id(0)] long Count, [property: Id(1)] string Last, [property: Id(2)] string Chain)
{
    /// <summary>Nothing counted.</summary>
    public static Tally Zero { get; } = new(0, "", "cbf29ce484222325");

    /// <summary>One more. Never idempotent: the same event twice counts twice.</summary>
    public Tally With(string id)
    {
        var hash = ulong.Parse(Chain, System.Globalization.NumberStyles.AllowHexSpecifier, System.Globalization.CultureInfo.InvariantCulture);
        foreach (var c in id) hash = (hash ^ c) * 1099511628211UL;
        return new Tally(Count + 1, id, hash.ToString("x16", System.Globalization.CultureInfo.InvariantCulture));
    }
}

/// <summary>One event.</summary>
/// <param name="Id">Its name; one that begins with <c>poison</c> is refused.</param>
[GenerateSerializer, Immutable, Alias("torture.counted")]
public sealed record Counted([property: Id(0)] string Id);
