using System.Linq;
using E2EEvents.Connectors.Mapping;

namespace E2EEvents.Connectors.Tests.Mapping;

public sealed class RuleMapperTests
{
    [Fact]
    public void Map_RuleWithoutEvent_GivesTheRecordAsItIs()
    {
        const string json = """{ "id": 1,  "price": 101.10, "at": "2026-08-22T15:23:11Z" }""";
        var mapped = Assert.Single(Map(json, new MappingRule { Topic = "ticker/{id}" }).Events);
        Assert.Equal(("ticker/1", json), (mapped.Topic.ToString(), Records.Text(mapped.Data)));
    }

    [Fact]
    public void Map_EventExpression_BuildsTheEventAndKeepsTextThatLooksLikeADate()
    {
        var rule = new MappingRule { Topic = "match/{m}", Event = "{type: 'goal', minute: to_number(min), by: player.name, at: at}" };
        var mapped = Assert.Single(Map("""{"m":"x","min":"23","player":{"name":"Sáka"},"at":"2026-08-22T15:23:11.500Z"}""", rule).Events);
        Assert.Equal("""{"type":"goal","minute":23,"by":"Sáka","at":"2026-08-22T15:23:11.500Z"}""", Records.Text(mapped.Data));
    }

    [Fact]
    public void Map_EventIsTextWithJson_TakesTheJson()
    {
        var mapped = Assert.Single(Map("""{"m":"x","body":"{\"type\":\"goal\"}"}""", new MappingRule { Topic = "match/{m}", Event = "body" }).Events);
        Assert.Equal("""{"type":"goal"}""", Records.Text(mapped.Data));
    }

    [Fact]
    public void Map_SeveralRules_TheFirstThatFitsCounts()
    {
        MappingRule[] rules =
        [
            new() { When = "kind == 'goal'", Topic = "match/{m}" },
            new() { When = "kind == 'beat'", Ignore = true },
            new() { When = "tags", Topic = "news/{tags[0]}" },
            new() { When = "to_number(price) > `100`", Topic = "ticker/{m}" },
        ];
        Assert.Equal("match/1", TopicOf("""{"kind":"goal","m":1,"tags":["x"]}"""));
        Assert.Equal("news/x", TopicOf("""{"kind":"other","m":1,"tags":["x"]}"""));
        Assert.Equal("ticker/1", TopicOf("""{"kind":"other","m":1,"tags":[],"price":"100.5"}"""));
        Assert.Equal(MappedRecord.Nothing, Map("""{"kind":"beat"}""", rules));
        var unmapped = Map("""{"kind":"other","m":1}""", rules);
        Assert.Empty(unmapped.Events);
        Assert.Contains("No mapping rule fits", unmapped.Problem, StringComparison.Ordinal);

        string TopicOf(string json) => Assert.Single(Map(json, rules).Events).Topic.ToString();
    }

    [Fact]
    public void Map_ForEach_GivesOneEventPerElementWithSightOfTheRecord()
    {
        var rule = new MappingRule
        {
            ForEach = "goals",
            Topic = "match/{record.m}",
            Event = "{type: 'goal', by: item.by, number: index, at: item.t}",
            Time = "item.t",
        };
        var mapped = Map("""{"m":"x","goals":[{"by":"A","t":1787412191},{"by":"B","t":1787412192}]}""", rule);
        Assert.Null(mapped.Problem);
        Assert.Equal(["match/x", "match/x"], mapped.Events.Select(e => e.Topic.ToString()));
        Assert.Equal(
            ["""{"type":"goal","by":"A","number":0,"at":1787412191}""", """{"type":"goal","by":"B","number":1,"at":1787412192}"""],
            mapped.Events.Select(e => Records.Text(e.Data)));
        Assert.Equal([1787412191000000, 1787412192000000], mapped.Events.Select(e => e.OriginTime));
    }

    [Fact]
    public void Map_ForEachWithoutEvent_GivesTheElements()
    {
        var mapped = Map("""{"quotes":[{"s":"A","last":1.5},{"s":"B","last":2}]}""", new MappingRule { ForEach = "quotes", Topic = "ticker/{item.s}" });
        Assert.Equal(["""ticker/A {"s":"A","last":1.5}""", """ticker/B {"s":"B","last":2}"""], mapped.Events.Select(e => $"{e.Topic} {Records.Text(e.Data)}"));
    }

