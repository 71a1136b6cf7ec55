using System.Text.Json.Nodes;
using E2EEvents.Grains.Interfaces.Kinds;
using E2EEvents.Grains.Kinds;
using E2EEvents.Testing.Clients;
using Microsoft.Playwright;

namespace E2EEvents.EndToEnd;

/// <summary>The main job: an origin writes into a real Redis, and every transport and a real browser show it, in order, once.</summary>
public sealed class ScreenTests
{
    private const string Topic = "match/2026-ENG-ARS";
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);
    private static readonly DateTimeOffset KickOff = new(2026, 3, 14, 15, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task EntryInRedis_ReachesHttpSseWebSocketAndBrowser_InOrderExactlyOnce()
    {
        var token = TestContext.Current.CancellationToken;
        await using var region = await TestRegion.StartAsync(token);
        MatchEvent[] events =
        [
            new FixtureAnnounced("League", new Team("ARS", "Arsenal"), new Team("CHE", "Chelsea"), KickOff, "The Ground", "Matchday 1"),
            new PeriodBegan(MatchPeriod.FirstHalf),
            new GoalScored("g1", Side.Home, 12, "A. Berg"),
            new CardShown("c1", Side.Away, 20, "B. Costa", CardColour.Yellow),
            new GoalScored("g2", Side.Away, 31, "C. Diaz"),
            new GoalCancelled("g2", "offside"),
            new GoalScored("g3", Side.Home, 44, "D. Eng"),
        ];
        await region.AddAsync(Topic, events[0]);
        var ws = new Transcript(Topic, Delivery.Every);
        var sse = new Transcript(Topic, Delivery.Every);
        var poll = new Transcript(Topic, Delivery.Every);
        await using var socket = await WsClient.ConnectAsync(region.Gateway, [ws], token, new StreamOptions { Patches = true });
        await using var events1 = await SseClient.ConnectAsync(region.Gateway, [sse], token);
        await ws.ReachesAsync(1, Soon);
        await using var http = ResumingClient.Http(region.Gateway, poll);
        await poll.ReachesAsync(1, Soon);

        using var playwright = await Playwright.CreateAsync();
        await using var browser = await Chromium.LaunchAsync(playwright);
        var errors = new List<string>();
        var page = await browser.NewPageAsync(new BrowserNewPageOptions { ViewportSize = new ViewportSize { Width = 1280, Height = 900 } });
        page.Console += (_, message) =>
        {
            if (message.Type == "error") errors.Add(message.Text);
        };
        page.PageError += (_, error) => errors.Add(error);
        await page.GotoAsync(region.Gateway.ToString());
        var card = page.Locator($"[data-testid=match][data-topic='{Topic}']");
        await card.WaitForAsync(new LocatorWaitForOptions { Timeout = 60_000 });

        for (var i = 1; i < events.Length; i++) await region.AddAsync(Topic, events[i]);
        var expected = JsonNode.Parse(StateEncoder.Encode(Grains.Topics.Topic.Replay<MatchGrain, Match>(events)));
        foreach (var transcript in (Transcript[])[ws, sse, poll])
        {
            await transcript.ReachesAsync(events.Length, Soon);
            transcript.AssertKept();
            Assert.True(JsonNode.DeepEquals(expected, transcript.State), transcript.State!.ToJsonString());
            Assert.Equal(events.Length, transcript.Taken); // each once; a hole or an offset that falls breaks the transcript
            Assert.Empty(transcript.Gaps);
        }

        Assert.True(ws.Patches > 0);
        await Assertions.Expect(card.GetByTestId("match-score")).ToHaveTextAsync("2 : 0", new LocatorAssertionsToHaveTextOptions { Timeout = 60_000 });
        await Assertions.Expect(card).ToHaveAttributeAsync("data-position", ws.Position.ToString()!);
        Assert.Equal(0, await page.EvaluateAsync<int>("() => window.e2e.stats.holes"));
        await page.ScreenshotAsync(new PageScreenshotOptions { Path = Artifacts.PathOf("screenshots", "match.png") });
        Assert.Empty(errors);
    }

    [Fact]
    public async Task Page_ConnectionCutUnderSampleFeeds_ResumesWithoutHole()
    {
        var token = TestContext.Current.CancellationToken;
        await using var embedded = new Testing.Processes.ProductProcess("Silo", new Dictionary<string, string>
        {
            ["Silo:SiloPort"] = Testing.Processes.FreePort.Next().ToString(System.Globalization.CultureInfo.InvariantCulture),
            ["Cluster:OrleansGatewayPort"] = Testing.Processes.FreePort.Next().ToString(System.Globalization.CultureInfo.InvariantCulture),
        });
        await embedded.StartAsync(token);
        using var playwright = await Playwright.CreateAsync();
        await using var browser = await Chromium.LaunchAsync(playwright);
        var page = await browser.NewPageAsync(new BrowserNewPageOptions { ViewportSize = new ViewportSize { Width = 1280, Height = 900 } });
        await page.GotoAsync(embedded.PublicUri.ToString());
        await page.GetByTestId("match").First.WaitForAsync(new LocatorWaitForOptions { Timeout = 60_000 });
        await page.WaitForFunctionAsync("() => Object.keys(window.e2e.states).length >= 70", null, new PageWaitForFunctionOptions { Timeout = 60_000 });

        await page.EvaluateAsync("() => window.e2e.hub.cut(1500)");
        await page.WaitForFunctionAsync("() => window.e2e.stats.reconnects >= 1 && window.e2e.streams.every(s => s.status === 'open')", null, new PageWaitForFunctionOptions { Timeout = 60_000 });
        var changes = await page.EvaluateAsync<int>("() => window.e2e.stats.changes");
        await page.WaitForFunctionAsync($"() => window.e2e.stats.changes > {changes} + 20", null, new PageWaitForFunctionOptions { Timeout = 60_000 });

        Assert.Equal(0, await page.EvaluateAsync<int>("() => window.e2e.stats.holes"));
        await page.ScreenshotAsync(new PageScreenshotOptions { Path = Artifacts.PathOf("screenshots", "live.png"), FullPage = true });
        await page.SetViewportSizeAsync(360, 780);
        await page.ScreenshotAsync(new PageScreenshotOptions { Path = Artifacts.PathOf("screenshots", "phone.png") });
        await embedded.StopAsync();
    }
}
