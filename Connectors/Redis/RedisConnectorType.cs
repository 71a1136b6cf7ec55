using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace E2EEvents.Connectors.Redis;

/// <summary>Connector type Redis: streams, or pub/sub.</summary>
internal sealed class RedisConnectorType() : ConnectorType<RedisConnectorOptions>("Redis", new RedisConnectorOptionsValidator())
{
    protected override IConnector Create(string name, RedisConnectorOptions options, IServiceProvider services)
    {
        var metrics = services.GetRequiredService<ConnectorsMetrics>();
        var time = services.GetRequiredService<TimeProvider>();
        var logger = services.GetRequiredService<ILoggerFactory>().CreateLogger<RedisConnectorType>();
        return options.Mode == RedisMode.Streams
            ? new RedisStreamsConnector(name, options, metrics, logger, time)
            : new RedisPubSubConnector(name, options, metrics, logger, time);
    }
}
