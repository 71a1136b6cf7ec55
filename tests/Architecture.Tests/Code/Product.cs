using System.Linq;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Xml.Linq;

namespace E2EEvents.Architecture.Tests.Code;

/// <summary>The product's projects and assemblies.</summary>
internal static class Product
{
    /// <summary>Who may reference whom; anything not here may not.</summary>
    public static readonly IReadOnlyDictionary<string, string[]> Arrows = new Dictionary<string, string[]>
    {
        ["Grains.Interfaces"] = [],
        ["Grains"] = ["Grains.Interfaces"],
        ["Streams"] = [],
        ["Connectors"] = ["Grains.Interfaces", "Streams"],
        ["EdgeGateway"] = ["Grains.Interfaces"],
        ["Silo"] = ["Grains.Interfaces", "Grains", "Streams", "Connectors", "EdgeGateway"],
    };

    public static TheoryData<string> Projects => [.. Arrows.Keys];

    public static Assembly Load(string project) => Assembly.Load("E2EEvents." + project);

    public static IEnumerable<Type> AllTypes() => Arrows.Keys.SelectMany(WrittenTypes);

    /// <summary>Types that a person wrote: not the compiler, and not the generators of Orleans, options and logging.</summary>
    public static IEnumerable<Type> WrittenTypes(string project) => Load(project).GetTypes().Where(IsWritten);

    public static XDocument ProjectFile(string project) => XDocument.Load(Repository.PathOf($"{FolderOf(project)}/{project}.csproj"));

    /// <summary>Where a project's sources are. The stream provider lies within the folder that uses it, and knows nothing of it: it could be a package of its own.</summary>
    public static string FolderOf(string project) => project == "Streams" ? "Grains/Streams" : project;

    private static bool IsWritten(Type type)
    {
        for (var at = type; at is not null; at = at.DeclaringType)
        {
            if (at.IsDefined(typeof(CompilerGeneratedAttribute), false) || at.IsDefined(typeof(System.CodeDom.Compiler.GeneratedCodeAttribute), false)) return false;
            if (at.Name.Contains('<', StringComparison.Ordinal)) return false;
        }

        return type.Namespace?.StartsWith("E2EEvents", StringComparison.Ordinal) == true;
    }
}
