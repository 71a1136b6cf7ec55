using System.Collections.Immutable;
using E2EEvents.Grains.Interfaces.Kinds;
using E2EEvents.Grains.Topics;

namespace E2EEvents.Grains.Kinds;

/// <summary>Feeds of headlines.</summary>
[TopicKind("news", Delivery.Every, Publishers = Publishers.KeyHolders)]
public sealed class NewsGrain : TopicGrain<News, NewsEvent>
{
    private const int MaxHeadline = 200;
    private const int MaxSummary = 1000;
    private const int MaxNote = 200;
    private const int MaxSection = 32;
    private const int MaxVersion = 1_000_000;

    protected override News Initial => News.Empty;

    protected override string? Refuse(News state, NewsEvent e) => e switch
    {
        ItemPublished published => RefuseItem(state, published),
        ItemCorrected corrected => RefuseCorrection(state, corrected),
        ItemRetracted retracted => Checks.Id("id", retracted.Id) ?? Checks.Text("reason", retracted.Reason, MaxNote) ?? RefuseAbsent(state, retracted.Id),
        _ => $"A news feed knows no event {e.GetType().Name}.",
    };

    // Total: what is refused changes nothing here either.
    protected override News Apply(News state, NewsEvent e) => Refuse(state, e) is not null ? state : e switch
    {
        ItemPublished published => Publish(state, published),
        ItemCorrected corrected => Replace(state, corrected.Id, Correct(state.Items[corrected.Id], corrected)),
        ItemRetracted retracted => Replace(state, retracted.Id, Retract(state.Items[retracted.Id], retracted)),
        _ => state,
    };

    private static string? RefuseItem(News state, ItemPublished e)
    {
        var wrong = Checks.First(
            Checks.Id("id", e.Id),
            Checks.Text("headline", e.Headline, MaxHeadline),
            Checks.OptionalText("summary", e.Summary, MaxSummary),
            Checks.OptionalText("section", e.Section, MaxSection),
            e.About is null || TopicKey.TryParse(e.About, out _, out var about) ? null : $"'about' is no topic. {about}");
        if (wrong is not null) return wrong;
        if (!state.Items.TryGetValue(e.Id, out var known)) return null;

        // What an edited item first said is not kept: its id and time are its identity.
        var edited = known.Corrected || known.Retracted;
        return known == ItemOf(e) || (edited && known.PublishedAt == e.At) ? null : $"The id {e.Id} stands for another item.";
    }

    private static string? RefuseCorrection(News state, ItemCorrected e)
    {
        if (e.Headline is null && e.Summary is null) return "A correction needs a headline or a summary.";
        var wrong = Checks.First(
            Checks.Id("id", e.Id),
            e.Headline is null ? null : Checks.Text("headline", e.Headline, MaxHeadline),
            e.Summary is null ? null : Checks.Text("summary", e.Summary, MaxSummary),
            Checks.OptionalText("note", e.Note, MaxNote),
            e.Version is < 2 or > MaxVersion ? $"'version' is {e.Version}; 2 to {MaxVersion} is allowed." : null);
        if ((wrong ?? RefuseAbsent(state, e.Id)) is { } refused) return refused;
        var item = state.Items[e.Id];
        if (IsOld(item, e)) return null;
        if (item.Retracted) return $"The item {e.Id} is retracted.";
        return e.Version == item.Version && !SaysSame(item, e) ? $"Version {e.Version} of {e.Id} says something else." : null;
    }

    // A retracted item says nothing any more, so a correction it already had is known by its version or time only.
    private static bool IsOld(NewsItem item, ItemCorrected e) => e.Version is { } version
        ? version < item.Version || (version == item.Version && item.Retracted)
        : e.At <= item.CorrectedAt;

    // The feed forgets what falls off, so the two cases cannot be told apart for sure; either way no client shows the item.
    private static string? RefuseAbsent(News state, string id)
    {
        if (state.Items.ContainsKey(id)) return null;
        return state.Items.Count < News.MaxItems ? $"There is no item {id}." : $"The item {id} is unknown or no longer among the newest {News.MaxItems}.";
    }

    private static News Publish(News state, ItemPublished e)
    {
        if (state.Items.ContainsKey(e.Id)) return state;
        var items = state.Items.Add(e.Id, ItemOf(e));
        if (items.Count <= News.MaxItems) return state with { Items = items };
        var oldest = Oldest(items);
        return oldest == e.Id ? state : state with { Items = items.Remove(oldest) };
    }

    // By time, then id, not by arrival: a repeat of an item that fell off can never come back in.
    private static string Oldest(ImmutableSortedDictionary<string, NewsItem> items)
    {
        var (oldest, at) = ("", DateTimeOffset.MaxValue);
        foreach (var (id, item) in items)
        {
            if (oldest.Length > 0 && item.PublishedAt >= at) continue;
            (oldest, at) = (id, item.PublishedAt);
        }

        return oldest;
    }

    private static NewsItem Correct(NewsItem item, ItemCorrected e)
    {
        var known = IsOld(item, e) || (e.Version is { } version ? version == item.Version : SaysSame(item, e));
        return known ? item : item with
        {
            Headline = e.Headline ?? item.Headline,
            Summary = e.Summary ?? item.Summary,
            Version = e.Version ?? item.Version + 1,
            CorrectedAt = e.At,
            CorrectionNote = e.Note,
        };
    }

    private static NewsItem Retract(NewsItem item, ItemRetracted e) => e.At < item.RetractedAt || (item.Retracted && item.RetractionReason == e.Reason) ? item : item with
    {
        Headline = null,
        Summary = null,
        Retracted = true,
        RetractedAt = e.At,
        RetractionReason = e.Reason,
    };

    private static News Replace(News state, string id, NewsItem item) =>
        ReferenceEquals(state.Items[id], item) ? state : state with { Items = state.Items.SetItem(id, item) };

    private static NewsItem ItemOf(ItemPublished e) => new(e.At, e.Headline, e.Summary, e.Section, e.About, 1, null, null, false, null, null);

    private static bool SaysSame(NewsItem item, ItemCorrected e) =>
        (e.Headline is null || e.Headline == item.Headline) && (e.Summary is null || e.Summary == item.Summary);
}
