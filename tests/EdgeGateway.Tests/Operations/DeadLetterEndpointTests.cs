using System.Linq;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using E2EEvents.EdgeGateway.Operations;
using E2EEvents.EdgeGateway.Tests.Transports.Fakes;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace E2EEvents.EdgeGateway.Tests.Operations;

/// <summary>Operators' endpoints for dead letters and the command that uses them, in front of a fake region.</summary>
public sealed class DeadLetterEndpointTests : IAsyncLifetime
{
    private readonly FakeRegion _region = new();
    private WebApplication _app = null!;
    private HttpClient _http = null!;

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Configuration.Sources.Clear();
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?> { ["Gateway:Urls"] = "http://127.0.0.1:0", ["Gateway:DrainWindow"] = "00:00:00", ["Gateway:Feeds:PullWait"] = "00:00:00.2" });
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton<IGrainFactory>(new FakeGrainFactory(_region));
        builder.AddEdgeGateway();
        _app = builder.Build();
        _app.MapOperators();
        await _app.StartAsync(A.Token);
        _http = new HttpClient { BaseAddress = new Uri(_app.Urls.First()) };
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _app.StopAsync(CancellationToken.None);
        await _app.DisposeAsync();
    }

    [Fact]
    public async Task Replay_Accepted_IsPublishedWithAnIdOfItsOwnAndTheLetterIsGone()
    {
        await AddAsync(Letter("match/x", An(7)));
        var (status, body) = await SendAsync(HttpMethod.Post, "dead-letters/match/1/replay");
        Assert.Equal((HttpStatusCode.OK, "accepted", A.At(1).ToString()), (status, (string)body["outcome"]!, (string)body["position"]!));
        var published = Assert.Single(_region.Topic("match/x").Published);
        Assert.Equal((null, $"letter/{An(7)}", "src/p", 5, "tx"), (published.Sequence, published.EventId, published.Source, published.OriginTime, published.Transaction));
        Assert.Empty(_region.Letters.Kept);
        Assert.Equal(HttpStatusCode.NotFound, (await SendAsync(HttpMethod.Post, "dead-letters/match/1/replay")).Status);
    }

    [Fact]
    public async Task Replay_SameEventPutAsideTwice_IsADuplicate()
    {
        await AddAsync(Letter("match/x", An(7)), Letter("match/x", An(7)));
        Assert.Equal("accepted", (string)(await SendAsync(HttpMethod.Post, "dead-letters/match/1/replay")).Body["outcome"]!);
        Assert.Equal("duplicate", (string)(await SendAsync(HttpMethod.Post, "dead-letters/match/2/replay")).Body["outcome"]!);
        Assert.Equal(1, _region.Topic("match/x").Position.Offset);
        Assert.Empty(_region.Letters.Kept);
    }

    [Theory]
    [InlineData(LetterContent.Record, 0, "match", "no mapping fitted")]
    [InlineData(LetterContent.State, 0, "match", "not an event")]
    [InlineData(LetterContent.Event, 100, "match", "Only the first 2 of its 100 bytes")]
    [InlineData(LetterContent.Event, 0, "nosuch", "no topic kind 'nosuch'")]
    public async Task Replay_NothingToPublish_SaysWhyAndKeepsTheLetter(LetterContent content, int cutFrom, string kind, string why)
    {
        await AddAsync(Letter($"{kind}/x", An(1)) with { Content = content, CutFrom = cutFrom });
        var (status, body) = await SendAsync(HttpMethod.Post, $"dead-letters/{kind}/1/replay");
        Assert.Equal(HttpStatusCode.Conflict, status);
        Assert.Contains(why, (string)body["detail"]!, StringComparison.Ordinal);
        Assert.Single(_region.Letters.Kept);
    }

    [Fact]
    public async Task Replay_EventOfAKindThatWasNotKnown_IsAcceptedOnceTheKindIs()
    {
        await AddAsync(Letter("match/x", An(7)));
        var (status, body) = await SendAsync(HttpMethod.Post, "dead-letters/unmapped/1/replay");
        Assert.Equal((HttpStatusCode.OK, "accepted"), (status, (string)body["outcome"]!));
        Assert.Equal(1, _region.Topic("match/x").Position.Offset);
        Assert.Empty(_region.Letters.Kept);
    }

    [Fact]
    public async Task Replay_OutcomeUnknown_KeepsTheLetterAndStopsTheOthersBehindIt()
    {
        await AddAsync(Letter("match/a", An(1)), Letter("match/x", An(2)), Letter("match/x", An(3)));
        _region.Topic("match/x").OnPublish = e => new PublishAnswer(PublishOutcome.Unknown, default, "no answer");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await SendAsync(HttpMethod.Post, "dead-letters/match/2/replay")).Status);

        var (_, body) = await SendAsync(HttpMethod.Post, "dead-letters/match/replay");
        Assert.Equal(["accepted", "unknown"], body["letters"]!.AsArray().Select(letter => (string)letter!["outcome"]!));
        Assert.Equal(1, (long)body["after"]!); // go on with the one whose outcome is not known
        Assert.Equal([2, 3], _region.Letters.Kept.Select(letter => letter.Number));
    }

    [Fact]
    public async Task Replay_Refused_StaysWithTheNewReason()
    {
        await AddAsync(Letter("match/x", An(1)), Letter("match/y", An(2)));
        _region.Topic("match/x").OnPublish = _ => new PublishAnswer(PublishOutcome.Refused, default, "still no");
        var (status, body) = await SendAsync(HttpMethod.Post, "dead-letters/match/1/replay");
        Assert.Equal((HttpStatusCode.UnprocessableEntity, "still no"), (status, (string)body["detail"]!));
        Assert.Equal("still no", _region.Letters.Kept[0].Reason);

        var (code, output, _) = await CommandAsync("replay", "match", "--all");
        Assert.Equal(1, code); // not all
        Assert.Contains("refused", output, StringComparison.Ordinal);
        Assert.Contains("accepted", output, StringComparison.Ordinal);
        Assert.Single(_region.Letters.Kept);
    }

    [Theory]
    [InlineData("POST", "dead-letters/match/1/replay")]
    [InlineData("POST", "dead-letters/match/replay")]
    [InlineData("DELETE", "dead-letters/match/1")]
    [InlineData("DELETE", "dead-letters/match?before=9")]
    public async Task Changes_FromAWebPage_AreRefused(string method, string path)
    {
        await AddAsync(Letter("match/x", An(1)));
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        request.Headers.Add("Origin", "https://evil.example");
        using var answer = await _http.SendAsync(request, A.Token);
        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        Assert.Single(_region.Letters.Kept);
        Assert.Empty(_region.Topic("match/x").Published);
    }

    [Theory]
    [InlineData("GET", "dead-letters/match?max=0", HttpStatusCode.BadRequest)]
    [InlineData("GET", "dead-letters/match?max=1001", HttpStatusCode.BadRequest)]
    [InlineData("GET", "dead-letters/match?before=0", HttpStatusCode.BadRequest)]
    [InlineData("DELETE", "dead-letters/match", HttpStatusCode.BadRequest)]
    [InlineData("GET", "dead-letters/match/99", HttpStatusCode.NotFound)]
    [InlineData("DELETE", "dead-letters/match/99", HttpStatusCode.NotFound)]
    public async Task Requests_Wrong_AreToldWhatIs(string method, string path, HttpStatusCode expected)
    {
        var (status, body) = await SendAsync(new HttpMethod(method), path);
        Assert.Equal(expected, status);
        Assert.NotEmpty((string)body["detail"]!);
    }

    [Fact]
    public async Task Get_BytesThatAreNoJson_AreShownAsTextOrBase64()
    {
        await AddAsync(Letter("match/x", An(1)) with { Event = Letter("match/x", An(1)).Event with { Data = Encoding.UTF8.GetBytes("{broken") } });
        await AddAsync(Letter("match/x", An(2)) with { Event = Letter("match/x", An(2)).Event with { Data = [0xff, 0x00] } });
        Assert.Equal("{broken", (string)(await SendAsync(HttpMethod.Get, "dead-letters/match/1")).Body["dataText"]!);
        Assert.Equal("base64:/wA=", (string)(await SendAsync(HttpMethod.Get, "dead-letters/match/2")).Body["dataText"]!);
    }

    [Fact]
    public async Task Command_List_ShowsATableOrTheJson()
    {
        await AddAsync(Letter("match/x", An(1)), Letter("match/y", An(2)));
        var (code, table, _) = await CommandAsync("list", "match", "--max", "1");
        Assert.Equal(0, code);
        var lines = table.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        Assert.Equal(3, lines.Length);
        Assert.Matches("^number +at +topic +source +sequence +reason$", lines[0]);
        Assert.Matches("^2 +.*match/y +src/p +.* bad$", lines[1]);
        Assert.Contains("--before 2", lines[2], StringComparison.Ordinal);
        var (_, json, _) = await CommandAsync("list", "match", "--json");
        Assert.Equal(2, JsonNode.Parse(json)!["letters"]!.AsArray().Count);
    }

    [Theory]
    [InlineData]
    [InlineData("list", "match", "--max")]
    [InlineData("replay", "match")]
    [InlineData("discard", "match")]
    [InlineData("discard", "match", "--all")]
    [InlineData("show", "match", "one")]
    [InlineData("list", "match", "--colour", "red")]
    public async Task Command_WrongUsage_SaysHow(params string[] arguments)
    {
        var (code, _, errors) = await CommandAsync(arguments);
        Assert.Equal(2, code);
        Assert.Contains("dead-letters replay <kind> <number>", errors, StringComparison.Ordinal);
    }

    private static DeadLetter Letter(string topic, Sequence sequence) => new(
        new SourcedEvent(TopicKey.TryParse(topic, out var key, out var error) ? key : throw new FormatException(error), "{}"u8.ToArray(), "src/p", sequence, null, 5, "tx"), "bad", At: 1_700_000_000_000_000);

    private static Sequence An(ulong number) => new(0, Sequence.OrdinalOf(number));

    private Task AddAsync(params DeadLetter[] letters) => _region.Letters.AddAsync(letters, A.Token);

    private async Task<(HttpStatusCode Status, JsonNode Body)> SendAsync(HttpMethod method, string path)
    {
        using var request = new HttpRequestMessage(method, path);
        using var answer = await _http.SendAsync(request, A.Token);
        return (answer.StatusCode, JsonNode.Parse(await answer.Content.ReadAsStringAsync(A.Token))!);
    }

    private async Task<(int Code, string Output, string Errors)> CommandAsync(params string[] arguments)
    {
        using var output = new StringWriter();
        using var errors = new StringWriter();
        var code = await DeadLetterCommand.RunAsync([.. arguments, "--operators", _http.BaseAddress!.ToString()], output, errors);
        return (code, output.ToString(), errors.ToString());
    }
}
