using E2EEvents.Grains.Interfaces.Regions;
using Microsoft.Extensions.Options;

namespace E2EEvents.EdgeGateway.Transports.Link;

/// <summary>What only a gateway can check of <see cref="RegionsOptions"/>: the certificates to take links with, if it takes any.</summary>
internal sealed class GatewayRegionsValidator(IOptions<LinkOptions> link) : IValidateOptions<RegionsOptions>
{
    public ValidateOptionsResult Validate(string? name, RegionsOptions options)
    {
        if (string.IsNullOrWhiteSpace(link.Value.Urls)) return ValidateOptionsResult.Success;
        return RegionsCheck.CertificateErrors(options) is { Count: > 0 } errors ? ValidateOptionsResult.Fail(errors) : ValidateOptionsResult.Success;
    }
}
