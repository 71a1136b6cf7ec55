using E2EEvents.Testing.Clients;

namespace E2EEvents.Testing.Tests.Clients;

public sealed class SseParserTests
{
    private readonly SseParser _parser = new();

    [Fact]
    public void Take_DataLines_JoinsThemByLineFeeds()
    {
        Assert.Equal([new SseEvent("message", "YHOO\n+2\n10", null)], Feed("data: YHOO", "data: +2", "data: 10", ""));
    }

    [Fact]
    public void Take_OneSpaceAfterTheColon_IsNotPartOfTheValue()
    {
        Assert.Equal([new SseEvent("message", "test", null), new SseEvent("message", " test", null)], Feed("data:test", "", "data:  test", ""));
    }

    [Fact]
    public void Take_IdWithoutData_MovesTheIdAndFiresNothing()
    {
        Assert.Empty(Feed("id: match/x@a:1", ""));
        Assert.Equal("match/x@a:1", _parser.LastEventId);
        Assert.Equal(1, _parser.IdBlocks);
    }

    [Fact]
    public void Take_CommentsRetryAndNames_AreKept()
    {
        Assert.Equal([new SseEvent("stale", "{}", "7")], Feed(": beat", "retry: 1500", "event: stale", "id: 7", "data: {}", "", "unknown: x", ""));
        Assert.Equal(1, _parser.Comments);
        Assert.Equal(TimeSpan.FromMilliseconds(1500), _parser.Retry);
    }

    [Fact]
    public void Take_UnfinishedBlock_FiresNothing() => Assert.Empty(Feed("data: 1"));

    private List<SseEvent> Feed(params string[] lines)
    {
        var events = new List<SseEvent>();
        foreach (var line in lines)
        {
            if (_parser.Take(line) is { } e) events.Add(e);
        }

        return events;
    }
}
