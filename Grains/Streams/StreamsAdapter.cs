using Orleans.Configuration;
using Orleans.Streams;
using StackExchange.Redis;

namespace E2EEvents.Streams;

/// <summary>The provider as Orleans sees it: appends on one side, gives queues to the silo's agents on the other.</summary>
/// <remarks>
/// Not rewindable in Orleans' sense (no subscription from a token of one's own): that is what makes a consumer get every container again until it has
/// taken it, without a handshake about tokens in between.
/// </remarks>
internal sealed class StreamsAdapter : IQueueAdapter, IQueueAdapterCache, IQueueAdapterFactory, IAsyncDisposable
{
    private readonly StreamsParts _parts;
    private readonly StreamsRedis[] _appends;
    private readonly ReplicatedAppends? _replicated;
    private readonly HashRingBasedStreamQueueMapper _queues;
    private readonly Appender _appender;
    private readonly Dictionary<QueueId, QueueCache> _caches = [];
    private readonly NoOpStreamDeliveryFailureHandler _failures = new();

    public StreamsAdapter(StreamsParts parts, StreamsRedis[] appends, ReplicatedAppends? replicated, string service)
    {
        (_parts, _appends, _replicated) = (parts, appends, replicated);
        _queues = new HashRingBasedStreamQueueMapper(new HashRingStreamQueueMapperOptions { TotalQueueCount = parts.Options.Queues }, parts.Provider);
        Logs = new QueueLog[parts.Options.Queues];
        for (var i = 0; i < Logs.Length; i++) Logs[i] = new QueueLog(parts.Redis, appends[i % appends.Length], replicated, TagOf(service, parts.Provider, i), i);
        _appender = new Appender(parts);
    }

    /// <summary>By number of the queue.</summary>
    public QueueLog[] Logs { get; }

    /// <summary>State of appending, for health.</summary>
    public Appender Appender => _appender;

    public StreamsParts Parts => _parts;

    public string Name => _parts.Provider;

    public bool IsRewindable => false;

    public StreamProviderDirection Direction => StreamProviderDirection.ReadWrite;

    /// <summary>Beginning of a queue's keys; the braces keep them in one slot of a Redis Cluster.</summary>
    public static string TagOf(string service, string provider, int queue) => $"{{{service}/{provider}/queue-{queue}}}";

    /// <summary>Where the number of queues is written down.</summary>
    public static RedisKey QueuesKeyOf(string service, string provider) => $"{service}/{provider}/queues";

    /// <summary>Appends the events as one container; returns once Redis has it.</summary>
    public Task QueueMessageBatchAsync<T>(StreamId streamId, IEnumerable<T> events, StreamSequenceToken? token, Dictionary<string, object>? requestContext)
    {
        var log = Logs[_queues.GetQueueForStream(streamId).GetNumericId()];
        return _appender.AppendAsync(log, streamId, _parts.Codec.Write(streamId, events, requestContext));
    }

    public IQueueCache CreateQueueCache(QueueId queueId)
    {
        var cache = new QueueCache(_parts.Options);
        lock (_caches) _caches[queueId] = cache;
        return cache;
    }

    /// <summary>The receiver belongs to the cache that was made last: an agent makes both, one after the other.</summary>
    public IQueueAdapterReceiver CreateReceiver(QueueId queueId)
    {
        lock (_caches) return new QueueReceiver(Logs[queueId.GetNumericId()], _caches[queueId], _parts);
    }

    public Task<IQueueAdapter> CreateAdapter() => CreateAdapter(CancellationToken.None);

    /// <summary>Waits a while for Redis; without it, the process starts all the same and the streams wait.</summary>
    /// <exception cref="StreamsRefusedException">Redis is there and must not be used.</exception>
    public async Task<IQueueAdapter> CreateAdapter(CancellationToken cancellationToken)
    {
        try
        {
            await _parts.Redis.ConnectedAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // Said by the connection, which goes on trying.
        }

        return this;
    }

    public IQueueAdapterCache GetQueueAdapterCache() => this;

    public IStreamQueueMapper GetStreamQueueMapper() => _queues;

    public Task<IStreamFailureHandler> GetDeliveryFailureHandler(QueueId queueId) => Task.FromResult<IStreamFailureHandler>(_failures);

    /// <summary>Ends the connections. The container does so twice, since it knows this under two names.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_replicated is not null) await _replicated.DisposeAsync().ConfigureAwait(false);
        foreach (var connection in _appends) await connection.DisposeAsync().ConfigureAwait(false);
        await _parts.Redis.DisposeAsync().ConfigureAwait(false);
    }
}
