using System.Linq;
using System.Text.Json.Nodes;
using E2EEvents.Testing.Clients;

namespace E2EEvents.EndToEnd.Regions;

/// <summary><c>./regions</c> does what it says.</summary>
[Collection(RegionCollection.Name)]
public sealed class RegionsScriptTests(ScriptedRegions regions) : IClassFixture<ScriptedRegions>
{
    private const string Topic = "ticker/ACRE";
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task CutAndHeal_ARegionWithClients_TheyStayAreToldAndCatchUp()
    {
        var token = TestContext.Current.CancellationToken;
        foreach (var region in (string[])["us-east", "eu-west", "ap-south"]) Assert.Contains(regions.Gateway(region).ToString().TrimEnd('/'), regions.Up, StringComparison.Ordinal);
        Assert.Matches("eu-west .* us-east +up ", await regions.RunAsync("status"));

        var cutOff = new Transcript(Topic, Delivery.Latest);
        var other = new Transcript(Topic, Delivery.Latest);
        await using var europe = await SseClient.ConnectAsync(regions.Gateway("eu-west"), [cutOff], token);
        await using var asia = await SseClient.ConnectAsync(regions.Gateway("ap-south"), [other], token);
        await cutOff.ReachesAsync(t => t.Taken > 2, Soon);
        await other.ReachesAsync(t => t.Taken > 2, Soon);

        Assert.Contains("Cut eu-west", await regions.RunAsync("cut", "eu-west"), StringComparison.Ordinal);
        await Eventually.TrueAsync(() => LastNotice(europe) == "stale", Soon);
        await Eventually.TrueAsync(async _ => (await regions.RunAsync("status")).Contains("DOWN", StringComparison.Ordinal), Soon);
        var seen = other.Taken;
        await other.ReachesAsync(t => t.Taken > seen + 2, Soon); // nobody else is harmed
        Assert.DoesNotContain(asia.Notices, notice => notice.Name == "stale");
        Assert.True((double)(await LinkAsync("eu-west", token))["lagMs"]!["us-east"]! >= 5000);

        Assert.Contains("Healed eu-west", await regions.RunAsync("heal", "eu-west"), StringComparison.Ordinal);
        await cutOff.ReachesAsync(t => t.Offset >= other.Offset, Soon);
        await Eventually.TrueAsync(() => LastNotice(europe) == "fresh", Soon);
        await Eventually.TrueAsync(async stop => (double)(await LinkAsync("eu-west", stop))["lagMs"]!["us-east"]! < 3000, Soon);
        Assert.Matches("eu-west .* us-east +up ", await regions.RunAsync("status"));
        Assert.InRange((double)(await LinkAsync("eu-west", token))["roundTripMs"]!, 80, 1000);
        Assert.False(europe.Ended.IsCompleted);
        cutOff.AssertKept();
        other.AssertKept();
    }

    private static string? LastNotice(SseClient client) => client.Notices.LastOrDefault()?.Name;

    private async Task<JsonNode> LinkAsync(string region, CancellationToken cancellationToken)
    {
        using var http = new HttpClient();
        return JsonNode.Parse(await http.GetStringAsync(new Uri(regions.Gateway(region), "regions"), cancellationToken))!["links"]![0]!;
    }
}
