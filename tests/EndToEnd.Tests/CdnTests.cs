using System.Linq;
using E2EEvents.Testing.Clients;
using E2EEvents.Testing.Servers;

namespace E2EEvents.EndToEnd;

/// <summary>A gateway behind nginx and behind Varnish, as stand-ins for a CDN.</summary>
public sealed class CdnTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData("nginx")]
    [InlineData("varnish")]
    public async Task GatewayBehindCache_StatesAreShared_StreamsPassAtOnceAndResume(string kind)
    {
        var token = TestContext.Current.CancellationToken;
        await using var region = await TestRegion.StartAsync(token);
        var headlines = new Headlines(topics: 1);
        await region.AddAllAsync(headlines.Next(3));
        await using RealServer cache = kind == "nginx"
            ? new NginxServer { OriginPort = region.Gateways[0].PublicPort }
            : new VarnishServer { OriginPort = region.Gateways[0].PublicPort };
        await cache.StartAsync(token);
        var edge = new Uri($"http://{cache.Endpoint}/");

        var sse = headlines.NewTranscripts();
        var ws = headlines.NewTranscripts();
        await using var events = await SseClient.ConnectAsync(edge, sse, token);
        await using var socket = await WsClient.ConnectAsync(edge, ws, token);
        await sse[0].ReachesAsync(3, Soon);
        await ws[0].ReachesAsync(3, Soon);
        await region.AddAllAsync(headlines.Next(5));
        await headlines.ReachedByAsync(sse, Soon);
        await headlines.ReachedByAsync(ws, Soon);

        using var http = new HttpTopicClient(edge);
        var first = await http.GetAsync("news/feed-00", token);
        Assert.NotNull(first.ETag);
        var hits = await RequestsAsync(region);
        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => http.GetAsync("news/feed-00", token)));
        Assert.All(answers, answer => Assert.Equal(200, (int)answer.Status));
        Assert.InRange(await RequestsAsync(region) - hits, 0, 5); // 50 viewers, at most one request a second and what was under way
        Assert.Equal(304, (int)(await http.GetAsync("news/feed-00", token, first.ETag)).Status);
    }

    /// <summary>States served by the gateway so far, from its metrics.</summary>
    private static async Task<long> RequestsAsync(TestRegion region)
    {
        using var http = new HttpClient();
        var total = 0L;
        foreach (var line in (await http.GetStringAsync(new Uri(region.Gateways[0].OperationsUri, "metrics"))).Split('\n'))
        {
            if (line.StartsWith("http_server_request_duration_seconds_count", StringComparison.Ordinal) && line.Contains("/topics/{kind}/{key}\"", StringComparison.Ordinal))
            {
                total += (long)double.Parse(line.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture);
            }
        }

        return total;
    }
}
