using System.Linq;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace E2EEvents.Streams;

/// <summary>
/// What must be true of a Redis before streams are kept in it: nothing evicts them, a crash does not lose what was acknowledged, and the number of queues
/// is the one that the first process chose.
/// </summary>
internal sealed class StreamsCheck(string provider, RedisKey queuesKey, int queues, bool isSilo, ILogger logger)
{
    /// <exception cref="StreamsRefusedException">With everything that is wrong.</exception>
    public async Task RunAsync(IConnectionMultiplexer redis, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var flaws = new List<string>();
        await CheckQueuesAsync(redis, flaws).WaitAsync(timeout, cancellationToken).ConfigureAwait(false);
        if (isSilo)
        {
            foreach (var server in redis.GetServers())
            {
                if (server.IsConnected) await CheckServerAsync(server, flaws).WaitAsync(timeout, cancellationToken).ConfigureAwait(false);
            }
        }

        if (flaws.Count > 0) throw new StreamsRefusedException(string.Join(' ', flaws));
    }

    private async Task CheckQueuesAsync(IConnectionMultiplexer redis, List<string> flaws)
    {
        var database = redis.GetDatabase();
        var stored = await database.StringGetAsync(queuesKey, CommandFlags.DemandMaster).ConfigureAwait(false);
        if (stored.IsNull) // only then: a full Redis refuses to set anything, and must be read all the same, or it stays full
        {
            await database.StringSetAsync(queuesKey, queues, when: When.NotExists, flags: CommandFlags.DemandMaster).ConfigureAwait(false);
            stored = await database.StringGetAsync(queuesKey, CommandFlags.DemandMaster).ConfigureAwait(false);
        }

        var found = (int)stored;
        if (found != queues)
        {
            flaws.Add($"The streams '{provider}' have {queues} queues here, but {found} in Redis ({queuesKey}), where a stream's events wait in one of those; the number cannot be changed.");
        }
    }

    private async Task CheckServerAsync(IServer server, List<string> flaws)
    {
        try
        {
            await NeedAsync(server, "appendonly", "yes", "a restart would lose acknowledged events", flaws).ConfigureAwait(false);
            await NeedAsync(server, "maxmemory-policy", "noeviction", "a full Redis would drop acknowledged events", flaws).ConfigureAwait(false);
            var fsync = await ValueAsync(server, "appendfsync").ConfigureAwait(false);
            if (fsync == "no") flaws.Add($"Redis at {server.EndPoint} has appendfsync no: a crash of its machine would lose half a minute of acknowledged events; it must be always (or everysec).");
            else if (fsync != "always") Log.WeakFsync(logger, provider, server.EndPoint.ToString()!, fsync);
        }
        catch (RedisServerException e) // CONFIG is not permitted, as in hosted Redis
        {
            Log.TakenOnTrust(logger, provider, server.EndPoint.ToString()!, e.Message);
        }
    }

    private static async Task NeedAsync(IServer server, string name, string needed, string why, List<string> flaws)
    {
        var value = await ValueAsync(server, name).ConfigureAwait(false);
        if (value != needed) flaws.Add($"Redis at {server.EndPoint} has {name} {value} instead of {needed}: {why}.");
    }

    private static async Task<string> ValueAsync(IServer server, string name) => (await server.ConfigGetAsync(name).ConfigureAwait(false)).FirstOrDefault().Value ?? "";
}
