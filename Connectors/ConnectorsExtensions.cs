using System.Linq;
using E2EEvents.Connectors.Configuration;
using E2EEvents.Connectors.Ingest;
using E2EEvents.Connectors.Redis;
using E2EEvents.Connectors.Sample;
using E2EEvents.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace E2EEvents.Connectors;

/// <summary>Puts the configured connectors into a process: their own, or a silo.</summary>
public static class ConnectorsExtensions
{
    /// <summary>Section of the connectors: name to settings.</summary>
    public const string Section = "Connectors";

    /// <summary>Tag of the health checks.</summary>
    public const string HealthTag = "ready";

    /// <summary>
    /// Registers a host for every connector of the section <c>Connectors</c>. The process must have an Orleans client with the ingest streams, or be
    /// a silo with them. Wrong settings fail the start, all at once.
    /// </summary>
    public static IHostApplicationBuilder AddConnectors(this IHostApplicationBuilder builder)
    {
        var services = builder.Services;
        var section = builder.Configuration.GetSection(Section);
        services.TryAddSingleton(TimeProvider.System);
        services.AddMetrics();
        services.TryAddSingleton<ConnectorsMetrics>();
        services.TryAddSingleton<IRegion, OrleansRegion>();
        services.TryAddSingleton<KnownKinds>();
        services.AddConnectorType<RedisConnectorType>();
        services.AddConnectorType<SampleConnectorType>().TryAddSingleton<IValidateOptions<SampleOptions>, SampleOptionsValidator>();
        var cluster = builder.Configuration.GetSection("Cluster").Get<ClusterOptions>() ?? new ClusterOptions();
        services.AddSingleton(provider => new ConnectorPlan(section, provider.GetServices<IConnectorType>(), provider, cluster.StreamsInUse() == StreamsProvider.Redis));
        services.AddOptionsWithValidateOnStart<ConnectorPlanCheck, ConnectorPlanValidator>();
        services.AddHostedService<EmptyPlanNotice>();

        var health = services.AddHealthChecks();
        foreach (var name in section.GetChildren().Where(IsEnabled).Select(child => child.Key)) AddHost(services, health, name);
        return builder;
    }

    /// <summary>Makes a type of connector known.</summary>
    public static IServiceCollection AddConnectorType<TType>(this IServiceCollection services)
        where TType : class, IConnectorType
    {
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IConnectorType, TType>());
        return services;
    }

    // A value that is neither is reported by the plan, together with everything else.
    private static bool IsEnabled(IConfigurationSection connector) =>
        !string.Equals(connector[nameof(ConnectorOptions.Enabled)], bool.FalseString, StringComparison.OrdinalIgnoreCase);

    private static void AddHost(IServiceCollection services, IHealthChecksBuilder health, string name)
    {
        services.AddKeyedSingleton(name, (provider, _) => PartsOf(provider, name));
        // The parts come late: hosted services are made before the settings are checked.
        services.AddSingleton<IHostedService>(provider => new ConnectorHost(() => provider.GetRequiredKeyedService<ConnectorParts>(name)));
        health.Add(new HealthCheckRegistration(
            $"connector-{name}", provider => new ConnectorHealthCheck(provider.GetRequiredKeyedService<ConnectorParts>(name).Status), failureStatus: null, tags: [HealthTag]));
    }

    private static ConnectorParts PartsOf(IServiceProvider provider, string name)
    {
        var planned = provider.GetRequiredService<ConnectorPlan>().Connectors.Single(connector => string.Equals(connector.Name, name, StringComparison.OrdinalIgnoreCase));
        var time = provider.GetRequiredService<TimeProvider>();
        var metrics = provider.GetRequiredService<ConnectorsMetrics>();
        var status = new ConnectorStatus(planned.Name, planned.Options.Type, time);
        metrics.Watch(status);
        return new ConnectorParts(
            planned.Connector, planned.Options, planned.Mapper, provider.GetRequiredService<IRegion>(), provider.GetRequiredService<KnownKinds>(),
            status, metrics, provider.GetRequiredService<ILoggerFactory>().CreateLogger<ConnectorHost>(), time);
    }

    /// <summary>Says so when nothing is configured: a process that silently does nothing looks like a broken one.</summary>
    private sealed class EmptyPlanNotice(ConnectorPlan plan, ILogger<EmptyPlanNotice> logger) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken)
        {
            if (plan.Connectors.Count == 0) Log.NoConnectors(logger);
            return Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
