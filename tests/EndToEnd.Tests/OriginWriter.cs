using System.Text.Json;
using E2EEvents.Testing.Regions;
using E2EEvents.Testing.Servers;
using StackExchange.Redis;

namespace E2EEvents.EndToEnd;

/// <summary>The origin's side: adds events to the Redis stream that connectors read.</summary>
internal sealed class OriginWriter : IAsyncDisposable
{
    private readonly ConnectionMultiplexer _redis;

    private OriginWriter(ConnectionMultiplexer redis) => _redis = redis;

    public IDatabase Database => _redis.GetDatabase();

    public static async Task<OriginWriter> ConnectAsync(RedisServer redis) => new(await ConnectionMultiplexer.ConnectAsync(redis.Endpoint + ",abortConnect=false"));

    /// <summary>Adds an event in the connectors' default form.</summary>
    public Task AddAsync(string topic, object e) => Database.StreamAddAsync(RegionProcesses.Stream, "data", Entry(topic, e));

    /// <summary>Adds many at once, in order.</summary>
    public Task AddAllAsync(IEnumerable<(string Topic, object Event)> events)
    {
        var adding = new List<Task>();
        foreach (var (topic, e) in events) adding.Add(AddAsync(topic, e));
        return Task.WhenAll(adding);
    }

    public async ValueTask DisposeAsync() => await _redis.DisposeAsync();

    private static string Entry(string topic, object e)
    {
        // An event of a kind with several types is written as their common base, so that its "type" is written too.
        var type = e.GetType().BaseType is { IsAbstract: true } union ? union : e.GetType();
        return $$"""{"topic":"{{topic}}","event":{{JsonSerializer.Serialize(e, type, StateEncoder.EventOptions)}}}""";
    }
}
