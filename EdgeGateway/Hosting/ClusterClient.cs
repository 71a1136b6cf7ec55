using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Orleans.Configuration;
using StackExchange.Redis;
using OrleansClusterOptions = Orleans.Configuration.ClusterOptions;

namespace E2EEvents.Hosting;

/// <summary>Joins a process without a silo to its region's cluster.</summary>
internal static class ClusterClient
{
    /// <summary>Adds the Orleans client; it keeps trying while no silo answers, so start order does not matter.</summary>
    public static void AddClusterClient(this WebApplicationBuilder builder, Action<IClientBuilder>? configure = null)
    {
        var status = new ClusterStatus();
        var options = builder.Configuration.GetSection("Cluster").Get<ClusterOptions>() ?? new ClusterOptions();
        builder.UseOrleansClient(client =>
        {
            client.Configure<OrleansClusterOptions>(cluster => (cluster.ClusterId, cluster.ServiceId) = (options.ClusterId, options.ServiceId));
            client.Configure<ClientMessagingOptions>(messaging => messaging.ResponseTimeout = options.CallTimeout);
            client.Configure<Orleans.Configuration.GatewayOptions>(gateway => gateway.GatewayListRefreshPeriod = TimeSpan.FromSeconds(5)); // default 1 min: too long to find a new silo
            if (options.Provider == ClusterProvider.Local)
            {
                client.UseLocalhostClustering(options.OrleansGatewayPort, options.ServiceId, options.ClusterId);
            }
            else if (options.Provider is ClusterProvider.PostgreSql or ClusterProvider.MySql)
            {
                client.UseAdoNetClustering(sql =>
                {
                    sql.Invariant = options.Provider == ClusterProvider.PostgreSql ? "Npgsql" : "MySql.Data.MySqlConnector";
                    sql.ConnectionString = options.Sql;
                });
            }
            else
            {
                client.UseRedisClustering(redis => redis.ConfigurationOptions = ConfigurationOptions.Parse(options.Redis ?? ""));
            }

            client.UseConnectionRetryFilter(async (_, cancellationToken) =>
            {
                await Task.Delay(TimeSpan.FromSeconds(0.2 + (0.8 * Random.Shared.NextDouble())), TimeProvider.System, cancellationToken).ConfigureAwait(false);
                return true;
            });
            client.AddGatewayCountChangedHandler((_, change) => status.Silos = change.NumberOfConnectedGateways);
            configure?.Invoke(client);
        });
        builder.Services.AddSingleton(status);
        builder.Services.AddHealthChecks().AddCheck<ClusterClientCheck>("cluster", tags: ["ready"]);
    }
}

/// <summary>What the Orleans client last said about its connections.</summary>
internal sealed class ClusterStatus
{
    private int _silos;

    /// <summary>Silos connected now.</summary>
    public int Silos
    {
        get => Volatile.Read(ref _silos);
        set => Volatile.Write(ref _silos, value);
    }
}

/// <summary>Ready while a silo of the region is connected.</summary>
internal sealed class ClusterClientCheck(ClusterStatus status) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(status.Silos > 0 ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy("no silo of the region is connected; trying again until one is"));
}
