using System.Net;
using E2EEvents.Grains;
using E2EEvents.Grains.Interfaces.Regions;
using E2EEvents.Grains.Interfaces.Topics;
using E2EEvents.Grains.Storage;
using E2EEvents.Grains.Storage.Sql;
using E2EEvents.Hosting;
using E2EEvents.Streams;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Orleans.Configuration;
using Orleans.Dashboard;
using Orleans.Runtime.MembershipService.SiloMetadata;
using StackExchange.Redis;
using ClusterOptions = E2EEvents.Hosting.ClusterOptions;
using OrleansClusterOptions = Orleans.Configuration.ClusterOptions;

namespace E2EEvents.Silo;

/// <summary>Puts an Orleans silo with the region's topics into the process.</summary>
internal static class SiloComposition
{
    /// <summary>Silo metadata that names the silo's region.</summary>
    private const string RegionKey = "e2e.region";

    public static void AddSilo(this WebApplicationBuilder builder, SiloOptions options)
    {
        var cluster = builder.Configuration.GetSection("Cluster").Get<ClusterOptions>() ?? new ClusterOptions();
        var durable = builder.Configuration.GetValue<bool?>("Topics:DurableStorage") ?? DatabaseOf(cluster) is not null;
        builder.Services.AddOptionsWithValidateOnStart<SiloOptions, SiloOptionsValidator>().BindConfiguration("Silo")
            .Validate(
                _ => !durable || cluster.Provider != ClusterProvider.Local,
                "Topics:DurableStorage is true although Cluster:Provider is Local, which loses everything with the silo.");
        if (durable && cluster.Provider == ClusterProvider.Redis) builder.Services.AddHostedService<DurableRedisCheck>();
        if (DatabaseOf(cluster) is { } database) builder.Services.AddSqlStorage(database, cluster.Sql ?? "", cluster.ServiceId);
        builder.UseOrleans(silo =>
        {
            silo.Configure<OrleansClusterOptions>(ids => (ids.ClusterId, ids.ServiceId) = (cluster.ClusterId, cluster.ServiceId));
            silo.UseSiloMetadata(new Dictionary<string, string> { [RegionKey] = builder.Configuration["Regions:Name"] ?? new RegionsOptions().Name });
            AddClustering(silo, options, cluster);
            AddStorage(silo, cluster);
            Protect(silo, options);
            if (options.Dashboard) silo.AddDashboard(dashboard => dashboard.HideTrace = true); // log lines are read where logs are read
            if (durable && options.RebalanceEvery > TimeSpan.Zero) Rebalancing.Add(silo, options.RebalanceEvery);
            silo.AddTopics();
            AddIngest(silo, cluster, builder.Configuration);
        });

        // The silo first: gateway and connectors call grains as soon as they start.
        builder.Services.Configure<HostOptions>(host => host.ServicesStartConcurrently = false);
        builder.Services.AddHostedService<StopDeadline>();
        builder.Services.AddHealthChecks().AddCheck<SiloCheck>("silo", tags: ["ready"]);
    }

    private static SqlDatabase? DatabaseOf(ClusterOptions cluster) => cluster.Provider switch
    {
        ClusterProvider.PostgreSql => SqlDatabase.PostgreSql,
        ClusterProvider.MySql => SqlDatabase.MySql,
        _ => null,
    };

