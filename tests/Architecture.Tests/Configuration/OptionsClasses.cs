using System.Linq;
using System.Reflection;
using System.Text.RegularExpressions;
using E2EEvents.Architecture.Tests.Code;
using Microsoft.Extensions.Options;

namespace E2EEvents.Architecture.Tests.Configuration;

/// <summary>One settable value.</summary>
/// <param name="Property">The property it is bound to.</param>
/// <param name="Key">Its key below the section.</param>
/// <param name="Default">Its value in a new instance; null where there is none.</param>
internal sealed record Setting(PropertyInfo Property, string Key, object? Default);

/// <summary>A class of options.</summary>
/// <param name="Type">The class.</param>
/// <param name="Section">Where it is bound, as its documentation says.</param>
/// <param name="Settings">What it has, beside what it inherits.</param>
internal sealed record OptionsClass(Type Type, string Section, IReadOnlyList<Setting> Settings);

/// <summary>Finds all options classes: those that some validator checks, and what they derive from.</summary>
internal static partial class OptionsClasses
{
    public static IReadOnlyList<OptionsClass> Find(XmlDocs docs)
    {
        var found = new Dictionary<string, OptionsClass>();
        foreach (var type in Product.AllTypes().SelectMany(Validated).SelectMany(WithBases))
        {
            // Hosting is compiled into two assemblies; both have the same class.
            found.TryAdd(type.FullName!, new OptionsClass(type, SectionOf(type, docs), [.. SettingsOf(type, "", type.IsAbstract ? null : Activator.CreateInstance(type))]));
        }

        return [.. found.Values.OrderBy(options => Order(options.Section)).ThenBy(options => options.Section, StringComparer.Ordinal).ThenBy(options => options.Type.IsAbstract ? 0 : 1).ThenBy(options => options.Type.Name, StringComparer.Ordinal)];
    }

    private static IEnumerable<Type> Validated(Type validator) => validator.GetInterfaces()
        .Where(contract => contract.IsGenericType && contract.GetGenericTypeDefinition() == typeof(IValidateOptions<>))
        .Select(contract => contract.GenericTypeArguments[0])
        .Where(type => type.Name.EndsWith("Options", StringComparison.Ordinal));

    private static IEnumerable<Type> WithBases(Type type)
    {
        for (var at = type; at is not null && at != typeof(object); at = at.BaseType) yield return at;
    }

    private static IEnumerable<Setting> SettingsOf(Type type, string prefix, object? instance)
    {
        instance ??= Derived(type);
        foreach (var property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly).Where(property => property.SetMethod is { IsPublic: true }))
        {
            yield return new Setting(property, prefix + property.Name, property.GetValue(instance));
            if (ElementOf(property.PropertyType) is not { } element) continue;
            foreach (var setting in SettingsOf(element, $"{prefix}{property.Name}:{(IsByName(property.PropertyType) ? "<name>" : "<n>")}:", Activator.CreateInstance(element))) yield return setting;
        }
    }

    /// <summary>Defaults of an abstract class are those that a class deriving from it has.</summary>
    private static object? Derived(Type type) => type.IsAbstract
        ? Activator.CreateInstance(Product.AllTypes().First(other => other is { IsAbstract: false } && other.IsSubclassOf(type)))
        : Activator.CreateInstance(type);

    private static bool IsByName(Type type) => type.IsGenericType && type.GetGenericTypeDefinition() == typeof(Dictionary<,>);

    /// <summary>The class of a list's elements if it is one of ours.</summary>
    public static Type? ElementOf(Type type)
    {
        var element = type.IsArray ? type.GetElementType() : type.IsGenericType ? type.GenericTypeArguments[^1] : type;
        return element is { IsClass: true } && element.Namespace?.StartsWith("E2EEvents", StringComparison.Ordinal) == true ? element : null;
    }

    private static string SectionOf(Type type, XmlDocs docs)
    {
        for (var at = type; at is not null; at = at.BaseType)
        {
            if (Section().Match(docs.SummaryOf(at)) is { Success: true } match) return match.Groups[1].Value;
        }

        return "";
    }

    private static int Order(string section) => Array.IndexOf(["Cluster", "Operations", "Silo", "Topics", "Feeds", "DeadLetters", "Gateway"], section.Split(':')[0]) is var at and >= 0 ? at : 99;

    [GeneratedRegex("Section `([^`]+)`")]
    private static partial Regex Section();
}
