using System.Net;
using System.Net.WebSockets;
using System.Text;
using E2EEvents.Testing.Clients;
using Microsoft.AspNetCore.Http;

namespace E2EEvents.Testing.Tests.Clients;

public sealed class StreamClientTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);
    private readonly Transcript _match = new("match/x", Delivery.Every);

    [Fact]
    public async Task SseClient_OneTopic_ResumesByHeaderAndReadsToTheCloseEvent()
    {
        var asked = new List<string>();
        await using var server = await StubServer.StartAsync(
            async context =>
            {
                asked.Add($"{context.Request.Path}{context.Request.QueryString} {context.Request.Headers["Last-Event-ID"]}");
                var first = asked.Count == 1 ? 1 : 3;
                context.Response.ContentType = "text/event-stream";
                await context.Response.WriteAsync($":\n\nretry: 1000\n\n{Event(first)}{Event(first + 1)}event: close\ndata: {{\"code\":4000,\"reason\":\"lifetime\"}}\n\n");
            },
            A.Token);
        for (var i = 0; i < 2; i++)
        {
            await using var client = await SseClient.ConnectAsync(server.Uri, [_match], A.Token, new StreamOptions { Query = "q=1" });
            Assert.Equal(new StreamEnd(4000, "lifetime"), await client.EndsAsync(Limit));
            Assert.Equal(TimeSpan.FromSeconds(1), client.Retry);
        }

        Assert.Equal(4, _match.Offset);
        Assert.Equal(["/topics/match/x/events?q=1 ", $"/topics/match/x/events?q=1 {A.Epoch}:2"], asked);

        static string Event(int offset) => $"id: {A.Epoch}:{offset}\ndata: {A.EnvelopeText(offset)}\n\n";
    }

    [Fact]
    public async Task SseClient_IdIsNotThePosition_BreaksTheContract()
    {
        await using var server = await StubServer.StartAsync(
            async context =>
            {
                context.Response.ContentType = "text/event-stream";
                await context.Response.WriteAsync($"id: {A.Epoch}:9\ndata: {A.EnvelopeText(1)}\n\n");
            },
            A.Token);
        var client = await SseClient.ConnectAsync(server.Uri, [_match], A.Token);
        await client.EndsAsync(Limit);
        var failure = await Assert.ThrowsAnyAsync<Xunit.Sdk.XunitException>(async () => await client.DisposeAsync());
        Assert.Contains("must be the position", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task SseClient_Refused_ThrowsStatusAndBody()
    {
        await using var server = await StubServer.StartAsync(
            context =>
            {
                context.Response.StatusCode = 404;
                return context.Response.WriteAsync("no such kind");
            },
            A.Token);
        var failure = await Assert.ThrowsAsync<HttpRequestException>(() => SseClient.ConnectAsync(server.Uri, [_match], A.Token));
        Assert.Equal(HttpStatusCode.NotFound, failure.StatusCode);
        Assert.Contains("no such kind", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WsClient_TwoTopics_ReadsChangesNoticesAndTheClose()
    {
        var query = "";
        await using var server = await StubServer.StartAsync(
            async context =>
            {
                query = $"{context.Request.Path}{context.Request.QueryString}";
                using var socket = await context.WebSockets.AcceptWebSocketAsync();
                await SendAsync(socket, A.EnvelopeText(1));
                await SendAsync(socket, A.EnvelopeText(5, topic: "ticker/y"));
                await SendAsync(socket, """{"event":"stale","topics":["match/x"]}""");
                await SendAsync(socket, A.EnvelopeText(2, patch: """{"n":2}"""));
                await socket.CloseAsync((WebSocketCloseStatus)4001, "slow-consumer: resume", context.RequestAborted);
            },
            A.Token);
        var ticker = new Transcript("ticker/y", Delivery.Latest);
        await using var client = await WsClient.ConnectAsync(server.Uri, [_match, ticker], A.Token, new StreamOptions { Patches = true });
        Assert.Equal(new StreamEnd(4001, "slow-consumer: resume"), await client.EndsAsync(Limit));
        Assert.Equal("/ws?topic=match/x&topic=ticker/y&delta=merge", query);
        Assert.Equal(2, _match.Offset);
        Assert.Equal(1, _match.Patches);
        Assert.Equal(5, ticker.Offset);
        Assert.Equal("stale", Assert.Single(client.Notices).Name);
    }

    [Fact]
    public async Task WsClient_Paused_ReadsNothingUntilItContinues()
    {
        var go = new TaskCompletionSource();
        await using var server = await StubServer.StartAsync(
            async context =>
            {
                using var socket = await context.WebSockets.AcceptWebSocketAsync();
                await SendAsync(socket, A.EnvelopeText(1));
                await go.Task;
                for (var offset = 2; offset <= 10; offset++) await SendAsync(socket, A.EnvelopeText(offset));
                await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "", context.RequestAborted);
            },
            A.Token);
        await using var client = await WsClient.ConnectAsync(server.Uri, [_match], A.Token);
        await _match.ReachesAsync(1, Limit);
        client.Pause(); // the read that waits already may still take one frame
        go.SetResult();
        await _match.ReachesAsync(2, Limit);
        Assert.False(client.Ended.IsCompleted);
        Assert.Equal(2, _match.Offset);
        client.Continue();
        await _match.ReachesAsync(10, Limit);
    }

    [Fact]
    public async Task ResumingClient_ConnectionsThatEnd_MissesNothing()
    {
        await using var server = await StubServer.StartAsync(
            async context =>
            {
                using var socket = await context.WebSockets.AcceptWebSocketAsync();
                var first = Position.TryParse(context.Request.Query["after"].ToString(), out var after) ? after.Offset + 1 : 1;
                await SendAsync(socket, A.EnvelopeText(first));
                await SendAsync(socket, A.EnvelopeText(first + 1)); // and then the connection just ends
            },
            A.Token);
        await using var client = ResumingClient.Ws(server.Uri, [_match]);
        await _match.ReachesAsync(6, Limit);
        await Eventually.TrueAsync(() => client.Connections >= 3, Limit);
        _match.AssertKept();
    }

    [Fact]
    public async Task LongPollClient_StateThenChanges_FillsTheTranscript()
    {
        await using var server = await StubServer.StartAsync(
            context => context.Request.Query["after"].ToString() switch
            {
                "" => context.Response.WriteAsync(A.EnvelopeText(1)),
                A.Epoch + ":1" => context.Response.WriteAsync($$"""{"topic":"match/x","epoch":"{{A.Epoch}}","offset":3,"changes":[{{A.EnvelopeText(2)}},{{A.EnvelopeText(3)}}]}"""),
                _ => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted),
            },
            A.Token);
        await using var client = LongPollClient.Start(server.Uri, _match);
        await _match.ReachesAsync(3, Limit);
    }

    private static Task SendAsync(WebSocket socket, string text) =>
        socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, true, CancellationToken.None);
}
