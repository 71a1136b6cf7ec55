using E2EEvents.Grains.Interfaces.Regions;
using Microsoft.Extensions.Options;

namespace E2EEvents.Grains.Region;

/// <summary>What only a silo can check of <see cref="RegionsOptions"/>: the topic kinds, and the certificates to dial with.</summary>
internal sealed class SiloRegionsValidator(KindRegistry kinds) : IValidateOptions<RegionsOptions>
{
    public ValidateOptionsResult Validate(string? name, RegionsOptions options)
    {
        var errors = RegionsCheck.KindErrors(options, kinds.Kinds.ConvertAll(kind => kind.Kind));
        if (new RegionTree(options).ToKeep().Count > 0) errors.AddRange(RegionsCheck.CertificateErrors(options));
        return errors.Count > 0 ? ValidateOptionsResult.Fail(errors) : ValidateOptionsResult.Success;
    }
}
