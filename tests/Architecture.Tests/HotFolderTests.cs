using System.Linq;
using System.Reflection;
using System.Text.RegularExpressions;
using E2EEvents.Architecture.Tests.Code;

namespace E2EEvents.Architecture.Tests;

/// <summary>Wire knows bytes only, and what runs for each delivery asks for nothing that allocates behind its back.</summary>
public sealed partial class HotFolderTests
{
    private const string Wire = "E2EEvents.Grains.Interfaces.Wire";
    private const string Fanout = "E2EEvents.EdgeGateway.Fanout";

    [Fact]
    public void Wire_UsedTypes_AreFreeOfOrleansAndAspNetCore()
    {
        var used = TypesIn("Grains.Interfaces", Wire).SelectMany(type => UsedTypes.Of(type).Select(other => (type, other)));
        var foreign = used.Where(use => ForeignAssembly().IsMatch(use.other.Assembly.GetName().Name!)).Select(use => $"{use.type.Name} uses {use.other.FullName}");
        Offenders.None("Wire knows bytes only", foreign);
    }

    [Theory]
    [InlineData("Grains.Interfaces", Wire)]
    [InlineData("EdgeGateway", Fanout)]
    [InlineData("EdgeGateway", "E2EEvents.EdgeGateway.Sockets")]
    public void HotFolder_UsedTypes_AreFreeOfLinq(string project, string space)
    {
        var types = TypesIn(project, space).ToArray();
        Assert.NotEmpty(types);
        var used = types.SelectMany(type => UsedTypes.Of(type).Select(other => (type, other)));
        Offenders.None("Hot code does without LINQ", used.Where(use => use.other.Namespace == "System.Linq").Select(use => $"{use.type.Name} uses {use.other.Name}"));
    }

    [Theory]
    [InlineData("Grains.Interfaces/Wire")]
    [InlineData("EdgeGateway/Fanout")]
    [InlineData("EdgeGateway/Sockets")]
    public void HotFolder_Sources_DoNotAskForLinq(string folder)
    {
        var files = SourceFiles.CodeIn(folder).ToArray();
        Assert.NotEmpty(files);
        Offenders.None("Hot code does without LINQ", files.Where(file => UsingLinq().IsMatch(SourceFiles.Read(file))));
    }

    /// <summary>The check itself must see what it is to find.</summary>
    [Fact]
    public void UsedTypes_OfAMethodThatUsesLinqAndAttributes_FindsThem()
    {
        var used = UsedTypes.Of(typeof(HotFolderTests));
        Assert.Contains(typeof(Enumerable), used);
        Assert.Contains(typeof(FactAttribute), used);
        Assert.Contains(typeof(Match), UsedTypes.Of(typeof(ArrowTests)));
    }

    [Fact]
    public void Linq_EveryFolder_IsAskedForByName()
    {
        Assert.Contains("<Using Remove=\"System.Linq\" />", SourceFiles.Read("Directory.Build.targets"), StringComparison.Ordinal);
        Offenders.None("LINQ is asked for file by file", SourceFiles.Code.Where(file => GlobalLinq().IsMatch(SourceFiles.Read(file))));
    }

    private static IEnumerable<TypeInfo> TypesIn(string project, string space) =>
        Product.Load(project).DefinedTypes.Where(type => type.Namespace == space || type.Namespace?.StartsWith(space + ".", StringComparison.Ordinal) == true);

    [GeneratedRegex("^(Orleans|Microsoft\\.Orleans|Microsoft\\.AspNetCore)")]
    private static partial Regex ForeignAssembly();

    [GeneratedRegex("^\\s*(global\\s+)?using\\s+(static\\s+)?System\\.Linq", RegexOptions.Multiline)]
    private static partial Regex UsingLinq();

    [GeneratedRegex("^global\\s+using\\s+(static\\s+)?System\\.Linq", RegexOptions.Multiline)]
    private static partial Regex GlobalLinq();
}
