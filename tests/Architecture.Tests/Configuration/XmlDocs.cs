using System.Linq;
using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace E2EEvents.Architecture.Tests.Configuration;

/// <summary>Summaries of types and properties from the documentation files beside the assemblies, as Markdown.</summary>
internal sealed partial class XmlDocs
{
    private readonly Dictionary<string, XElement> _members = [];

    public XmlDocs(IEnumerable<Assembly> assemblies)
    {
        foreach (var assembly in assemblies)
        {
            foreach (var member in XDocument.Load(Path.ChangeExtension(assembly.Location, ".xml")).Descendants("member")) _members.TryAdd(member.Attribute("name")!.Value, member);
        }
    }

    public string SummaryOf(Type type) => SummaryOf("T:" + type.FullName!.Replace('+', '.'));

    public string SummaryOf(PropertyInfo property) => SummaryOf($"P:{property.DeclaringType!.FullName!.Replace('+', '.')}.{property.Name}");

    private string SummaryOf(string name)
    {
        if (!_members.TryGetValue(name, out var member)) return "";
        if (member.Element("inheritdoc")?.Attribute("cref")?.Value is { } other) return SummaryOf(other);
        return member.Element("summary") is { } summary ? Spaces().Replace(string.Concat(summary.Nodes().Select(Markdown)), " ").Trim() : "";
    }

    private static string Markdown(XNode node) => node switch
    {
        XText text => text.Value,
        XElement { Name.LocalName: "c" } code => $"`{code.Value}`",
        XElement { Name.LocalName: "see" or "paramref" } reference => $"`{ShortName(reference)}`",
        XElement other => string.Concat(other.Nodes().Select(Markdown)),
        _ => "",
    };

    private static string ShortName(XElement reference)
    {
        var name = (reference.Attribute("cref") ?? reference.Attribute("name") ?? reference.Attribute("langword"))!.Value;
        return name[(name.LastIndexOf('.') + 1)..];
    }

    [GeneratedRegex("\\s+")]
    private static partial Regex Spaces();
}
