using System.Text.Json.Nodes;
using E2EEvents.Grains.Interfaces.Kinds;
using E2EEvents.Grains.Kinds;
using E2EEvents.Grains.Topics;
using E2EEvents.Testing.Clients;

namespace E2EEvents.EndToEnd;

/// <summary>Numbered headlines over several news topics: each is one change, and the end state follows by pure replay.</summary>
internal sealed class Headlines(int topics, string prefix = "feed")
{
    private static readonly DateTimeOffset Start = new(2026, 3, 14, 15, 0, 0, TimeSpan.Zero);
    private readonly List<NewsEvent>[] _events = NewLists(topics);

    public IReadOnlyList<Transcript> NewTranscripts()
    {
        var transcripts = new List<Transcript>();
        for (var i = 0; i < topics; i++) transcripts.Add(new Transcript(TopicOf(i), Delivery.Every));
        return transcripts;
    }

    public string TopicOf(int topic) => $"news/{prefix}-{topic:00}";

    public int CountOf(int topic) => _events[topic].Count;

    /// <summary>The next <paramref name="count"/> headlines, round robin over the topics.</summary>
    public IEnumerable<(string Topic, object Event)> Next(int count)
    {
        for (var i = 0; i < count; i++)
        {
            var topic = i % topics;
            var number = _events[topic].Count + 1;
            var e = new ItemPublished($"item-{number:00000}", $"Headline {number} of {TopicOf(topic)}", Start.AddSeconds(number));
            _events[topic].Add(e);
            yield return (TopicOf(topic), e);
        }
    }

    /// <summary>What a pure replay gives.</summary>
    public JsonNode StateOf(int topic) => JsonNode.Parse(StateEncoder.Encode(Topic.Replay<NewsGrain, News>(_events[topic])))!;

    /// <summary>Waits until every transcript holds the replayed state, and checks that the contract was kept on the way.</summary>
    public async Task ReachedByAsync(IReadOnlyList<Transcript> transcripts, TimeSpan deadline)
    {
        for (var i = 0; i < topics; i++)
        {
            var expected = StateOf(i);
            await transcripts[i].ReachesAsync(t => t.State is not null && JsonNode.DeepEquals(t.State, expected), deadline, $"the state of a pure replay of {CountOf(i)} headlines");
            transcripts[i].AssertKept();
        }
    }

    private static List<NewsEvent>[] NewLists(int count)
    {
        var lists = new List<NewsEvent>[count];
        for (var i = 0; i < count; i++) lists[i] = [];
        return lists;
    }
}
