using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using System.Text;

namespace E2EEvents.Architecture.Tests.Configuration;

/// <summary>Writes docs/configuration.md from the options classes.</summary>
internal static class ConfigurationDoc
{
    private const string Head = """
        # Configuration

        <!-- Written by tests/Architecture.Tests from the options classes and their documentation; change those, then:
             E2E_ACCEPT_GOLDEN=1 dotnet test --project tests/Architecture.Tests --filter-class '*ConfigurationTests' -->

        Every setting has a key, a default and bounds. Settings come from `appsettings.json` beside the program, then from one in the working directory, then from the environment, then from the command line;
        later ones win. A key such as `Gateway:Fanout:Heartbeat` is `Gateway__Fanout__Heartbeat` in the environment and `--Gateway:Fanout:Heartbeat` on the command
        line; the n-th element of a list is `Key:0`, `Key:1` …, an element with a name `Key:name`. Durations are written `hh:mm:ss` (with fractions: `00:00:00.5`), bytes as plain numbers.

        All settings are checked when a process starts: it refuses to start and lists everything that is wrong at once. Secrets (`Cluster:Redis`, the origins of connectors)
        belong into the environment, not into files. Log levels are those of .NET: `Logging:LogLevel:Default=Information`.

        """;

    public static string Write(IReadOnlyList<OptionsClass> all, XmlDocs docs)
    {
        var text = new StringBuilder(Head);
        foreach (var options in all)
        {
            text.Append($"\n## `{options.Section}`{(HasOtherOfSection(all, options) ? $": {Words(options.Type.Name)}" : "")}\n\n{docs.SummaryOf(options.Type).Replace($"Section `{options.Section}`.", "", StringComparison.Ordinal).Replace("  ", " ", StringComparison.Ordinal).Trim()}\n\n");
            text.Append($"Read by: {Readers(options.Type)}.\n\n| key | default | bounds | meaning |\n| --- | --- | --- | --- |\n");
            foreach (var setting in options.Settings)
            {
                var value = DefaultText.InFile(DefaultOf(setting));
                text.Append($"| `{options.Section}:{setting.Key}` | {(value.Length == 0 ? "" : $"`{value}`")} | {Bounds(setting)} | {Cell(docs.SummaryOf(setting.Property))} |\n");
            }
        }

        return text.ToString();
    }

    /// <summary>A default that the machine decides is no part of the documentation.</summary>
    private static object? DefaultOf(Setting setting) => setting.Default is string text && text == Environment.MachineName ? null : setting.Default;

    private static string Readers(Type type) => type.Namespace == "E2EEvents.Hosting" ? "every process" : type.Assembly.GetName().Name switch
    {
        "E2EEvents.Grains.Interfaces" => "`Silo` and `EdgeGateway`",
        "E2EEvents.EdgeGateway" => "`EdgeGateway`, and `Silo` with the role gateway",
        "E2EEvents.Connectors" => "`Connectors`, and `Silo` with the role connectors",
        _ => "`Silo`",
    };

    private static string Bounds(Setting setting)
    {
        var type = Nullable.GetUnderlyingType(setting.Property.PropertyType) ?? setting.Property.PropertyType;
        if (type.IsEnum) return string.Join(", ", Enum.GetNames(type));
        if (type == typeof(bool)) return "true, false";
        if (setting.Property.GetCustomAttribute<RangeAttribute>() is not { } range) return "";
        return $"{Bound(range.Minimum)} to {Bound(range.Maximum)}";
    }

    private static string Bound(object limit) => limit is string text && TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out var time) ? DefaultText.InFile(time) : DefaultText.InFile(limit);

    private static string Cell(string text) => text.Replace("|", "\\|", StringComparison.Ordinal);

    private static bool HasOtherOfSection(IReadOnlyList<OptionsClass> all, OptionsClass options)
    {
        foreach (var other in all)
        {
            if (other != options && other.Section == options.Section) return true;
        }

        return false;
    }

    /// <summary>RedisConnectorOptions becomes "redis connector".</summary>
    private static string Words(string name)
    {
        var words = new StringBuilder();
        foreach (var c in name[..^"Options".Length])
        {
            if (char.IsUpper(c) && words.Length > 0) words.Append(' ');
            words.Append(char.ToLowerInvariant(c));
        }

        return words.ToString();
    }
}
