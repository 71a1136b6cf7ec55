using E2EEvents.Grains.Storage;
using E2EEvents.Grains.Storage.Sql;
using E2EEvents.Testing.Servers;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Persistence;
using Orleans.Serialization;
using Orleans.Serialization.Serializers;
using Orleans.Storage;
using StackExchange.Redis;

namespace E2EEvents.Grains.Tests.Storage;

/// <summary>The suite on our topics' table in a real PostgreSQL.</summary>
public sealed class PostgresTopicStorageTests : SqlTopicStorageSuite
{
    private protected override DatabaseServer Server { get; } = new PostgresServer();
}

/// <summary>The suite on our topics' table in a real MariaDB.</summary>
public sealed class MariaDbTopicStorageTests : SqlTopicStorageSuite
{
    private protected override DatabaseServer Server { get; } = new MariaDbServer();
}

/// <summary>The suite on Orleans' AdoNet persistence with our statements, in a real PostgreSQL.</summary>
public sealed class PostgresOrdinaryStorageTests : OrdinarySqlStorageSuite
{
    private protected override DatabaseServer Server { get; } = new PostgresServer();
}

/// <summary>The suite on Orleans' AdoNet persistence with our statements, in a real MariaDB.</summary>
public sealed class MariaDbOrdinaryStorageTests : OrdinarySqlStorageSuite
{
    private protected override DatabaseServer Server { get; } = new MariaDbServer();
}

/// <summary>A database of its own, with two silos' view of one storage.</summary>
public abstract class SqlStorageSuite : StorageContract, IAsyncLifetime
{
    private IGrainStorage? _one;
    private IGrainStorage? _other;

    private protected override IGrainStorage One => _one!;

    private protected override IGrainStorage Other => _other!;

    private protected abstract DatabaseServer Server { get; }

    public async ValueTask InitializeAsync()
    {
        await Server.StartAsync(CancellationToken.None);
        await SqlDatabases.EnsureAsync(Server);
        _one = await NewAsync();
        _other = await NewAsync();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var storage in new[] { _one, _other })
        {
            if (storage is IAsyncDisposable disposable) await disposable.DisposeAsync();
        }

        await Server.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    private protected abstract Task<IGrainStorage> NewAsync();
}

public abstract class SqlTopicStorageSuite : SqlStorageSuite
{
    private protected override Task<IGrainStorage> NewAsync() => Task.FromResult<IGrainStorage>(SqlDatabases.NewStorage(Server));
}

public abstract class OrdinarySqlStorageSuite : SqlStorageSuite
{
    [Fact]
    public async Task Clear_WhatIsStored_LeavesNoRow()
    {
        var (grain, state) = (StorageContract.Grain(), New(1));
        await One.WriteStateAsync("page", grain, state);
        await One.ClearStateAsync("page", grain, state);
        Assert.Equal(0L, await RowsAsync());
        await Other.ReadStateAsync("page", grain, state);
        Assert.False(state.RecordExists);
        await Other.WriteStateAsync("page", grain, New(2));
        Assert.Equal(1L, await RowsAsync());
    }

    [Fact]
    public async Task Clear_OfAnOlderVersion_ConflictsAndLeavesTheNewer()
    {
        var (grain, stale) = (StorageContract.Grain(), New(1));
        await One.WriteStateAsync("page", grain, stale);
        var newer = New(0);
        await Other.ReadStateAsync("page", grain, newer);
        newer.State = New(2).State;
        await Other.WriteStateAsync("page", grain, newer);
        await Assert.ThrowsAsync<InconsistentStateException>(() => One.ClearStateAsync("page", grain, stale));
        await One.ReadStateAsync("page", grain, stale);
        Assert.Equal(2UL, stale.State!.Epoch);
    }

    private async Task<long> RowsAsync() => Convert.ToInt64(await SqlDatabases.RunAsync(Server, "SELECT COUNT(*) FROM OrleansStorage"), null);

    private protected override async Task<IGrainStorage> NewAsync()
    {
        var (invariant, connection) = SqlStorageExtensions.ForOrleans(SqlDatabases.KindOf(Server), Server.ConnectionString);
        var options = new AdoNetGrainStorageOptions { Invariant = invariant, ConnectionString = connection, GrainStorageSerializer = new JsonStorageSerializer(), HashPicker = SqlStorageExtensions.NewHasher(), DeleteStateOnClear = true };
        var services = new ServiceCollection().AddSerializer().BuildServiceProvider();
        var storage = new AdoNetGrainStorage(
            services.GetRequiredService<IActivatorProvider>(), NullLogger<AdoNetGrainStorage>.Instance, Options.Create(options), Options.Create(new ClusterOptions { ServiceId = "test", ClusterId = "test" }), "Default");
        await Lifecycle.StartAsync(storage);
        return storage;
    }
}

/// <summary>The suite on Orleans' Redis persistence, in a real Redis.</summary>
public sealed class RedisStorageTests : StorageContract, IAsyncLifetime
{
    private readonly RedisServer _server = new();
    private IGrainStorage? _one;
    private IGrainStorage? _other;

    private protected override IGrainStorage One => _one!;

    private protected override IGrainStorage Other => _other!;

    public async ValueTask InitializeAsync()
    {
        await _server.StartAsync(CancellationToken.None);
        _one = await NewAsync();
        _other = await NewAsync();
    }

    public async ValueTask DisposeAsync() => await _server.DisposeAsync();

    private async Task<IGrainStorage> NewAsync()
    {
        var services = new ServiceCollection().AddLogging().AddSingleton<IGrainStorageSerializer, JsonStorageSerializer>();
        services.AddSerializer();
        services.Configure<ClusterOptions>(ids => (ids.ServiceId, ids.ClusterId) = ("test", "test"));
        services.Configure<RedisStorageOptions>("topics", redis =>
        {
            redis.ConfigurationOptions = ConfigurationOptions.Parse(_server.Endpoint);
            redis.GrainStorageSerializer = new JsonStorageSerializer();
        });
        var storage = RedisGrainStorageFactory.Create(services.BuildServiceProvider(), "topics");
        await Lifecycle.StartAsync(storage);
        return storage;
    }
}

/// <summary>Starts what takes part in a silo's life, without a silo.</summary>
internal sealed class Lifecycle : ISiloLifecycle
{
    private readonly List<ILifecycleObserver> _observers = [];

    public int HighestCompletedStage => 0;

    public int LowestStoppedStage => 0;

    public static async Task StartAsync(object storage)
    {
        var lifecycle = new Lifecycle();
        ((ILifecycleParticipant<ISiloLifecycle>)storage).Participate(lifecycle);
        foreach (var observer in lifecycle._observers) await observer.OnStart(CancellationToken.None);
    }

    public IDisposable Subscribe(string observerName, int stage, ILifecycleObserver observer)
    {
        _observers.Add(observer);
        return new MemoryStream();
    }
}
