using System.Diagnostics;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using E2EEvents.Grains.Interfaces.Kinds;

namespace E2EEvents.EndToEnd.Operators;

/// <summary>What operators do about events that could not be applied: over HTTP, and by the gateway's command. Silos are killed in between.</summary>
public sealed class DeadLetterTests
{
    private const string Topic = "ticker/ACRE";
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);
    private static readonly DateTimeOffset Start = new(2026, 3, 14, 15, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task Letters_RefusedTrades_AreReplayedAfterTheFixAndAppliedOnceInOrder()
    {
        var token = TestContext.Current.CancellationToken;
        await using var region = await TestRegion.StartAsync(token);
        using var http = Operators(region);
        await region.AddAsync(Topic, new TradingHalted("storm", Start));
        for (var i = 1; i <= 3; i++) await region.AddAsync(Topic, new Traded(100 + i, i, Start.AddSeconds(i)));
        await WaitingAsync(http, "ticker", 3);

        // Listed and shown whole.
        var list = await JsonAsync(http, "dead-letters/ticker?max=2");
        Assert.Equal((3, 2, 2), ((int)list["letters"]![0]!["number"]!, (int)list["letters"]![1]!["number"]!, (int)list["before"]!));
        var shown = await JsonAsync(http, "dead-letters/ticker/1");
        Assert.Equal((Topic, "Trading is halted: storm", 101, "event"), ((string)shown["topic"]!, (string)shown["reason"]!, (int)shown["data"]!["price"]!, (string)shown["content"]!));
        Assert.StartsWith("scores/", (string)shown["source"]!, StringComparison.Ordinal);
        Assert.Equal("[]", (await JsonAsync(http, "dead-letters/ticker?reason=nothing"))["letters"]!.ToJsonString());

        // Before the fix: refused again, and it stays.
        using (var again = await http.PostAsync(new Uri("dead-letters/ticker/1/replay", UriKind.Relative), null, token))
        {
            Assert.Equal(HttpStatusCode.UnprocessableEntity, again.StatusCode);
            Assert.Equal("application/problem+json", again.Content.Headers.ContentType!.MediaType);
            Assert.Contains("halted", await again.Content.ReadAsStringAsync(token), StringComparison.Ordinal);
        }

        // A web page cannot do it for the operator.
        using (var request = new HttpRequestMessage(HttpMethod.Post, "dead-letters/ticker/replay"))
        {
            request.Headers.Add("Origin", "https://evil.example");
            using var refused = await http.SendAsync(request, token);
            Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        }

        await region.Silos[0].KillAsync();
        await region.Silos[0].StartAsync(token);
        await region.AddAsync(Topic, new TradingResumed(Start.AddSeconds(10)));
        using var client = region.Http();
        await Eventually.TrueAsync(async _ => (bool?)(await StateAsync(client))?["halted"] == false, Soon);

        var (code, output) = await CommandAsync(region, "replay", "ticker", "--topic", Topic);
        Assert.True(code == 0, output);
        Assert.Contains("accepted", output, StringComparison.Ordinal);
        var state = (await StateAsync(client))!;
        Assert.Equal((6, 103), ((int)state["volume"]!, (int)state["last"]!)); // one after the other, oldest first
        Assert.Equal(0, await WaitingNowAsync(http, "ticker"));
        Assert.Equal(1, (await CommandAsync(region, "replay", "ticker", "1")).Code); // gone
        Assert.Equal(6, (int)(await StateAsync(client))!["volume"]!);
    }

    [Fact]
    public async Task Letters_RecordsWithoutMapping_AreShownAndDiscardedButNotReplayed()
    {
        var token = TestContext.Current.CancellationToken;
        await using var region = await TestRegion.StartAsync(token);
        using var http = Operators(region);
        for (var i = 1; i <= 3; i++) await region.Database.StreamAddAsync(TestRegion.Stream, "data", $$"""{"nothing":{{i}}}""");
        await WaitingAsync(http, "unmapped", 3);

        using (var refused = await http.PostAsync(new Uri("dead-letters/unmapped/2/replay", UriKind.Relative), null, token))
        {
            Assert.Equal(HttpStatusCode.Conflict, refused.StatusCode);
            Assert.Contains("mend the mapping", await refused.Content.ReadAsStringAsync(token), StringComparison.Ordinal);
        }

        var (code, table) = await CommandAsync(region, "list", "unmapped");
        Assert.Equal(0, code);
        Assert.Equal(4, table.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.Contains("\"nothing\": 2", (await CommandAsync(region, "show", "unmapped", "2")).Output, StringComparison.Ordinal);
        Assert.Contains("unmapped  3 ", (await CommandAsync(region, "list")).Output, StringComparison.Ordinal);

        Assert.Equal(0, (await CommandAsync(region, "discard", "unmapped", "2")).Code);
        Assert.Equal(1, (await CommandAsync(region, "discard", "unmapped", "2")).Code);
        Assert.Equal(2, (await CommandAsync(region, "discard", "unmapped")).Code); // all by mistake
        using (var all = await http.DeleteAsync(new Uri("dead-letters/unmapped", UriKind.Relative), token)) Assert.Equal(HttpStatusCode.BadRequest, all.StatusCode);
        Assert.Contains("discarded 2", (await CommandAsync(region, "discard", "unmapped", "--reason", "topic")).Output, StringComparison.Ordinal);
        Assert.Equal(0, await WaitingNowAsync(http, "unmapped"));
        Assert.Equal(3, (await CommandAsync(region, "list", "--operators", "http://127.0.0.1:1")).Code);
        Assert.Equal(2, (await CommandAsync(region, "mend")).Code);
    }

    [Fact]
    public async Task Inspect_Topic_SaysAllThereIs()
    {
        var token = TestContext.Current.CancellationToken;
        await using var region = await TestRegion.StartAsync(token);
        using var http = Operators(region);
        using var client = region.Http();
        for (var i = 1; i <= 3; i++) await region.AddAsync(Topic, new Traded(100 + i, i, Start.AddSeconds(i)));
        await Eventually.TrueAsync(async _ => (int?)(await StateAsync(client))?["volume"] == 6, Soon);

        var found = await JsonAsync(http, "inspect/" + Topic);
        Assert.Equal(("home", 3, 0, false), ((string)found["is"]!, (long)found["offset"]!, (long)found["pending"]!, (bool)found["home"]!["fenced"]!));
        Assert.Equal($"{found["epoch"]}:3", (string)found["position"]!);
        Assert.Equal(6, (int)found["state"]!["volume"]!);
        Assert.Single(found["sources"]!.AsObject());
        Assert.Equal(3, (long)found["history"]!["to"]!);
        Assert.Equal((int)found["followers"]!, found["gateways"]!.AsArray().Count);
        Assert.True((int)found["followers"]! >= 1);
        Assert.NotNull(found["changedAt"]);
    }

    private static HttpClient Operators(TestRegion region) => new() { BaseAddress = region.Gateways[0].OperationsUri, Timeout = Soon };

    private static async Task<JsonNode> JsonAsync(HttpClient http, string address) => JsonNode.Parse(await http.GetStringAsync(new Uri(address, UriKind.Relative)))!;

    private static async Task<int> WaitingNowAsync(HttpClient http, string kind) => (int)(await JsonAsync(http, $"dead-letters/{kind}"))["waiting"]!;

    private static Task WaitingAsync(HttpClient http, string kind, int letters) => Eventually.TrueAsync(async _ => await WaitingNowAsync(http, kind) == letters, Soon);

    private static async Task<JsonNode?> StateAsync(Testing.Clients.HttpTopicClient client)
    {
        var answer = await client.GetAsync(Topic, TestContext.Current.CancellationToken);
        return answer.Status == HttpStatusCode.OK ? JsonNode.Parse(answer.Body)!["state"] : null;
    }

    private static async Task<(int Code, string Output)> CommandAsync(TestRegion region, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add(Repository.PathOf($"EdgeGateway/bin/{Repository.Configuration}/net10.0/E2EEvents.EdgeGateway.dll"));
        start.ArgumentList.Add("dead-letters");
        if (!arguments.AsSpan().Contains("--operators")) arguments = [.. arguments, "--operators", region.Gateways[0].OperationsUri.ToString()];
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        var output = new StringBuilder();
        var reading = Task.WhenAll(ReadAsync(process.StandardOutput), ReadAsync(process.StandardError));
        await process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(Soon);
        await reading;
        return (process.ExitCode, output.ToString());

        async Task ReadAsync(StreamReader reader)
        {
            var text = await reader.ReadToEndAsync();
            lock (output) output.Append(text);
        }
    }
}
