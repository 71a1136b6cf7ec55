using E2EEvents.Connectors.Mapping;

namespace E2EEvents.Connectors.Tests.Mapping;

public sealed class TopicEventMapperTests
{
    [Theory]
    [InlineData("""{"topic":"match/1","event":{"a": [1, {"b":2}]}}""", """{"a": [1, {"b":2}]}""", 42)]
    [InlineData("""{"x":{"topic":"no"},"event":{},"more":[1],"topic":"match/1"}""", "{}", 42)]
    [InlineData("""{"topic":"match/1","event":"{\"a\":1}"}""", """{"a":1}""", 42)]
    [InlineData("""{"topic":"match/1","event":{},"time":"2026-08-22T15:23:11Z"}""", "{}", 1_787_412_191_000_000)]
    [InlineData("""{"topic":"match/1","event":{},"time":1787412191500}""", "{}", 1_787_412_191_500_000)]
    [InlineData("""{"topic":"match/1","event":{},"time":"1787412191"}""", "{}", 1_787_412_191_000_000)]
    [InlineData("""{"topic":"match/1","event":{},"time":null}""", "{}", 42)]
    public void Map_TopicAndEvent_GivesTheEventsOwnBytes(string json, string data, long time)
    {
        var mapped = new TopicEventMapper().Map(Records.Of(json, originTime: 42));
        Assert.Null(mapped.Problem);
        var e = Assert.Single(mapped.Events);
        Assert.Equal(("match/1", data, time), (e.Topic.ToString(), Records.Text(e.Data), e.OriginTime));
    }

    [Theory]
    [InlineData("""{"event":{}}""", "topic", null)]
    [InlineData("""{"topic":5,"event":{}}""", "topic", null)]
    [InlineData("""{"topic":"match","event":{}}""", "kind/key", null)]
    [InlineData("""{"topic":"match/a b","event":{}}""", "letters, digits", "match")]
    [InlineData("""{"topic":"match/1"}""", "event", "match")]
    [InlineData("""{"topic":"match/1","event":[]}""", "event", "match")]
    [InlineData("""{"topic":"match/1","event":"{}{}"}""", "event", "match")]
    [InlineData("""{"topic":"match/1","event":"soon"}""", "event", "match")]
    [InlineData("""{"topic":"match/1","event":{},"time":"soon"}""", "time: 'soon'", "match")]
    [InlineData("""{"topic":"match/1","event":{},"time":[]}""", "time: neither", "match")]
    [InlineData("[]", "JSON object", null)]
    public void Map_SomethingMissing_SaysWhatAndForWhichKind(string json, string problem, string? kind)
    {
        var mapped = new TopicEventMapper().Map(Records.Of(json));
        Assert.Empty(mapped.Events);
        Assert.Contains(problem, mapped.Problem, StringComparison.Ordinal);
        Assert.Equal(kind, mapped.Kind);
    }
}
