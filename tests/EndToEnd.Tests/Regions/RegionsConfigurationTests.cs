using E2EEvents.Testing.Processes;

namespace E2EEvents.EndToEnd.Regions;

/// <summary>A topology that cannot work is refused at start.</summary>
public sealed class RegionsConfigurationTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Silo_TopologyWithSeveralErrors_TellsAllAndExits()
    {
        await using var silo = new ProductProcess("Silo", new Dictionary<string, string>
        {
            ["Silo:Roles"] = "silo",
            ["Regions:Name"] = "eu-west",
            ["Regions:Homes:match"] = "mars",
            ["Regions:All:us-east:Links"] = "us.example",
            ["Regions:All:eu-west:Upstream"] = "ap-south",
            ["Regions:All:eu-west:Links"] = "eu.example:7443",
            ["Regions:All:ap-south:Upstream"] = "eu-west",
            ["Regions:All:ap-south:Links"] = "ap.example:7443",
            ["Regions:StaleAfter"] = "00:00:00",
        });
        await silo.LaunchAsync();
        Assert.Equal(1, await silo.EndAsync(Soon));
        foreach (var part in (string[])
            ["'mars'", "ap-south -> eu-west -> ap-south", "'us.example'; write host:port", "Topic kind 'news' has no home", "Regions:Certificate is not set", "StaleAfter"])
        {
            await Eventually.TrueAsync(() => silo.Output.Tail.Contains(part, StringComparison.Ordinal), TimeSpan.FromSeconds(5), () => silo.Output.Tail, what: part);
        }
    }

    [Fact]
    public async Task Gateway_TakesLinksWithoutCertificates_TellsItAndExits()
    {
        await using var gateway = new ProductProcess("EdgeGateway", new Dictionary<string, string>
        {
            ["Link:Urls"] = "https://127.0.0.1:" + FreePort.Next().ToString(System.Globalization.CultureInfo.InvariantCulture),
            ["Regions:Name"] = "mars",
            ["Regions:DefaultHome"] = "us-east",
            ["Regions:All:us-east:Links"] = "us.example:7443",
        });
        await gateway.LaunchAsync();
        Assert.Equal(1, await gateway.EndAsync(Soon));
        foreach (var part in (string[])["Regions:Name is 'mars'", "Regions:Certificate is not set"])
        {
            await Eventually.TrueAsync(() => gateway.Output.Tail.Contains(part, StringComparison.Ordinal), TimeSpan.FromSeconds(5), () => gateway.Output.Tail, what: part);
        }
    }
}
