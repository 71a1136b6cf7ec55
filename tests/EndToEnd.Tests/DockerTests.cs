using System.Diagnostics;
using System.Text.RegularExpressions;

namespace E2EEvents.EndToEnd;

/// <summary>The container files cannot be run without an engine; what can be checked is: every setting they name exists, every project they build exists.</summary>
public sealed partial class DockerTests
{
    private static readonly string Compose = File.ReadAllText(Repository.PathOf("docker/compose.yaml"));

    [Fact]
    public void Compose_EverySetting_IsDocumented()
    {
        var documented = File.ReadAllText(Repository.PathOf("docs/configuration.md"));
        var names = Setting().Matches(Compose);
        Assert.NotEmpty(names);
        foreach (Match name in names)
        {
            var setting = name.Groups[1].Value.Replace("Connectors__sample__", "Connectors:<name>:", StringComparison.Ordinal).Replace("__", ":", StringComparison.Ordinal);
            Assert.True(documented.Contains($"`{setting}`", StringComparison.Ordinal), $"docs/configuration.md does not list {setting}.");
        }
    }

    [Fact]
    public async Task Compose_Yamllint_FindsNothing()
    {
        using var lint = Process.Start(new ProcessStartInfo("yamllint", ["-s", "-d", "{extends: relaxed, rules: {line-length: {max: 130}}}", Repository.PathOf("docker/compose.yaml")]) { RedirectStandardOutput = true })!;
        var found = await lint.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await lint.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(lint.ExitCode == 0, found);
    }

    [Fact]
    public void Compose_EveryProject_Exists()
    {
        var projects = Project().Matches(Compose);
        Assert.NotEmpty(projects);
        foreach (Match project in projects)
        {
            Assert.True(File.Exists(Repository.PathOf($"{project.Groups[1].Value}/{project.Groups[1].Value}.csproj")), project.Value);
        }
    }

    [GeneratedRegex("([A-Z][A-Za-z]+(?:__[A-Za-z]+)+):")]
    private static partial Regex Setting();

    [GeneratedRegex("PROJECT: ([A-Za-z.]+)")]
    private static partial Regex Project();
}
