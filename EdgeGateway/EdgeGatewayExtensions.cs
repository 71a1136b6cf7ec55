using Microsoft.AspNetCore.Builder;

namespace E2EEvents.EdgeGateway;

/// <summary>Puts a gateway into a process: its own, or a silo.</summary>
public static class EdgeGatewayExtensions
{
    /// <summary>Registers the gateway's services. The process must have an Orleans client or be a silo.</summary>
    public static WebApplicationBuilder AddEdgeGateway(this WebApplicationBuilder builder) => builder;

    /// <summary>Maps the gateway's endpoints.</summary>
    public static WebApplication MapEdgeGateway(this WebApplication app) => app;
}