    private static void AddClustering(ISiloBuilder silo, SiloOptions options, ClusterOptions cluster)
    {
        if (cluster.Provider == ClusterProvider.Local)
        {
            silo.UseLocalhostClustering(options.SiloPort, cluster.OrleansGatewayPort, primarySiloEndpoint: null, cluster.ServiceId, cluster.ClusterId);
        }
        else if (DatabaseOf(cluster) is { } database)
        {
            silo.UseAdoNetClustering(sql => (sql.Invariant, sql.ConnectionString) = SqlStorageExtensions.ForOrleans(database, cluster.Sql ?? ""));
        }
        else
        {
            silo.UseRedisClustering(redis => redis.ConfigurationOptions = ConfigurationOptions.Parse(cluster.Redis ?? ""));
        }

        if (cluster.Provider != ClusterProvider.Local) Listen(silo, options, cluster);

        silo.Configure<ClusterMembershipOptions>(membership =>
        {
            membership.ProbeTimeout = options.ProbeTimeout;
            membership.NumMissedProbesLimit = options.MissedProbes;
            membership.TableRefreshTimeout = options.MembershipRefresh;
        });
#pragma warning disable ORLEANSEXP003 // Experimental by name only: it hands grains over faster and narrows the window for two activations of a topic after a crash.
        silo.AddDistributedGrainDirectory();
#pragma warning restore ORLEANSEXP003

        // By default nothing can come up for half a minute where a crashed silo's grains were, in case it still lives. Here a second activation of a
        // topic harms nothing: its writes fail, because every record is written with compare and swap. So topics come back at once.
        silo.Configure<GrainDirectoryOptions>(directory => directory.RangeLeaseDuration = TimeSpan.Zero);
    }

    private static void Listen(ISiloBuilder silo, SiloOptions options, ClusterOptions cluster)
    {
        var address = IPAddress.TryParse(options.AdvertisedAddress, out var advertised) ? advertised : null;
        if (address is null) silo.ConfigureEndpoints(options.SiloPort, cluster.OrleansGatewayPort, listenOnAnyHostAddress: true);
        else silo.ConfigureEndpoints(address, options.SiloPort, cluster.OrleansGatewayPort, listenOnAnyHostAddress: !IPAddress.IsLoopback(address));
    }

    private static void AddStorage(ISiloBuilder silo, ClusterOptions cluster)
    {
        if (DatabaseOf(cluster) is { } database) // that of topics has come with AddSqlStorage
        {
            silo.AddAdoNetGrainStorage(TopicStorage.Ordinary, sql =>
            {
                (sql.Invariant, sql.ConnectionString) = SqlStorageExtensions.ForOrleans(database, cluster.Sql ?? "");
                sql.HashPicker = SqlStorageExtensions.NewHasher();
                sql.DeleteStateOnClear = true; // pages of dead letters, whose keys never come again
            });
            return;
        }

        foreach (var name in (string[])[TopicStorage.Provider, TopicStorage.Ordinary])
        {
            if (cluster.Provider == ClusterProvider.Local) silo.AddMemoryGrainStorage(name);
            else silo.AddRedisGrainStorage(name, redis => (redis.ConfigurationOptions, redis.DeleteStateOnClear) = (ConfigurationOptions.Parse(cluster.Redis ?? ""), true));
        }
    }

    private static void AddIngest(ISiloBuilder silo, ClusterOptions cluster, ConfigurationManager configuration)
    {
        if (cluster.StreamsInUse() == StreamsProvider.Memory)
        {
            silo.AddMemoryIngest();
            return;
        }

        silo.Services.AddKeyedSingleton<IUndeliverableKeeper, UnmappedLetters>(IngestStream.Provider);
        silo.AddRedisStreams(IngestStream.Provider, streams =>
        {
            configuration.GetSection("Streams").Bind(streams);
            streams.UseRedis(cluster.Redis ?? "");
        });
    }

    private static void Protect(ISiloBuilder silo, SiloOptions options)
    {
        silo.Configure<LoadSheddingOptions>(load => (load.LoadSheddingEnabled, load.CpuThreshold) = (true, options.ShedLoadAbovePercent));
        silo.Configure<SiloMessagingOptions>(messaging =>
        {
            messaging.MaxEnqueuedRequestsHardLimit = 10_000; // of one grain; without a limit, calls to a stuck one pile up until memory ends
            messaging.MaxEnqueuedRequestsSoftLimit = 5_000;
        });
    }
}

/// <summary>Ready while the silo is an active member of its cluster.</summary>
internal sealed class SiloCheck(ISiloStatusOracle membership) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(membership.CurrentStatus == SiloStatus.Active
            ? HealthCheckResult.Healthy()
            : HealthCheckResult.Unhealthy($"the silo is {membership.CurrentStatus}; it serves once it is Active"));
}
