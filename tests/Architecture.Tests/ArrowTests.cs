using System.Linq;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using E2EEvents.Architecture.Tests.Code;

namespace E2EEvents.Architecture.Tests;

/// <summary>Who may know whom (docs/architecture.md).</summary>
public sealed partial class ArrowTests
{
    [Theory]
    [MemberData(nameof(Product.Projects), MemberType = typeof(Product))]
    public void ProjectFile_References_FollowTheArrows(string project)
    {
        var references = Product.ProjectFile(project).Descendants("ProjectReference").Select(NameOf).ToArray();
        Offenders.None($"{project} may reference {string.Join(", ", Product.Arrows[project])}", references.Except(Product.Arrows[project]));
    }

    [Theory]
    [MemberData(nameof(Product.Projects), MemberType = typeof(Product))]
    public void Assembly_References_FollowTheArrows(string project)
    {
        var references = Product.Load(project).GetReferencedAssemblies().Select(reference => reference.Name!).Where(name => name.StartsWith("E2EEvents.", StringComparison.Ordinal));
        Offenders.None($"{project} may reference {string.Join(", ", Product.Arrows[project])}", references.Select(name => name["E2EEvents.".Length..]).Except(Product.Arrows[project]));
    }

    [Theory]
    [MemberData(nameof(Product.Projects), MemberType = typeof(Product))]
    public void Assembly_References_AreFreeOfTestPackages(string project)
    {
        var references = Product.Load(project).GetReferencedAssemblies().Select(reference => reference.Name!);
        Offenders.None("The product does not know the tests' packages", references.Where(name => TestPackage().IsMatch(name)));
    }

    /// <summary>Clustering code is needed by every process and too small for a project: it is the one folder compiled twice. Grains takes two files of it.</summary>
    [Theory]
    [MemberData(nameof(Product.Projects), MemberType = typeof(Product))]
    public void ProjectFile_SourcesOfOthers_AreOnlyTheSharedHosting(string project)
    {
        var linked = Product.ProjectFile(project).Descendants("Compile").Select(item => item.Attribute("Include")?.Value).Where(path => path?.StartsWith("..", StringComparison.Ordinal) == true);
        string[] allowed = project == "Grains" ? ["../EdgeGateway/Hosting/Backoff.cs", "../EdgeGateway/Hosting/Seldom.cs"] : ["../EdgeGateway/Hosting/*.cs"];
        Assert.All(linked, path => Assert.Contains(path, allowed));
    }

    [Fact]
    public void Projects_OfTheProduct_AreAllListedInTheArrows()
    {
        var found = SourceFiles.All.Where(path => path.EndsWith(".csproj", StringComparison.Ordinal) && !path.StartsWith("tests/", StringComparison.Ordinal)).Select(path => Path.GetFileNameWithoutExtension(path)!);
        Assert.Equal(Product.Arrows.Keys.Order(), found.Order());
    }

    [Fact]
    public void Solution_Projects_AreAllThereAre()
    {
        var listed = ProjectOfSolution().Matches(SourceFiles.Read("E2EEvents.sln")).Select(match => match.Groups[1].Value.Replace('\\', '/'));
        var found = SourceFiles.All.Where(path => path.EndsWith(".csproj", StringComparison.Ordinal));
        Offenders.None("The solution has every project (dotnet sln add)", found.Except(listed));
        Offenders.None("The solution has no project that is not there", listed.Except(found));
    }

    private static string NameOf(XElement reference) => Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value.Replace('\\', '/'));

    [GeneratedRegex("^(xunit|CsCheck|Microsoft\\.Playwright|BenchmarkDotNet|Microsoft\\.Extensions\\.TimeProvider\\.Testing|Orleans\\.TestingHost|HdrHistogram)")]
    private static partial Regex TestPackage();

    [GeneratedRegex("\"([^\"]+\\.csproj)\"")]
    private static partial Regex ProjectOfSolution();
}
