using Microsoft.Extensions.Options;

namespace E2EEvents.Grains.Interfaces.Regions;

/// <summary>Bounds of single settings.</summary>
[OptionsValidator]
public sealed partial class RegionsOptionsValidator : IValidateOptions<RegionsOptions>;

/// <summary>What the settings say together. In every process with regions, whatever else checks them there.</summary>
public sealed class RegionsValidator : IValidateOptions<RegionsOptions>
{
    /// <inheritdoc/>
    public ValidateOptionsResult Validate(string? name, RegionsOptions options) =>
        RegionsCheck.Errors(options) is { Count: > 0 } errors ? ValidateOptionsResult.Fail(errors) : ValidateOptionsResult.Success;
}
