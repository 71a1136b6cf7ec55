using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace E2EEvents.Connectors.Sample;

/// <summary>The connector type Sample.</summary>
internal sealed class SampleConnectorType(IValidateOptions<SampleOptions> validator) : ConnectorType<SampleOptions>("Sample", validator)
{
    protected override IConnector Create(string name, SampleOptions options, IServiceProvider services) =>
        new SampleConnector(name, options, services.GetRequiredService<TimeProvider>());
}
