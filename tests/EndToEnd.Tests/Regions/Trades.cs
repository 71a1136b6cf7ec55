using System.Text.Json.Nodes;
using E2EEvents.Grains.Interfaces.Kinds;
using E2EEvents.Grains.Kinds;
using E2EEvents.Grains.Topics;
using E2EEvents.Testing.Clients;

namespace E2EEvents.EndToEnd.Regions;

/// <summary>Numbered trades over several tickers: each is one change, and the end state follows by pure replay.</summary>
internal sealed class Trades(int topics, string prefix)
{
    private static readonly DateTimeOffset Start = new(2026, 3, 14, 15, 0, 0, TimeSpan.Zero);
    private readonly List<TickerEvent>[] _events = NewLists(topics);

    public IReadOnlyList<Transcript> NewTranscripts()
    {
        var transcripts = new List<Transcript>();
        for (var i = 0; i < topics; i++) transcripts.Add(new Transcript(TopicOf(i), Delivery.Latest));
        return transcripts;
    }

    public string TopicOf(int topic) => $"ticker/{prefix}-{topic:00}";

    /// <summary>The next <paramref name="count"/> trades, round robin over the topics.</summary>
    public IEnumerable<(string Topic, object Event)> Next(int count)
    {
        for (var i = 0; i < count; i++)
        {
            var topic = i % topics;
            var number = _events[topic].Count + 1;
            var e = new Traded(100 + (number % 500 / 100m), 1, Start.AddSeconds(number), number);
            _events[topic].Add(e);
            yield return (TopicOf(topic), e);
        }
    }

    /// <summary>Waits until every transcript holds the replayed state, and checks that the contract was kept on the way.</summary>
    public async Task ReachedByAsync(IReadOnlyList<Transcript> transcripts, TimeSpan deadline)
    {
        for (var i = 0; i < topics; i++)
        {
            var expected = JsonNode.Parse(StateEncoder.Encode(Topic.Replay<TickerGrain, Ticker>(_events[i])))!;
            await transcripts[i].ReachesAsync(t => t.State is not null && JsonNode.DeepEquals(t.State, expected), deadline, $"the state of a pure replay of {_events[i].Count} trades");
            transcripts[i].AssertKept();
        }
    }

    private static List<TickerEvent>[] NewLists(int count)
    {
        var lists = new List<TickerEvent>[count];
        for (var i = 0; i < count; i++) lists[i] = [];
        return lists;
    }
}
