using System.Linq;
using System.Text.Json.Nodes;
using E2EEvents.EdgeGateway.Transports.Http;
using E2EEvents.Grains.Interfaces.Regions;

namespace E2EEvents.EdgeGateway.Tests.Transports;

/// <summary><c>GET /regions</c>.</summary>
public sealed class RegionsTests
{
    private static readonly (string Name, string Value)[] World =
    [
        ("Regions:Name", "eu-west"),
        ("Regions:DefaultHome", "home"),
        ("Regions:All:home:Links", "10.0.0.1:7443"),
        ("Regions:All:home:PublicUrl", "https://us.example/"),
        ("Regions:All:eu-west:Upstream", "home"),
        ("Regions:StaleAfter", "00:00:03"),
    ];

    [Fact]
    public async Task Regions_HomeAndEdge_TellsTopologyAndLinksWithoutInternals()
    {
        await using var rig = await GatewayRig.StartAsync(World);
        rig.Region.Links = [Link("silo-1", isUp: true, since: 1_000_000, roundTrip: 80_400, lag: 41_250)];
        using var answer = await rig.Http.GetAsync(new Uri("/regions", UriKind.Relative), A.Token);
        var text = await answer.Content.ReadAsStringAsync(A.Token);
        var expected = JsonNode.Parse("""
            {
              "region": "eu-west",
              "regions": [
                { "name": "eu-west", "upstream": "home", "homeOf": [] },
                { "name": "home", "publicUrl": "https://us.example", "homeOf": ["match", "news", "ticker", "wall"] }
              ],
              "links": [{ "upstream": "home", "isUp": true, "since": 1000000, "roundTripMs": 80.4, "lagMs": { "home": 41.2 }, "topics": 7 }],
              "staleAfterMs": 3000
            }
            """);
        Assert.True(JsonNode.DeepEquals(expected, JsonNode.Parse(text)), text);
        Assert.Equal("public, max-age=0, s-maxage=1", Assert.Single(answer.Headers.GetValues("Cache-Control")).Replace("max-age=0, public", "public, max-age=0", StringComparison.Ordinal));
        foreach (var secret in (string[])["10.0.0.1", "silo-1", "refused it"]) Assert.DoesNotContain(secret, text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Regions_NothingConfigured_IsOneRegion()
    {
        await using var rig = await GatewayRig.StartAsync();
        var body = JsonNode.Parse(await rig.Http.GetStringAsync(new Uri("/regions", UriKind.Relative), A.Token))!;
        Assert.Equal("home", (string)Assert.Single(body["regions"]!.AsArray())!["name"]!);
        Assert.Empty(body["links"]!.AsArray());
    }

    [Fact]
    public async Task Regions_AskedByMany_AsksTheSilosOnceASecond()
    {
        await using var rig = await GatewayRig.StartAsync(World);
        await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => rig.Http.GetStringAsync(new Uri("/regions", UriKind.Relative), A.Token)));
        Assert.InRange(rig.Region.LinksAsked, 1, 5); // one, unless this machine took seconds over it
    }

    [Fact]
    public async Task Regions_SilosSilent_IsUnavailableAndAskedForAgain()
    {
        await using var rig = await GatewayRig.StartAsync(World);
        rig.Region.Fault = new TimeoutException();
        GatewayRig.AssertProblem(await rig.Topics.SendAsync("/regions", A.Token), 503, "unavailable");
        rig.Region.Fault = null;
        Assert.Equal("eu-west", (string)JsonNode.Parse(await rig.Http.GetStringAsync(new Uri("/regions", UriKind.Relative), A.Token))!["region"]!);
    }

    [Fact]
    public void ForClients_SeveralSilos_IsOneLinkAsBadAsTheWorst()
    {
        var link = Assert.Single(RegionsBodies.ForClients(
        [
            Link("silo-1", isUp: true, since: 5, roundTrip: 80_000, lag: 40_000),
            Link("silo-2", isUp: false, since: 9, roundTrip: 0, lag: 7_000_000),
        ]));
        Assert.Equal(("home", false, 9, 80.0, 14), (link.Upstream, link.IsUp, link.Since, link.RoundTripMs, link.Topics));
        Assert.Equal(7000, link.LagMs["home"]);
    }

    [Fact]
    public void ForOperators_ALink_TellsAll()
    {
        var link = RegionsBodies.ForOperators(Link("silo-1", isUp: false, since: 5, roundTrip: 0, lag: 40_000));
        Assert.Equal(("silo-1", "10.0.0.1:7443", "refused it", null, 1.5, 99), (link.Silo, link.Address, link.LastError, link.RoundTripMs, link.ClockOffsetMs, link.BytesIn));
    }

    private static LinkStatus Link(string silo, bool isUp, long since, long roundTrip, long lag) =>
        new(silo, "home", "10.0.0.1:7443", isUp, since, roundTrip, 1_500, new() { ["home"] = lag }, 7, 99, "refused it");
}
