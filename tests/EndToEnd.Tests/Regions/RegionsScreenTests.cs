using Microsoft.Playwright;

namespace E2EEvents.EndToEnd.Regions;

/// <summary>What a viewer sees of several regions.</summary>
[Collection(RegionCollection.Name)]
public sealed class RegionsScreenTests(ScriptedRegions regions) : IClassFixture<ScriptedRegions>
{
    private const int Wait = 60_000;

    [Fact]
    public async Task Page_RegionSwitchedAndCut_KeepsPositionsWithoutHoleAndShowsWhatIsStale()
    {
        using var playwright = await Playwright.CreateAsync();
        await using var browser = await Chromium.LaunchAsync(playwright);
        var page = await browser.NewPageAsync(new BrowserNewPageOptions { ViewportSize = new ViewportSize { Width = 1280, Height = 900 } });
        var errors = new List<string>();
        page.PageError += (_, error) => errors.Add(error);
        await page.GotoAsync(regions.Gateway("us-east").ToString());
        await page.WaitForFunctionAsync("() => Object.keys(window.e2e.states).length >= 70", null, new PageWaitForFunctionOptions { Timeout = Wait });
        await Assertions.Expect(page.GetByTestId("region-row")).ToHaveCountAsync(3, new LocatorAssertionsToHaveCountOptions { Timeout = Wait });
        await ExpectAsync(Row(page, "us-east"), "data-current", "");

        foreach (var region in (string[])["eu-west", "ap-south", "us-east", "eu-west"])
        {
            var before = await page.EvaluateAsync<Dictionary<string, string>>("() => window.e2e.positions");
            await page.GetByTestId("region-choice").SelectOptionAsync(region);
            await page.WaitForFunctionAsync("() => window.e2e.streams.every(s => s.status === 'open')", null, new PageWaitForFunctionOptions { Timeout = Wait });
            var changes = await page.EvaluateAsync<int>("() => window.e2e.stats.changes");
            await page.WaitForFunctionAsync($"() => window.e2e.stats.changes > {changes} + 20", null, new PageWaitForFunctionOptions { Timeout = Wait });
            await ExpectAsync(page.GetByTestId("region-move"), "data-whole", "");
            Assert.Equal(regions.Gateway(region).ToString().TrimEnd('/'), await page.EvaluateAsync<string>("() => window.e2e.base"));

            var after = await page.EvaluateAsync<Dictionary<string, string>>("() => window.e2e.positions");
            foreach (var (topic, position) in before)
            {
                Assert.Equal(position[..16], after[topic][..16]); // the same epoch: one run of positions in all regions
                Assert.True(long.Parse(after[topic][17..], System.Globalization.CultureInfo.InvariantCulture) >= long.Parse(position[17..], System.Globalization.CultureInfo.InvariantCulture), topic);
            }

            Assert.Equal(0, await page.EvaluateAsync<int>("() => window.e2e.stats.holes + window.e2e.stats.gaps"));
        }

        await page.ScreenshotAsync(new PageScreenshotOptions { Path = Artifacts.PathOf("screenshots", "regions.png"), FullPage = true });
        await regions.RunAsync("cut", "eu-west");
        await ExpectAsync(page.GetByTestId("banner"), "data-kind", "stale");
        await Assertions.Expect(page.GetByTestId("banner")).ToContainTextAsync("stale", new LocatorAssertionsToContainTextOptions { Timeout = Wait });
        await ExpectAsync(Row(page, "eu-west"), "data-link", "down");
        await page.ScreenshotAsync(new PageScreenshotOptions { Path = Artifacts.PathOf("screenshots", "regions-cut.png"), FullPage = true });

        await regions.RunAsync("heal", "eu-west");
        await ExpectAsync(Row(page, "eu-west"), "data-link", "up");
        await Assertions.Expect(page.GetByTestId("banner")).ToBeHiddenAsync(new LocatorAssertionsToBeHiddenOptions { Timeout = Wait });
        Assert.Equal(0, await page.EvaluateAsync<int>("() => window.e2e.stats.holes"));
        Assert.Empty(errors);
    }

    private static ILocator Row(IPage page, string region) => page.Locator($"[data-testid=region-row][data-region='{region}']");

    private static Task ExpectAsync(ILocator element, string attribute, string value) =>
        Assertions.Expect(element).ToHaveAttributeAsync(attribute, value, new LocatorAssertionsToHaveAttributeOptions { Timeout = Wait });
}
