using System.Linq;
using E2EEvents.Testing.Servers;
using Microsoft.AspNetCore.Http;

namespace E2EEvents.Testing.Tests.Servers;

/// <summary>The two stand-ins for a CDN do what the tests of the gateway rely on.</summary>
public sealed class CacheServerTests
{
    [Theory]
    [InlineData("nginx")]
    [InlineData("varnish")]
    public async Task Cache_ManyAskAtOnce_OneRequestReachesTheOrigin(string kind)
    {
        var hits = 0;
        await using var origin = await StubServer.StartAsync(
            async context =>
            {
                Interlocked.Increment(ref hits);
                context.Response.Headers.CacheControl = "public, max-age=0, s-maxage=5, stale-while-revalidate=10, stale-if-error=60";
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, context.RequestAborted);
                await context.Response.WriteAsync("state");
            },
            A.Token);
        await using RealServer cache = kind == "nginx" ? new NginxServer { OriginPort = origin.Port } : new VarnishServer { OriginPort = origin.Port };
        await cache.StartAsync(A.Token);
        using var http = new HttpClient { BaseAddress = new Uri($"http://{cache.Endpoint}/") };
        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => http.GetStringAsync(new Uri("topics/match/x", UriKind.Relative), A.Token)));
        Assert.All(answers, answer => Assert.Equal("state", answer));
        Assert.Equal(1, hits);
    }

    [Theory]
    [InlineData("nginx")]
    [InlineData("varnish")]
    public async Task Cache_EventStream_PassesEachEventAtOnce(string kind)
    {
        var next = new TaskCompletionSource();
        await using var origin = await StubServer.StartAsync(
            async context =>
            {
                context.Response.ContentType = "text/event-stream";
                await context.Response.WriteAsync("data: 1\n\n");
                await context.Response.Body.FlushAsync(context.RequestAborted);
                await next.Task;
                await context.Response.WriteAsync("data: 2\n\n");
            },
            A.Token);
        await using RealServer cache = kind == "nginx" ? new NginxServer { OriginPort = origin.Port } : new VarnishServer { OriginPort = origin.Port };
        await cache.StartAsync(A.Token);
        using var http = new HttpClient { BaseAddress = new Uri($"http://{cache.Endpoint}/") };
        await using var stream = await http.GetStreamAsync(new Uri("topics/match/x/events", UriKind.Relative), A.Token);
        using var reader = new StreamReader(stream);
        Assert.Equal("data: 1", await reader.ReadLineAsync(A.Token)); // the origin has not ended yet
        next.SetResult();
        Assert.Equal("data: 1\n\ndata: 2\n\n", "data: 1\n" + await reader.ReadToEndAsync(A.Token));
    }
}
