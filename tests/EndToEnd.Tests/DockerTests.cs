using System.Diagnostics;
using System.Text.RegularExpressions;

namespace E2EEvents.EndToEnd;

/// <summary>The container files cannot be run without an engine; what can be checked is: every setting they name exists, every project they build exists.</summary>
public sealed partial class DockerTests
{
    [Theory]
    [InlineData("compose.yaml")]
    [InlineData("regions.yaml")]
    public void Compose_EverySetting_IsDocumented(string file)
    {
        var documented = File.ReadAllText(Repository.PathOf("docs/configuration.md"));
        var names = Setting().Matches(Read(file));
        Assert.NotEmpty(names);
        foreach (Match name in names)
        {
            var setting = Named().Replace(name.Groups[1].Value, "$1<name>__").Replace("__", ":", StringComparison.Ordinal);
            Assert.True(documented.Contains($"`{setting}`", StringComparison.Ordinal), $"docs/configuration.md does not list {setting}.");
        }
    }

    [Theory]
    [InlineData("compose.yaml")]
    [InlineData("regions.yaml")]
    public async Task Compose_Yamllint_FindsNothing(string file)
    {
        using var lint = Process.Start(new ProcessStartInfo("yamllint", ["-s", "-d", "{extends: relaxed, rules: {line-length: {max: 150}}}", Repository.PathOf($"docker/{file}")]) { RedirectStandardOutput = true })!;
        var found = await lint.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await lint.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(lint.ExitCode == 0, found);
    }

    [Theory]
    [InlineData("compose.yaml")]
    [InlineData("regions.yaml")]
    public void Compose_EveryProject_Exists(string file)
    {
        var projects = Project().Matches(Read(file));
        Assert.NotEmpty(projects);
        foreach (Match project in projects)
        {
            Assert.True(File.Exists(Repository.PathOf($"{project.Groups[1].Value}/{project.Groups[1].Value}.csproj")), project.Value);
        }
    }

    private static string Read(string file) => File.ReadAllText(Repository.PathOf($"docker/{file}"));

    [GeneratedRegex("([A-Z][A-Za-z]+(?:__[A-Za-z-]+)+):")]
    private static partial Regex Setting();

    /// <summary>Names that whoever runs it chooses.</summary>
    [GeneratedRegex("^(Connectors__|Regions__All__)[^_]+__")]
    private static partial Regex Named();

    [GeneratedRegex("PROJECT: ([A-Za-z.]+)")]
    private static partial Regex Project();
}
