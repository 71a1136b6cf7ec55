using System.Runtime.CompilerServices;
using System.Text;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace E2EEvents.Connectors.Redis;

/// <summary>
/// Listens to Redis pub/sub. At most once: Redis keeps nothing, so what is sent while the connection is down, or while the bounded queue here is
/// full, is lost; both are counted. Messages have no order or identity of their own and get a random event id.
/// </summary>
internal sealed class RedisPubSubConnector(string name, RedisConnectorOptions options, ConnectorsMetrics metrics, ILogger logger, TimeProvider time) : IConnector
{
    private const string Partition = "pubsub";

    // There is no position in pub/sub; the token only says that reading has begun once.
    private static readonly ResumeToken Begun = new("pubsub");
    private static readonly byte[] ChannelField = Encoding.UTF8.GetBytes("channel");

    private readonly RecordJson _json = new(options.JsonField);
    private readonly byte[] _dataField = Encoding.UTF8.GetBytes(options.JsonField);
    private bool _started;
    private long _dropped;

    public string Name { get; } = name;

    public async IAsyncEnumerable<SourceRecord> ReadAsync(ResumeToken? after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var received = Channel.CreateBounded<Received>(
            new BoundedChannelOptions(options.PubSubQueue) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true }, _ => Dropped());
        var redis = await RedisLink.OpenAsync(Name, options.Configuration, cancellationToken);
        try
        {
            // The library would subscribe again by itself; failing instead makes the loss visible.
            redis.ConnectionFailed += (_, failed) => received.Writer.TryComplete(
                failed.Exception ?? new IOException($"The connection to Redis was lost ({failed.FailureType})."));
            await SubscribeAsync(redis, received.Writer, cancellationToken);
            SayWhatIsLost();
            yield return SourceRecord.Mark(Begun);

            await foreach (var message in received.Reader.ReadAllAsync(cancellationToken))
            {
                var data = _json.Of([(ChannelField, message.Channel), (_dataField, message.Payload)]);
                yield return new SourceRecord(Partition, 0, null, Guid.NewGuid().ToString("n"), data, message.At, null, Begun);
            }
        }
        finally
        {
            await RedisLink.CloseAsync(redis);
        }
    }

    private async Task SubscribeAsync(ConnectionMultiplexer redis, ChannelWriter<Received> received, CancellationToken cancellationToken)
    {
        var subscriber = redis.GetSubscriber();
        foreach (var channel in options.Channels) await ListenAsync(RedisChannel.Literal(channel));
        foreach (var pattern in options.Patterns) await ListenAsync(RedisChannel.Pattern(pattern));

        async Task ListenAsync(RedisChannel channel)
        {
            // Handlers of a queue run one after the other, in the order of sending; they never wait, so the queue stays empty.
            var queue = await subscriber.SubscribeAsync(channel).WaitAsync(cancellationToken);
            queue.OnMessage(message => received.TryWrite(new Received((byte[])message.Channel!, (byte[])message.Message!, time.UnixMicroseconds())));
        }
    }

    private void SayWhatIsLost()
    {
        if (_started)
        {
            metrics.OriginReset(Name, "disconnected");
            Log.RedisListeningAgain(logger, Name);
        }
        else
        {
            Log.RedisAtMostOnce(logger, Name, string.Join(", ", [.. options.Channels, .. options.Patterns]));
        }

        _started = true;
    }

    private void Dropped()
    {
        metrics.RecordsLost(Name, 1, "overflow");
        var dropped = Interlocked.Increment(ref _dropped);
        if (long.IsPow2(dropped)) Log.RedisOverflow(logger, Name, dropped);
    }

    private readonly record struct Received(byte[] Channel, byte[] Payload, long At);
}
