using System.Linq;
using System.Net;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Routing;

namespace E2EEvents.EdgeGateway.Tests.Transports;

/// <summary>The live page, the API's document, and that the latter tells of every address.</summary>
public sealed class PageTests
{
    [Theory]
    [InlineData("", "text/html; charset=utf-8")]
    [InlineData("app.js", "text/javascript; charset=utf-8")]
    [InlineData("style.css", "text/css; charset=utf-8")]
    [InlineData("openapi.json", "application/json")]
    public async Task File_OfThePage_IsServedWithTagAndSecurityHeaders(string path, string type)
    {
        await using var rig = await GatewayRig.StartAsync();

        var answer = await rig.Topics.SendAsync(path, A.Token);

        Assert.Equal((HttpStatusCode.OK, type), (answer.Status, answer.Headers["Content-Type"]));
        Assert.StartsWith("default-src 'none'; script-src 'self';", answer.Headers["Content-Security-Policy"], StringComparison.Ordinal);
        Assert.Equal("nosniff", answer.Headers["X-Content-Type-Options"]);
        var again = await rig.Topics.SendAsync(path, A.Token, ("If-None-Match", answer.ETag!));
        Assert.Equal((HttpStatusCode.NotModified, "", answer.ETag), (again.Status, again.Body, again.ETag));
        using var head = await rig.SendAsync(HttpMethod.Head, path);
        Assert.Equal(System.Text.Encoding.UTF8.GetByteCount(answer.Body), head.Content.Headers.ContentLength);
    }

    [Fact]
    public async Task OpenApi_AsServed_IsTheDocument()
    {
        await using var rig = await GatewayRig.StartAsync();
        Assert.Equal(await File.ReadAllTextAsync(Repository.PathOf("docs/openapi.json"), A.Token), (await rig.Topics.SendAsync("openapi.json", A.Token)).Body);
    }

    [Fact]
    public async Task OpenApi_Paths_AreTheRoutes()
    {
        await using var rig = await GatewayRig.StartAsync();
        var files = typeof(EdgeGatewayExtensions).Assembly.GetManifestResourceNames().Select(name => name.Replace("wwwroot", "", StringComparison.Ordinal).Replace('\\', '/')).Append("/").ToHashSet();
        var routes = rig.Routes.SelectMany(source => source.Endpoints).OfType<RouteEndpoint>().Select(route => route.RoutePattern.RawText!)
            .Where(path => !files.Contains(path)).Distinct().Order(StringComparer.Ordinal);

        var document = JsonNode.Parse(await File.ReadAllTextAsync(Repository.PathOf("docs/openapi.json"), A.Token))!;

        Assert.Equal(document["paths"]!.AsObject().Select(path => path.Key).Order(StringComparer.Ordinal), routes);
    }

    [Theory]
    [InlineData("kinds")]
    [InlineData("topics/match")]
    [InlineData("topics/match/x")]
    [InlineData("topics/match/x?after=00000000000000aa:1")]
    [InlineData("topics/match/x/history/00000000000000aa/1-1")]
    public async Task Head_WhereGetEnds_IsAnsweredWithoutBody(string path)
    {
        await using var rig = await GatewayRig.StartAsync();
        rig.Region.Topic(A.Match).Publish(2);
        using var head = await rig.SendAsync(HttpMethod.Head, path);
        Assert.Equal(HttpStatusCode.OK, head.StatusCode);
        Assert.Equal("application/json", head.Content.Headers.ContentType!.ToString());
        Assert.Empty(await head.Content.ReadAsByteArrayAsync(A.Token));
    }
}
