using System.Linq;
using E2EEvents.Connectors.Mapping;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace E2EEvents.Connectors.Configuration;

/// <summary>A configured connector, checked.</summary>
internal sealed record PlannedConnector(string Name, ConnectorOptions Options, IConnector Connector, IEventMapper Mapper);

/// <summary>The connectors of the section <c>Connectors</c>, or everything that is wrong with it. Made once, when first asked.</summary>
internal sealed class ConnectorPlan
{
    private readonly List<PlannedConnector> _connectors = [];
    private readonly List<string> _errors = [];
    private readonly bool _durableStreams;

    /// <param name="section">Connectors.</param>
    /// <param name="types">What connectors there are.</param>
    /// <param name="services">Of the process.</param>
    /// <param name="durableStreams">True if an event is safe once appended to its stream.</param>
    public ConnectorPlan(IConfigurationSection section, IEnumerable<IConnectorType> types, IServiceProvider services, bool durableStreams)
    {
        _durableStreams = durableStreams;
        var known = types.ToDictionary(type => type.Type, StringComparer.OrdinalIgnoreCase);
        foreach (var child in section.GetChildren()) Add(child, known, services);
    }

    /// <summary>Enabled connectors without errors.</summary>
    public IReadOnlyList<PlannedConnector> Connectors => _connectors;

    /// <summary>Everything that is wrong, each with its path.</summary>
    public IReadOnlyList<string> Errors => _errors;

    /// <summary>True for a name that fits into sources, metrics and checkpoints.</summary>
    public static bool IsName(string name) =>
        name.Length is > 0 and <= 64 && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.') && name.Trim('.').Length > 0;

    private void Add(IConfigurationSection section, Dictionary<string, IConnectorType> known, IServiceProvider services)
    {
        var name = section.Key;
        var before = _errors.Count;
        if (!IsName(name)) _errors.Add($"{section.Path}: a connector's name has 1 to 64 letters, digits, '-', '_' and '.'.");
        var typeName = section[nameof(ConnectorOptions.Type)];
        if (typeName is null || !known.TryGetValue(typeName, out var type))
        {
            var types = string.Join(", ", known.Keys.Order(StringComparer.Ordinal));
            _errors.Add($"{section.Path}:Type: {(typeName is null ? "must be given" : $"'{typeName}' is no connector type")}; there are {types}.");
            return;
        }

        SectionCheck.Check(section, type.OptionsType, _errors);
        if (_errors.Count > before) return; // binding would throw
        var options = (ConnectorOptions)section.Get(type.OptionsType)!;
        if (type.Validate(section.Path, options) is { Failed: true } result)
        {
            // "Member: The field <path>.Member must be …" becomes "<path>:Member: The field Member must be …".
            _errors.AddRange(result.Failures.Select(failure => $"{section.Path}:{failure.Replace(section.Path + ".", "", StringComparison.Ordinal)}"));
        }

        SettleSafety(options, section.Path);
        var mapper = MapperFinder.Find(options, section.Path, services, _errors);
        if (_errors.Count > before || !options.Enabled) return;
        _connectors.Add(new PlannedConnector(name, options, type.Create(name, options, services), mapper));
    }

    private void SettleSafety(ConnectorOptions options, string path)
    {
        if (options.SafeAfter == SafeAfter.Appended && !_durableStreams)
        {
            _errors.Add($"{path}:SafeAfter: must be Settled, since events appended to memory streams die with their silo (Cluster:Streams is Memory).");
        }

        if (options.SafeAfter == SafeAfter.Appended && options.Follows is not null)
        {
            _errors.Add($"{path}:SafeAfter: must be Settled where Follows is set, since a home may only move when no event is on its way.");
        }

        options.SafeAfter ??= _durableStreams && options.Follows is null ? SafeAfter.Appended : SafeAfter.Settled;
    }
}

/// <summary>Carries the plan's errors into the check that all options get at start.</summary>
internal sealed class ConnectorPlanCheck;

/// <summary>Fails the start with all errors of the plan at once.</summary>
internal sealed class ConnectorPlanValidator(ConnectorPlan plan) : IValidateOptions<ConnectorPlanCheck>
{
    public ValidateOptionsResult Validate(string? name, ConnectorPlanCheck options) =>
        plan.Errors.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(plan.Errors);
}
