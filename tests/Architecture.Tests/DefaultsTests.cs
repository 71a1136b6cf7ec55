using System.Linq;
using E2EEvents.Architecture.Tests.Code;

namespace E2EEvents.Architecture.Tests;

/// <summary>Types are internal and sealed unless somebody outside is meant to use or derive from them.</summary>
public sealed class DefaultsTests
{
    /// <summary>Public types beside Grains.Interfaces, which is public as a whole, and why.</summary>
    private static readonly Dictionary<string, string> Public = new()
    {
        ["E2EEvents.Grains.Topics.TopicGrain`2"] = "a topic kind derives from it",
        ["E2EEvents.Grains.Topics.Topic"] = "tests of a topic kind run its reducer through it",
        ["E2EEvents.Grains.Storage.TopicStorage"] = "name of the storage that the process chooses",
        ["E2EEvents.Grains.Storage.Sql.SqlDatabase"] = "the process names the database it stands on",
        ["E2EEvents.Connectors.IConnector"] = "a connector implements it",
        ["E2EEvents.Connectors.SourceRecord"] = "what a connector reads",
        ["E2EEvents.Connectors.ResumeToken"] = "what a connector resumes by",
        ["E2EEvents.Connectors.IConnectorType"] = "a type of connector implements it",
        ["E2EEvents.Connectors.ConnectorType`1"] = "a type of connector derives from it",
        ["E2EEvents.Connectors.ConnectorOptions"] = "a connector's options derive from it",
        ["E2EEvents.Connectors.SafeAfter"] = "part of a connector's options",
        ["E2EEvents.Connectors.ConnectorsMetrics"] = "a connector may count with it",
        ["E2EEvents.Connectors.Mapping.IEventMapper"] = "a mapper in C# implements it",
        ["E2EEvents.Connectors.Mapping.MappedRecord"] = "what a mapper gives",
        ["E2EEvents.Connectors.Mapping.MappedEvent"] = "what a mapper gives",
        ["E2EEvents.Connectors.Mapping.MappingRule"] = "part of a connector's options",
        ["E2EEvents.Connectors.Mapping.TimeUnit"] = "part of a connector's options",
    };

    [Theory]
    [InlineData("Grains")]
    [InlineData("Connectors")]
    [InlineData("EdgeGateway")]
    [InlineData("Silo")]
    public void Types_OfAProcess_ArePublicOnlyWhereMeant(string project)
    {
        var unexpected = Product.WrittenTypes(project)
            .Where(type => type.IsPublic && !IsRegistration(type) && !IsTopicKind(type) && !Public.ContainsKey(type.FullName!))
            .Select(type => type.FullName);
        Offenders.None("Types of a process are internal unless somebody outside uses them (then name them here, with the reason)", unexpected);
    }

    [Fact]
    public void PublicTypes_OfTheList_AllExist()
    {
        var known = Product.AllTypes().Where(type => type.IsPublic).Select(type => type.FullName!).ToHashSet();
        Offenders.None("The list names types that exist", Public.Keys.Where(name => !known.Contains(name)));
    }

    [Fact]
    public void Classes_ThatNothingDerivesFrom_AreSealed()
    {
        var all = Product.AllTypes().ToArray();
        var bases = all.Select(type => type.BaseType).OfType<Type>().Select(type => type.IsGenericType ? type.GetGenericTypeDefinition() : type).ToHashSet();
        var open = all.Where(type => type is { IsClass: true, IsSealed: false, IsAbstract: false } && !bases.Contains(type) && !IsProgram(type)).Select(type => type.FullName);
        Offenders.None("Classes are sealed unless something derives from them", open);
    }

    [Fact]
    public void Namespaces_OfAllTypes_FollowTheFolders()
    {
        var wrong = SourceFiles.Code.Where(path => !path.StartsWith("tests/", StringComparison.Ordinal))
            .Select(path => (path, space: NamespaceOf(path)))
            .Where(file => file.space is not null && file.space != Expected(file.path))
            .Select(file => $"{file.path}: namespace {file.space}, expected {Expected(file.path)}");
        Offenders.None("Namespaces follow folders", wrong);
    }

    private static bool IsRegistration(Type type) => type is { IsAbstract: true, IsSealed: true } && type.Name.EndsWith("Extensions", StringComparison.Ordinal);

    private static bool IsTopicKind(Type type) => type.CustomAttributes.Any(attribute => attribute.AttributeType.Name == "TopicKindAttribute");

    private static bool IsProgram(Type type) => type.Name == "Program";

    private static string? NamespaceOf(string path) =>
        SourceFiles.Read(path).Split('\n').FirstOrDefault(line => line.StartsWith("namespace ", StringComparison.Ordinal))?["namespace ".Length..].TrimEnd(';', ' ', '\r');

    /// <summary>The project's name and its folders; Hosting, compiled into two assemblies, has a name that belongs to neither, and Streams is a project of its own inside Grains.</summary>
    private static string Expected(string path)
    {
        var folder = Path.GetDirectoryName(path)!.Replace('\\', '/');
        if (folder == "EdgeGateway/Hosting") return "E2EEvents.Hosting";
        if (folder == "Grains/Streams") return "E2EEvents.Streams";
        return "E2EEvents." + folder.Replace('/', '.');
    }
}
