using System.Globalization;
using System.Text.Json.Nodes;
using E2EEvents.Grains.Interfaces.Kinds;
using E2EEvents.Testing.Clients;
using Microsoft.Playwright;

namespace E2EEvents.EndToEnd;

/// <summary>Compressed streams in a real browser and in .NET's own clients: each change is there before the next one is made.</summary>
public sealed class CompressedScreenTests
{
    private const string Topic = "weather/cell-00-00";
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);
    private static readonly DateTimeOffset Start = new(2026, 3, 14, 15, 0, 0, TimeSpan.Zero);

    private const string OpenBoth = """
        async ([origin, topic]) => {
          window.seen = { sse: 0, ws: 0, closed: 0 };
          const source = new EventSource(`${origin}topics/${topic}/events`);
          source.onmessage = ({ data }) => { window.seen.sse = JSON.parse(data).offset; };
          source.addEventListener('close', () => { window.seen.closed++; source.close(); });
          const socket = new WebSocket(`${origin.replace('http', 'ws')}topics/${topic}/ws`);
          socket.onmessage = ({ data }) => { window.seen.ws = JSON.parse(data).offset ?? window.seen.ws; };
          await new Promise((opened, failed) => { socket.onopen = opened; socket.onerror = failed; });
          return socket.extensions;
        }
        """;

    [Fact]
    public async Task Change_OverGzipAndPermessageDeflate_IsShownBeforeTheNext()
    {
        var token = TestContext.Current.CancellationToken;
        await using var region = await TestRegion.StartAsync(token, gatewaySettings: new Dictionary<string, string> { ["Gateway:Compression:MinBytes"] = "0" });
        await region.AddAsync(Topic, Report(1));
        var (sse, ws) = (new Transcript(Topic, Delivery.Latest), new Transcript(Topic, Delivery.Latest));
        var options = new StreamOptions { Compressed = true };
        await using var events = await SseClient.ConnectAsync(region.Gateway, [sse], token, options);
        await using var socket = await WsClient.ConnectAsync(region.Gateway, [ws], token, options);
        await sse.ReachesAsync(1, Soon);

        using var playwright = await Playwright.CreateAsync();
        await using var browser = await Chromium.LaunchAsync(playwright);
        var page = await browser.NewPageAsync();
        var encodings = new List<string?>();
        page.Response += (_, response) =>
        {
            if (response.Url.EndsWith("/events", StringComparison.Ordinal)) encodings.Add(response.Headers.GetValueOrDefault("content-encoding"));
        };
        await page.GotoAsync(region.Gateway + "kinds"); // a page of this origin that opens no streams
        var extensions = await page.EvaluateAsync<string>(OpenBoth, new[] { region.Gateway.ToString(), Topic });
        Assert.Contains("permessage-deflate", extensions);

        for (var i = 2; i <= 12; i++)
        {
            await region.AddAsync(Topic, Report(i));
            var reached = string.Create(CultureInfo.InvariantCulture, $"() => window.seen.sse >= {i} && window.seen.ws >= {i}");
            await page.WaitForFunctionAsync(reached, null, new PageWaitForFunctionOptions { Timeout = (float)Soon.TotalMilliseconds });
            await sse.ReachesAsync(i, Soon);
            await ws.ReachesAsync(i, Soon);
        }

        Assert.Contains("gzip", encodings);
        Assert.True(JsonNode.DeepEquals(sse.State, ws.State));
        await region.Gateways[0].StopAsync();
        await page.WaitForFunctionAsync("() => window.seen.closed === 1", null, new PageWaitForFunctionOptions { Timeout = (float)Soon.TotalMilliseconds });
        Assert.Equal(1001, (await events.EndsAsync(Soon)).Code);
        Assert.Equal(1001, (await socket.EndsAsync(Soon)).Code);
    }

    private static Observed Report(int i) => new(Start.AddSeconds(i), i / 10.0);
}
