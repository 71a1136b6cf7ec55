using StackExchange.Redis;

namespace E2EEvents.Connectors.Redis;

/// <summary>An entry of a stream.</summary>
internal readonly record struct RedisEntry(string Stream, RedisStreamId Id, IReadOnlyList<(byte[] Name, byte[] Value)> Fields);

/// <summary>The commands on streams, over one connection. Only the primary is asked: a replica that lags would look like a reset.</summary>
internal sealed class RedisStreamReader
{
    // What a read may bring into memory, about; more than that is taken in several reads.
    private const long TargetBytes = 4 * 1024 * 1024;
    private const int FirstReadEntries = 16;
    private static readonly string BeyondAll = new RedisStreamId(ulong.MaxValue, ulong.MaxValue).ToString();

    private readonly IDatabase _database;
    private readonly IReadOnlyList<string> _streams;
    private readonly int _mostEntries;
    private int _entries;

    public RedisStreamReader(ConnectionMultiplexer redis, IReadOnlyList<string> streams, int mostEntries)
    {
        _database = redis.GetDatabase();
        _streams = streams;
        _mostEntries = mostEntries;
        _entries = Math.Min(mostEntries, FirstReadEntries);
    }

    /// <summary>Checks that one command can read all streams, by one that finds nothing.</summary>
    /// <exception cref="InvalidOperationException">The server is a cluster, and they are in different slots.</exception>
    public async Task CheckSlotsAsync(CancellationToken cancellationToken)
    {
        try
        {
            await ExecuteAsync(["COUNT", 1, "STREAMS"], _ => BeyondAll, cancellationToken);
        }
        catch (Exception scattered) when (scattered is RedisServerException or RedisCommandException && scattered.Message.Contains("slot", StringComparison.OrdinalIgnoreCase))
        {
            // The server's word for it, or the library's, which knows the slots of a larger cluster and does not even ask.
            throw new InvalidOperationException("The streams lie in different slots of a Redis Cluster: configure one connector per stream, or give them a common {tag}.", scattered);
        }
    }

    /// <summary>What the server says about a stream; null = there is none.</summary>
    public async Task<StreamFacts?> FactsAsync(string stream, CancellationToken cancellationToken)
    {
        try
        {
            var info = await _database.StreamInfoAsync(stream, CommandFlags.DemandMaster).WaitAsync(cancellationToken);
            return new StreamFacts(
                info.Length,
                info.FirstEntry.IsNull ? null : RedisStreamId.Parse((string)info.FirstEntry.Id!),
                RedisStreamId.Parse((string)info.LastGeneratedId!),
                info.EntriesAdded);
        }
        catch (RedisServerException missing) when (missing.Message.Contains("no such key", StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }
    }

    /// <summary>Reads the next entries of all streams, stream by stream; waits for the first up to <see cref="RedisLink.Block"/>. Empty = there was none.</summary>
    public async Task<List<RedisEntry>> ReadAsync(StreamPositions positions, CancellationToken cancellationToken)
    {
        var answer = await ExecuteAsync(
            ["COUNT", _entries, "BLOCK", (long)RedisLink.Block.TotalMilliseconds, "STREAMS"], stream => positions[stream].Id.ToString(), cancellationToken);

        var entries = new List<RedisEntry>();
        if (answer.IsNull) return entries;
        // RESP3 gives a map (name, entries, name, entries …), RESP2 a list of pairs.
        var isMap = answer.Resp3Type == ResultType.Map;
        var bytes = 0L;
        for (var i = 0; i < answer.Length; i += isMap ? 2 : 1)
        {
            var (stream, list) = isMap ? (answer[i], answer[i + 1]) : (answer[i][0], answer[i][1]);
            for (var e = 0; e < list.Length; e++) entries.Add(EntryOf((string)stream!, list[e], ref bytes));
        }

        // Entries are about as big as the last ones were.
        if (entries.Count > 0) _entries = (int)Math.Clamp(TargetBytes / Math.Max(1, bytes / entries.Count), 1, _mostEntries);
        return entries;
    }

    private Task<RedisResult> ExecuteAsync(List<object> arguments, Func<string, string> idOf, CancellationToken cancellationToken)
    {
        foreach (var stream in _streams) arguments.Add((RedisKey)stream);
        foreach (var stream in _streams) arguments.Add(idOf(stream));
        return _database.ExecuteAsync("XREAD", arguments, CommandFlags.DemandMaster).WaitAsync(cancellationToken);
    }

    private static RedisEntry EntryOf(string stream, RedisResult entry, ref long bytes)
    {
        var list = entry[1];
        var fields = new (byte[] Name, byte[] Value)[Math.Max(0, list.Length) / 2];
        for (var f = 0; f < fields.Length; f++)
        {
            fields[f] = ((byte[])list[2 * f]!, (byte[])list[(2 * f) + 1]!);
            bytes += fields[f].Name.Length + fields[f].Value.Length;
        }

        return new RedisEntry(stream, RedisStreamId.Parse((string)entry[0]!), fields);
    }
}
