using System.Linq;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using E2EEvents.Grains.Interfaces.Kinds;
using E2EEvents.Grains.Kinds;

namespace E2EEvents.Grains.Tests.Kinds;

/// <summary>docs/kinds.md says what the kinds do: its events are replayed, its states compared.</summary>
public sealed class DocumentedKindsTests
{
    private static readonly (string Info, string Body)[] Blocks = Fences(File.ReadAllLines(Repository.PathOf("docs/kinds.md"))).ToArray();

    [Fact]
    public void Match_Examples_HoldWhatTheyShow() => Check<Match, MatchEvent, MatchGrain>("match");

    [Fact]
    public void Ticker_Examples_HoldWhatTheyShow() => Check<Ticker, TickerEvent, TickerGrain>("ticker");

    [Fact]
    public void Weather_Examples_HoldWhatTheyShow() => Check<WeatherCell, Observed, WeatherCellGrain>("weather");

    [Fact]
    public void News_Examples_HoldWhatTheyShow() => Check<News, NewsEvent, NewsGrain>("news");

    [Fact]
    public void Names_OfEventTypesAndEnums_AreAllThere()
    {
        var text = File.ReadAllText(Repository.PathOf("docs/kinds.md"));
        Type[] events = [typeof(MatchEvent), typeof(TickerEvent), typeof(NewsEvent)];
        Type[] enums = [typeof(MatchPeriod), typeof(GoalKind), typeof(CardColour), typeof(KickOutcome), typeof(WeatherCondition)];
        var names = events.SelectMany(type => type.GetCustomAttributes<JsonDerivedTypeAttribute>()).Select(derived => (string)derived.TypeDiscriminator!)
            .Concat(enums.SelectMany(Enum.GetNames).Select(JsonNamingPolicy.CamelCase.ConvertName));
        Assert.All(names, name => Assert.Contains($"`{name}`", text));
    }

    private static void Check<TState, TEvent, TGrain>(string name)
        where TState : class
        where TEvent : class
        where TGrain : E2EEvents.Grains.Topics.TopicGrain<TState, TEvent>
    {
        var kind = Kind<TState, TEvent>.Of<TGrain>();
        var state = kind.Initial;
        var (events, states) = (new HashSet<Type>(), 0);
        foreach (var (info, body) in Blocks)
        {
            if (info == $"jsonl {name} events")
            {
                foreach (var line in body.Split('\n', StringSplitOptions.RemoveEmptyEntries))
                {
                    var e = Kind<TState, TEvent>.Decode(line);
                    Assert.Null(kind.Refuse(state, e));
                    state = kind.Apply(state, e);
                    events.Add(e.GetType());
                }
            }
            else if (info == $"json {name} state")
            {
                states++;
                var shown = JsonSerializer.Deserialize<TState>(body, StateEncoder.StateOptions)!;
                Assert.True(JsonNode.DeepEquals(JsonNode.Parse(StateEncoder.Encode(state)), JsonNode.Parse(body)), $"The {name} is\n{Kind<TState, TEvent>.Encode(state)}");
                Assert.Equal(Kind<TState, TEvent>.Encode(state), Kind<TState, TEvent>.Encode(shown));
            }
        }

        Assert.Equal(1, states);
        var known = typeof(TEvent).GetCustomAttributes<JsonDerivedTypeAttribute>().Select(derived => derived.DerivedType).DefaultIfEmpty(typeof(TEvent));
        Assert.Equal(known.ToHashSet(), events);
    }

    private static IEnumerable<(string Info, string Body)> Fences(string[] lines)
    {
        for (var i = 0; i < lines.Length; i++)
        {
            if (!lines[i].StartsWith("```", StringComparison.Ordinal)) continue;
            var end = Array.FindIndex(lines, i + 1, line => line == "```");
            yield return (lines[i][3..], string.Join('\n', lines[(i + 1)..end]));
            i = end;
        }
    }
}
