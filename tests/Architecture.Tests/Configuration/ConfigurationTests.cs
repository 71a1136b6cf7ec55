using System.Linq;
using E2EEvents.Architecture.Tests.Code;

namespace E2EEvents.Architecture.Tests.Configuration;

/// <summary>The configuration reference is what the code does.</summary>
public sealed class ConfigurationTests
{
    private static readonly XmlDocs Docs = new(Product.Arrows.Keys.Select(Product.Load));
    private static readonly IReadOnlyList<OptionsClass> All = OptionsClasses.Find(Docs);

    [Fact]
    public void Reference_OptionsClasses_IsUpToDate() => Golden.EqualFile("docs/configuration.md", ConfigurationDoc.Write(All, Docs));

    [Fact]
    public void OptionsClasses_Each_NamesItsSection() =>
        Offenders.None("The documentation of an options class says: Section <c>Name</c>", All.Where(options => options.Section.Length == 0).Select(options => options.Type.FullName));

    /// <summary>The documentation states the default in words; it must be the one in the code.</summary>
    [Fact]
    public void Settings_Each_StatesItsTrueDefault() =>
        Offenders.None("A setting's documentation says: Default: value", All.SelectMany(options => options.Settings.Select(setting => Wrong(options, setting))).OfType<string>());

    /// <summary>A class whose section is bound but which no validator checks would miss both the check at start and the reference.</summary>
    [Fact]
    public void OptionsClasses_ByName_AllHaveAValidator()
    {
        var elements = All.SelectMany(options => options.Settings.Select(setting => OptionsClasses.ElementOf(setting.Property.PropertyType)?.FullName));
        var known = All.Select(options => options.Type.FullName).Concat(elements).ToHashSet(); // part of another's settings
        Offenders.None("An options class has an [OptionsValidator]", Product.AllTypes().Where(type => type.IsClass && type.Name.EndsWith("Options", StringComparison.Ordinal) && !known.Contains(type.FullName)).Select(type => type.FullName));
    }

    private static string? Wrong(OptionsClass options, Setting setting)
    {
        var key = $"{options.Section}:{setting.Key}";
        var text = Docs.SummaryOf(setting.Property);
        if (setting.Property.IsDefined(typeof(System.Runtime.CompilerServices.RequiredMemberAttribute), false)) return null;
        var at = text.IndexOf("Default: ", StringComparison.Ordinal);
        if (at < 0) return text.Contains("Defaults: ", StringComparison.Ordinal) || text.Contains("Must be given", StringComparison.Ordinal) ? null : $"{key} ('{text}')";
        var stated = text[(at + "Default: ".Length)..].TrimStart('`');
        if (stated.StartsWith("the ", StringComparison.Ordinal) || stated.StartsWith("all", StringComparison.Ordinal) || stated.StartsWith("none", StringComparison.Ordinal) && setting.Default is null or "") return null;
        return DefaultText.Spellings(setting.Default).Any(spelling => Says(stated, spelling)) ? null : $"{key}: the code has {DefaultText.Spellings(setting.Default).First()}, the documentation '{stated}'";
    }

    private static bool Says(string stated, string spelling) =>
        stated.StartsWith(spelling, StringComparison.OrdinalIgnoreCase) && (stated.Length == spelling.Length || !char.IsLetterOrDigit(stated[spelling.Length]));
}
