using System.ComponentModel;
using System.Linq;
using System.Reflection;
using Microsoft.Extensions.Configuration;

namespace E2EEvents.Connectors.Configuration;

/// <summary>
/// Compares a configuration section with an options class before it is bound: names that the class does not have, and values that cannot be
/// converted. The binder stops at the first; this finds all. Values are never repeated, they may be secrets.
/// </summary>
internal static class SectionCheck
{
    /// <summary>Checks a section.</summary>
    /// <param name="section">What is configured.</param>
    /// <param name="type">Options class.</param>
    /// <param name="errors">Gets everything that is wrong, with its path.</param>
    public static void Check(IConfigurationSection section, Type type, List<string> errors)
    {
        var options = type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property => property.CanWrite).ToDictionary(property => property.Name, StringComparer.OrdinalIgnoreCase);
        foreach (var child in section.GetChildren())
        {
            if (options.TryGetValue(child.Key, out var property)) CheckValue(child, property.PropertyType, errors);
            else errors.Add($"{child.Path}: there is no such option; there are {string.Join(", ", options.Keys.Order(StringComparer.Ordinal))}.");
        }
    }

    private static void CheckValue(IConfigurationSection value, Type type, List<string> errors)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (ElementOf(type) is { } element)
        {
            if (!string.IsNullOrEmpty(value.Value)) errors.Add($"{value.Path}: must be a list ({value.Path}:0, {value.Path}:1 …).");
            foreach (var item in value.GetChildren()) CheckValue(item, element, errors);
        }
        else if (TypeDescriptor.GetConverter(type) is { } converter && converter.CanConvertFrom(typeof(string)))
        {
            CheckScalar(value, type, converter, errors);
        }
        else if (!string.IsNullOrEmpty(value.Value))
        {
            errors.Add($"{value.Path}: must be an object.");
        }
        else
        {
            Check(value, type, errors);
        }
    }

    private static void CheckScalar(IConfigurationSection value, Type type, TypeConverter converter, List<string> errors)
    {
        if (value.GetChildren().Any())
        {
            errors.Add($"{value.Path}: must be {Describe(type)}, not an object or a list.");
            return;
        }

        if (value.Value is null) return; // null in JSON: the default stays
        try
        {
            converter.ConvertFromInvariantString(value.Value);
        }
        catch (Exception failure) when (failure is FormatException or ArgumentException or NotSupportedException or OverflowException)
        {
            // ArgumentException is what the number converters wrap theirs in.
            errors.Add($"{value.Path}: must be {Describe(type)}.");
        }
    }

    private static Type? ElementOf(Type type) =>
        type.IsGenericType && type.GetGenericTypeDefinition() == typeof(List<>) ? type.GetGenericArguments()[0] : null;

    private static string Describe(Type type)
    {
        if (type.IsEnum) return "one of " + string.Join(", ", Enum.GetNames(type));
        if (type == typeof(bool)) return "true or false";
        if (type == typeof(TimeSpan)) return "a duration such as 00:00:05";
        return type == typeof(string) ? "text" : "a number";
    }
}
