using Microsoft.Playwright;

namespace E2EEvents.EndToEnd;

/// <summary>The machine's own Chromium; nothing is downloaded.</summary>
internal static class Chromium
{
    public static Task<IBrowser> LaunchAsync(IPlaywright playwright) => playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
    {
        ExecutablePath = Environment.GetEnvironmentVariable("E2E_CHROMIUM") is { Length: > 0 } given ? given : "/usr/bin/chromium",
        Args = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking", "--no-first-run", "--disable-component-update", "--disable-sync"],
        Timeout = 60_000,
    });
}
