using E2EEvents.Grains.Topics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orleans.Storage;

namespace E2EEvents.Grains.Storage.Sql;

/// <summary>Puts a region on a SQL database.</summary>
public static class SqlStorageExtensions
{
    /// <summary>Adds what must be there before the silo, so call it before <c>UseOrleans</c>: the check of the database at start, the storage of topics, its health. Settings come from the section <c>Storage</c>.</summary>
    /// <param name="services">Of the process.</param>
    /// <param name="database">Which.</param>
    /// <param name="connectionString">Of the region's database.</param>
    /// <param name="serviceId">Name under which records are kept.</param>
    public static IServiceCollection AddSqlStorage(this IServiceCollection services, SqlDatabase database, string connectionString, string serviceId)
    {
        services.AddOptionsWithValidateOnStart<SqlOptions, SqlOptionsValidator>().BindConfiguration("Storage").Validate<IOptions<TopicOptions>>(
            static (storage, topics) => storage.Timeout < topics.Value.WriteTimeout, "Storage:Timeout must be less than Topics:WriteTimeout, or topics never hear why the database did not store them.");
        services.PostConfigure<TopicOptions>(topics => topics.DurableStorage ??= true);
        services.AddSingleton(Dialect.Of(database, connectionString));
        services.AddSingleton<StorageHealth>();
        services.AddHostedService<SqlStart>();
        services.AddHostedService<SqlProbe>();
        services.AddHealthChecks().AddCheck<StorageHealth>("storage", tags: ["ready"]);
        services.AddKeyedSingleton<IGrainStorage>(TopicStorage.Provider, (provider, _) => new SqlTopicStorage(
            provider.GetRequiredService<Dialect>(),
            serviceId,
            provider.GetRequiredService<IOptions<SqlOptions>>(),
            provider.GetRequiredKeyedService<IGrainStorageSerializer>(TopicStorage.Provider),
            provider.GetRequiredService<StorageHealth>(),
            provider.GetRequiredService<SiloMetrics>(),
            provider.GetRequiredService<TimeProvider>()));
        return services;
    }

    /// <summary>What Orleans' own providers are told: the driver's name and a connection string with what the statements need.</summary>
    public static (string Invariant, string ConnectionString) ForOrleans(SqlDatabase database, string connectionString)
    {
        var dialect = Dialect.Of(database, connectionString);
        return (dialect.Invariant, dialect.ConnectionString);
    }

    /// <summary>How Orleans' persistence tells records apart; see the type.</summary>
    public static IStorageHasherPicker NewHasher() => new GrainIdHasher();

    /// <summary>The statements that create the tables.</summary>
    public static string SchemaOf(SqlDatabase database) => SqlSchema.ScriptOf(database);
}
