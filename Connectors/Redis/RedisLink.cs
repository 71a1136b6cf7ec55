using StackExchange.Redis;

namespace E2EEvents.Connectors.Redis;

/// <summary>Opens a connection for one reading. A new one each time: the host decides about pauses, and a stale connection is never reused.</summary>
internal static class RedisLink
{
    /// <summary>Longest time that a read waits at the server for an entry.</summary>
    public static readonly TimeSpan Block = TimeSpan.FromSeconds(1);

    private const int AnswerTimeoutMs = 5_000;

    /// <summary>Connects.</summary>
    /// <exception cref="RedisConnectionException">Redis is not there, or refuses; the message holds no credentials.</exception>
    public static async Task<ConnectionMultiplexer> OpenAsync(string connector, string configuration, CancellationToken cancellationToken)
    {
        if (!RedisConnectorOptions.TryParse(configuration, out var options)) throw new InvalidOperationException("The connection string cannot be read.");
        options!.ClientName = $"e2e-connector-{connector}";
        options.AbortOnConnectFail = true;
        // A blocking read answers late on purpose.
        options.AsyncTimeout = Math.Max(options.AsyncTimeout, (int)Block.TotalMilliseconds + AnswerTimeoutMs);
        var connecting = ConnectionMultiplexer.ConnectAsync(options);
        try
        {
            return await connecting.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            _ = DisposeLateAsync(connecting);
            throw;
        }
    }

    /// <summary>Closes at once; a read that still waits at the server is abandoned.</summary>
    public static async ValueTask CloseAsync(ConnectionMultiplexer redis)
    {
        await redis.CloseAsync(allowCommandsToComplete: false);
        await redis.DisposeAsync();
    }

    private static async Task DisposeLateAsync(Task<ConnectionMultiplexer> connecting)
    {
        try
        {
            await CloseAsync(await connecting);
        }
        catch (RedisException)
        {
            // It never connected: nothing to close.
        }
    }
}
