using Newtonsoft.Json.Linq;

namespace E2EEvents.Connectors.Mapping;

/// <summary>Maps by configured rules: the first that fits.</summary>
internal sealed class RuleMapper : IEventMapper
{
    private readonly List<CompiledRule> _rules = [];

    /// <summary>Compiles the rules.</summary>
    /// <param name="rules">At least one.</param>
    /// <param name="path">Path of the list in the configuration.</param>
    /// <param name="errors">Gets everything that is wrong.</param>
    public RuleMapper(IReadOnlyList<MappingRule> rules, string path, List<string> errors)
    {
        for (var i = 0; i < rules.Count; i++) _rules.Add(new CompiledRule(rules[i], $"{path}:{i}", errors));
    }

    public MappedRecord Map(SourceRecord record)
    {
        if (JsonText.Read(record.Data) is not JObject json) return MappedRecord.Failed("The record is not a JSON object.");
        foreach (var rule in _rules)
        {
            if (rule.Fits(json)) return rule.Map(record, json);
        }

        return MappedRecord.Failed("No mapping rule fits (a last rule with Ignore would pass over it).");
    }
}
