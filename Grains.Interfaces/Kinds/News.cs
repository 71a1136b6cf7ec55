using System.Collections.Immutable;
using System.Text.Json.Serialization;
using E2EEvents.Grains.Interfaces.Topics;

namespace E2EEvents.Grains.Interfaces.Kinds;

/// <summary>A feed of headlines: the newest <see cref="MaxItems"/>, by time of publication, then id. Topic kind <c>news</c>, delivery Every.</summary>
/// <param name="Items">The items by id, so that a merge patch holds only what is new; sort by <see cref="NewsItem.Order"/>, highest first.</param>
[GenerateSerializer, Immutable, Alias("news")]
public sealed record News(ImmutableSortedDictionary<string, NewsItem> Items)
{
    /// <summary>Items kept; the oldest falls off when one more comes.</summary>
    public const int MaxItems = 50;

    /// <summary>A feed without items.</summary>
    public static News Empty { get; } = new(ImmutableSortedDictionary.Create<string, NewsItem>(StringComparer.Ordinal));
}

/// <summary>One news item.</summary>
/// <param name="PublishedAt">When it was first published, UTC. With the id its identity.</param>
/// <param name="Headline">Newest headline; null once retracted.</param>
/// <param name="Summary">Newest summary; null = none, or retracted.</param>
/// <param name="Section">Where it belongs: sport, markets, …</param>
/// <param name="About">The topic it is about, <c>kind/key</c>.</param>
/// <param name="Version">1 as published, higher once corrected.</param>
/// <param name="CorrectedAt">When it was last corrected, UTC; null = never.</param>
/// <param name="CorrectionNote">What was wrong.</param>
/// <param name="Retracted">True once withdrawn: the text is gone, the mark stays.</param>
/// <param name="RetractedAt">When it was withdrawn, UTC.</param>
/// <param name="RetractionReason">Why it was withdrawn.</param>
[GenerateSerializer, Immutable, Alias("news.item")]
public sealed record NewsItem(
    DateTimeOffset PublishedAt,
    string? Headline,
    string? Summary,
    string? Section,
    string? About,
    int Version,
    DateTimeOffset? CorrectedAt,
    string? CorrectionNote,
    bool Retracted,
    DateTimeOffset? RetractedAt,
    string? RetractionReason)
{
    /// <summary>Rises with the time of publication (Unix µs); items of the same order are sorted by id.</summary>
    public long Order => PublishedAt.UnixMicroseconds();

    /// <summary>True once corrected.</summary>
    public bool Corrected => Version > 1;
}

/// <summary>Something an editor did; <c>type</c> in the JSON tells what.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type")]
[JsonDerivedType(typeof(ItemPublished), "published")]
[JsonDerivedType(typeof(ItemCorrected), "corrected")]
[JsonDerivedType(typeof(ItemRetracted), "retracted")]
[GenerateSerializer, Immutable, Alias("news.event")]
public abstract record NewsEvent;

/// <summary>
/// <c>published</c>: a new item. The same again: no change, also after corrections. A known id of another time or content: refused. Older than all of a full feed: no change.
/// </summary>
/// <param name="Id">1 to 64 letters, digits and <c>- . _ ~ : @</c>.</param>
/// <param name="Headline">1 to 200 characters.</param>
/// <param name="At">When it was published.</param>
/// <param name="Summary">At most 1,000 characters.</param>
/// <param name="Section">At most 32 characters.</param>
/// <param name="About">The topic it is about, <c>kind/key</c>.</param>
[GenerateSerializer, Immutable, Alias("news.item-published")]
public sealed record ItemPublished(string Id, string Headline, DateTimeOffset At, string? Summary = null, string? Section = null, string? About = null) : NewsEvent;

/// <summary><c>corrected</c>: new text for an item of the feed. Refused for an item that is retracted, or not in the feed (unknown, or fallen off).</summary>
/// <param name="Id">Id of the item.</param>
/// <param name="At">When it was corrected.</param>
/// <param name="Headline">New headline, 1 to 200 characters; missing = unchanged. It or the summary is given.</param>
/// <param name="Summary">New summary, 1 to 1,000 characters; missing = unchanged.</param>
/// <param name="Note">What was wrong, at most 200 characters.</param>
/// <param name="Version">Version after this, 2 to 1,000,000; missing = one more if the text changes. Lower than the item's: no change; the item's with other text: refused.</param>
[GenerateSerializer, Immutable, Alias("news.item-corrected")]
public sealed record ItemCorrected(string Id, DateTimeOffset At, string? Headline = null, string? Summary = null, string? Note = null, int? Version = null) : NewsEvent;

/// <summary><c>retracted</c>: an item is withdrawn: its text goes, the mark stays. Again: a newer reason replaces an older one. Refused for an item that is not in the feed.</summary>
/// <param name="Id">Id of the item.</param>
/// <param name="At">When.</param>
/// <param name="Reason">Why, 1 to 200 characters.</param>
[GenerateSerializer, Immutable, Alias("news.item-retracted")]
public sealed record ItemRetracted(string Id, DateTimeOffset At, string Reason) : NewsEvent;