    [Fact]
    public void Map_ForEachWithABadElement_GivesTheOthersAndTheProblem()
    {
        var mapped = Map("""{"quotes":[{"s":"A"},{"s":null},{"s":"C"}]}""", new MappingRule { ForEach = "quotes", Topic = "ticker/{item.s}" });
        Assert.Equal(["ticker/A", "ticker/C"], mapped.Events.Select(e => e.Topic.ToString()));
        Assert.Equal(("Element 1: Topic: {item.s} gives nothing.", "ticker"), (mapped.Problem, mapped.Kind));
    }

    [Theory]
    [InlineData("{}", 0, null)] // nothing there: no events
    [InlineData("""{"quotes":[]}""", 0, null)]
    [InlineData("""{"quotes":5}""", 0, "ForEach gives a number, not a list.")]
    public void Map_ForEachWithoutAList_SaysSoUnlessThereIsNothing(string json, int events, string? problem)
    {
        var mapped = Map(json, new MappingRule { ForEach = "quotes", Topic = "ticker/{item.s}" });
        Assert.Equal((events, problem), (mapped.Events.Count, mapped.Problem));
    }

    [Theory]
    [InlineData("""{"m":"x","e":5}""", "Event gives a number, not an object.")]
    [InlineData("""{"m":"x","e":"{"}""", "Event gives text that is not JSON")]
    [InlineData("""{"m":"x","e":"[1]"}""", "Event gives a list, not an object.")]
    [InlineData("""{"m":"x"}""", "Event gives nothing, not an object.")]
    [InlineData("""{"m":"x","e":{},"t":"soon"}""", "Time: 'soon' is no time")]
    [InlineData("""{"m":"x","e":{},"t":{}}""", "Time: t gives an object.")]
    public void Map_RecordThatDoesNotFit_SaysWhyAndForWhichKind(string json, string problem)
    {
        var mapped = Map(json, new MappingRule { Topic = "match/{m}", Event = "e", Time = "t" });
        Assert.Empty(mapped.Events);
        Assert.StartsWith(problem, mapped.Problem, StringComparison.Ordinal);
        Assert.Equal("match", mapped.Kind);
    }

    [Theory]
    [InlineData("""{"t":1787412191}""", 1787412191000000)]
    [InlineData("""{"t":"1787412191"}""", 1787412191000000)]
    [InlineData("""{"t":null}""", 42)]
    [InlineData("{}", 42)]
    public void Map_Time_IsTheRecordsOwnWhereTheDataHasNone(string json, long expected)
    {
        var mapper = Compile(new MappingRule { Topic = "news/x", Time = "t" });
        Assert.Equal(expected, Assert.Single(mapper.Map(Records.Of(json, originTime: 42)).Events).OriginTime);
    }

    [Fact]
    public void Compile_EverythingWrong_IsToldAtOnceWithItsPath()
    {
        var errors = new List<string>();
        _ = new RuleMapper(
            [new MappingRule { When = "a ==", ForEach = "[", Topic = "x/{", Event = "nosuch(@)", Time = "a b" }, new MappingRule(), new MappingRule { Ignore = true, When = "(" }],
            "Connectors:a:Map",
            errors);
        Assert.Equal(
            ["Connectors:a:Map:0:When", "Connectors:a:Map:0:ForEach", "Connectors:a:Map:0:Event", "Connectors:a:Map:0:Time", "Connectors:a:Map:0:Topic", "Connectors:a:Map:1:Topic", "Connectors:a:Map:2:When"],
            errors.Select(error => error.Split(": ")[0]));
    }

    private static MappedRecord Map(string json, params MappingRule[] rules) => Compile(rules).Map(Records.Of(json));

    private static RuleMapper Compile(params MappingRule[] rules)
    {
        var errors = new List<string>();
        var mapper = new RuleMapper(rules, "Map", errors);
        Assert.Empty(errors);
        return mapper;
    }
}
