using System.Linq;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using E2EEvents.Grains.Interfaces.Kinds;

namespace E2EEvents.Grains.Tests.Kinds;

/// <summary>Events as origins write them: what must be there, what may be left out, and what a wrong one is told.</summary>
public sealed class EventDecodingTests
{
    private const string Side = "\"side\":\"home\",\"minute\":45";

    /// <summary>Event type, an event with everything in it, the members that must be there.</summary>
    public static TheoryData<Type, string, string[]> Events => new()
    {
        { typeof(MatchEvent), """{"type":"fixture","competition":"C","home":{"code":"A","name":"A"},"away":{"code":"B","name":"B"},"kickOffAt":"2026-08-15T15:00:00Z","venue":"V","round":"R"}""", ["competition", "home", "away", "kickOffAt"] },
        { typeof(MatchEvent), """{"type":"period","period":"extraTimeFirstHalf"}""", ["period"] },
        { typeof(MatchEvent), """{"type":"clock","minute":45,"added":2,"running":false}""", ["minute"] },
        { typeof(MatchEvent), """{"type":"addedTime","minutes":3}""", ["minutes"] },
        { typeof(MatchEvent), $$"""{"type":"goal","id":"g1",{{Side}},"player":"P","added":1,"kind":"ownGoal","assist":"Q"}""", ["id", "side", "minute", "player"] },
        { typeof(MatchEvent), """{"type":"goalCancelled","goalId":"g1","reason":"offside"}""", ["goalId", "reason"] },
        { typeof(MatchEvent), $$"""{"type":"card","id":"c1",{{Side}},"player":"P","colour":"secondYellow","added":1}""", ["id", "side", "minute", "player", "colour"] },
        { typeof(MatchEvent), $$"""{"type":"substitution","id":"s1",{{Side}},"off":"P","on":"Q","added":1}""", ["id", "side", "minute", "off", "on"] },
        { typeof(MatchEvent), """{"type":"shootOutKick","id":"k1","side":"away","player":"P","outcome":"saved"}""", ["id", "side", "player", "outcome"] },
        { typeof(TickerEvent), """{"type":"instrument","name":"N","currency":"EUR","market":"M"}""", ["name", "currency"] },
        { typeof(TickerEvent), """{"type":"sessionOpened","day":"2026-08-15","at":"2026-08-15T09:00:00Z","previousClose":10.25}""", ["day", "at"] },
        { typeof(TickerEvent), """{"type":"quote","at":"2026-08-15T09:00:00Z","bid":10.2,"ask":10.3,"bidSize":5,"askSize":6}""", ["at"] },
        { typeof(TickerEvent), """{"type":"trade","price":10.3,"size":5,"at":"2026-08-15T09:00:00Z","number":7}""", ["price", "size", "at"] },
        { typeof(TickerEvent), """{"type":"halt","reason":"news pending","at":"2026-08-15T09:00:00Z"}""", ["reason", "at"] },
        { typeof(TickerEvent), """{"type":"resume","at":"2026-08-15T09:00:00Z"}""", ["at"] },
        { typeof(Observed), """{"at":"2026-08-15T09:00:00Z","temperatureC":1.5,"windMps":2,"windFromDegrees":3,"gustMps":4,"pressureHpa":1000,"humidityPercent":5,"precipitationMmPerHour":6,"condition":"partlyCloudy","latitude":7,"longitude":8}""", ["at"] },
        { typeof(NewsEvent), """{"type":"published","id":"n1","headline":"H","at":"2026-08-15T09:00:00Z","summary":"S","section":"sport","about":"match/x"}""", ["id", "headline", "at"] },
        { typeof(NewsEvent), """{"type":"corrected","id":"n1","at":"2026-08-15T09:00:00Z","headline":"H","summary":"S","note":"N","version":2}""", ["id", "at"] },
        { typeof(NewsEvent), """{"type":"retracted","id":"n1","at":"2026-08-15T09:00:00Z","reason":"R"}""", ["id", "at", "reason"] },
    };

    [Theory]
    [MemberData(nameof(Events))]
    public void Decode_WholeEvent_KeepsEveryMember(Type type, string json, string[] required)
    {
        var decoded = JsonSerializer.Deserialize(json, type, StateEncoder.EventOptions);
        var written = JsonSerializer.SerializeToNode(decoded, type, StateEncoder.EventOptions);
        var expected = JsonNode.Parse(json)!.AsObject();
        Assert.Equal(expected.Count, written!.AsObject().Count);
        Assert.All(expected, member => Assert.Equal(member.Value!.ToJsonString(), written[member.Key]!.ToJsonString()));
        Assert.All(required, name => Assert.True(expected.ContainsKey(name)));
    }

    [Theory]
    [MemberData(nameof(Events))]
    public void Decode_MemberLeftOutOrNull_IsNamedIfItMustBeThere(Type type, string json, string[] required)
    {
        foreach (var (name, _) in JsonNode.Parse(json)!.AsObject())
        {
            if (name == "type") continue;
            var without = JsonNode.Parse(json)!.AsObject();
            without.Remove(name);
            if (required.Contains(name))
            {
                Assert.Contains($"'{name}'", Assert.Throws<JsonException>(() => JsonSerializer.Deserialize(without.ToJsonString(), type, StateEncoder.EventOptions)).Message);
                without[name] = null;
                Assert.Contains(name, Assert.Throws<JsonException>(() => JsonSerializer.Deserialize(without.ToJsonString(), type, StateEncoder.EventOptions)).Message);
            }
            else
            {
                Assert.NotNull(JsonSerializer.Deserialize(without.ToJsonString(), type, StateEncoder.EventOptions));
            }
        }
    }

    [Fact]
    public void Decode_TypeThatComesLast_IsFound() =>
        Assert.IsType<PeriodBegan>(Kind<Match, MatchEvent>.Decode("""{"period":"halfTime","type":"period"}"""));

    [Fact]
    public void Decode_UnknownType_IsNamed() =>
        Assert.Contains("cornerKick", Assert.Throws<JsonException>(() => Kind<Match, MatchEvent>.Decode("""{"type":"cornerKick","minute":3}""")).Message);

    [Fact]
    public void Decode_NoType_SaysThatItIsMissing() =>
        Assert.Contains("type discriminator", Assert.Throws<NotSupportedException>(() => Kind<Match, MatchEvent>.Decode("""{"minute":3}""")).Message);

    [Theory]
    [InlineData("""{"type":"card","id":"c1","side":"left","minute":3,"player":"P","colour":"red"}""", "$.side")]
    [InlineData("""{"type":"card","id":"c1","side":0,"minute":3,"player":"P","colour":"red"}""", "$.side")]
    [InlineData("""{"type":"clock","minute":"3"}""", "$.minute")]
    [InlineData("""{"type":"clock","minute":3.5}""", "$.minute")]
    public void Decode_WrongValue_SaysWhere(string json, string path) =>
        Assert.Contains(path, Assert.Throws<JsonException>(() => Kind<Match, MatchEvent>.Decode(json)).Message);

    [Theory]
    [InlineData(typeof(MatchEvent))]
    [InlineData(typeof(TickerEvent))]
    [InlineData(typeof(NewsEvent))]
    public void Events_EveryType_IsCoveredHere(Type type)
    {
        var known = type.GetCustomAttributes<JsonDerivedTypeAttribute>().Select(derived => (string)derived.TypeDiscriminator!).Order();
        var covered = Events.Select(row => row.Data).Where(row => row.Item1 == type).Select(row => (string)JsonNode.Parse(row.Item2)!["type"]!).Order();
        Assert.Equal(known, covered);
    }
}
