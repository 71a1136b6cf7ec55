using E2EEvents.Grains.Interfaces.Kinds;

namespace E2EEvents.Connectors.Sample;

/// <summary>The news desk of a round: one feed, <c>news/headlines</c>, about the matches, the markets and the weather.</summary>
internal sealed class NewsScript(RoundScript script)
{
    private static readonly TopicKey Feed = new("news", "headlines");

    private readonly Dictionary<string, int> _versions = [];
    private readonly SampleRandom _random = script.Random("news");

    /// <returns>Id of the item.</returns>
    public string Publish(TimeSpan at, string section, string? about, string headline, string summary)
    {
        var stamp = script.Stamp(at);
        var id = FormattableString.Invariant($"{stamp:yyyyMMdd-HHmmss}-{_versions.Count + 1}");
        _versions.Add(id, 1);
        script.Add(at, Feed, new ItemPublished(id, headline, stamp, summary, section, about));
        return id;
    }

    public void Correct(TimeSpan at, string id, string? headline, string? summary, string note) =>
        script.Add(at, Feed, new ItemCorrected(id, script.Stamp(at), headline, summary, note, ++_versions[id]));

    /// <summary>Now and then a rumour is published, and sometimes it has to be taken back.</summary>
    public void Rumour()
    {
        if (!_random.Chance(0.7)) return;
        var at = TimeSpan.FromMinutes(_random.Number(20, 90));
        var instrument = _random.Pick(TickerScript.Instruments);
        var id = Publish(at, "markets", "ticker/" + instrument.Symbol, $"{instrument.Name} said to be in takeover talks", "According to people who asked not to be named.");
        if (_random.Chance(0.6))
        {
            var retractedAt = at + TimeSpan.FromMinutes(_random.Number(6, 20));
            script.Add(retractedAt, Feed, new ItemRetracted(id, script.Stamp(retractedAt), "The report could not be confirmed."));
        }
    }
}
