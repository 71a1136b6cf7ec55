using StackExchange.Redis;

namespace E2EEvents.Streams;

/// <summary>One queue in Redis: a stream that holds exactly what is not yet delivered. Knows the keys and the commands, decides nothing.</summary>
/// <remarks>The keys share a hash tag, so that a Redis Cluster keeps them together. All calls go to the master and have a deadline.</remarks>
internal sealed class QueueLog(StreamsRedis redis, StreamsRedis appends, ReplicatedAppends? replicated, string tag, int number)
{
    /// <summary>Appends unless the log is full; wakes whoever waits for it. Answers the id, or the length of the full log.</summary>
    private const string AppendScript =
        """
        local length = redis.call('XLEN', KEYS[1])
        if length >= tonumber(ARGV[1]) then return length end
        local id = redis.call('XADD', KEYS[1], '*', unpack(ARGV, 3))
        if redis.call('DEL', KEYS[2]) == 1 then redis.call('PUBLISH', ARGV[2], '') end
        return id
        """;

    /// <summary>
    /// Asks to be woken by the next append. 0: something is there already. 1: asked. 2: the log has never been as far as the reader is; an election has
    /// taken it back, and what is appended now would be passed over.
    /// </summary>
    private const string ArmScript =
        """
        if redis.call('EXISTS', KEYS[1]) == 1 then
          if #redis.call('XRANGE', KEYS[1], '(' .. ARGV[1], '+', 'COUNT', 1) > 0 then return 0 end
          local info = redis.call('XINFO', 'STREAM', KEYS[1])
          for i = 1, #info, 2 do
            if info[i] == 'last-generated-id' then
              local ms, n = string.match(info[i + 1], '(%d+)-(%d+)')
              local readMs, readN = string.match(ARGV[1], '(%d+)-(%d+)')
              ms, n, readMs, readN = tonumber(ms), tonumber(n), tonumber(readMs), tonumber(readN)
              if ms < readMs or (ms == readMs and n < readN) then return 2 end
            end
          end
        end
        redis.call('SET', KEYS[2], '1')
        return 1
        """;

    /// <summary>Moves entries to the stream of those that nobody can take; id and all fields stay, and the reason is added.</summary>
    private const string SetAsideScript =
        """
        local entries = redis.call('XRANGE', KEYS[1], ARGV[1], ARGV[1])
        if #entries == 0 then return 0 end
        local fields = entries[1][2]
        fields[#fields + 1] = 'reason'
        fields[#fields + 1] = ARGV[2]
        fields[#fields + 1] = 'id'
        fields[#fields + 1] = ARGV[1]
        redis.call('XADD', KEYS[2], '*', unpack(fields))
        redis.call('XDEL', KEYS[1], ARGV[1])
        return 1
        """;

    private readonly RedisKey _log = tag + ":log";
    private readonly RedisKey[] _logAndWaiting = [tag + ":log", tag + ":waiting"];
    private readonly RedisKey[] _logAndAside = [tag + ":log", tag + ":undeliverable"];

    /// <summary>Number of the queue.</summary>
    public int Number { get; } = number;

    /// <summary>Key of the stream with what is not delivered.</summary>
    public RedisKey Key => _log;

    /// <summary>Where an append tells a waiting reader.</summary>
    public RedisChannel Channel { get; } = RedisChannel.Literal(tag + ":appended");

    /// <param name="maxEntries">Entries that the log may hold.</param>
    /// <param name="fields">Names and values in turn.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>Null once appended; the length of the log if it is full.</returns>
    public async Task<long?> AppendAsync(long maxEntries, RedisValue[] fields, CancellationToken cancellationToken)
    {
        RedisValue[] arguments = [maxEntries, (string?)Channel, .. fields];
        await redis.ConnectedAsync(cancellationToken).ConfigureAwait(false); // the connection that was checked; those for appends are not
        var answer = replicated is null
            ? await RunAsync(appends, AppendScript, _logAndWaiting, arguments, cancellationToken).ConfigureAwait(false)
            : await replicated.RunAsync(AppendScript, _logAndWaiting, arguments, cancellationToken).ConfigureAwait(false);
        return answer.Resp2Type == ResultType.Integer ? (long)answer : null;
    }

    /// <summary>Entries after an id, oldest first.</summary>
    public async Task<StreamEntry[]> ReadAsync(EntryId after, int max, CancellationToken cancellationToken)
    {
        var database = await redis.DatabaseAsync(cancellationToken).ConfigureAwait(false);
        string from = after == EntryId.None ? "-" : "(" + after.ToString();
        return await redis.WithinAsync(database.StreamRangeAsync(_log, from, "+", max, Order.Ascending, CommandFlags.DemandMaster), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Asks for a message on <see cref="Channel"/> at the next append.</summary>
    public async Task<Armed> ArmAsync(EntryId after, CancellationToken cancellationToken)
    {
        return (Armed)(int)await RunAsync(redis, ArmScript, _logAndWaiting, [after.ToRedis()], cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The newest entry that is in the log now.</summary>
    public async Task<EntryId> LastIdAsync(CancellationToken cancellationToken)
    {
        var database = await redis.DatabaseAsync(cancellationToken).ConfigureAwait(false);
        var last = await redis.WithinAsync(database.StreamRangeAsync(_log, "-", "+", 1, Order.Descending, CommandFlags.DemandMaster), cancellationToken).ConfigureAwait(false);
        return last.Length == 0 ? EntryId.None : EntryId.Parse(last[0].Id!);
    }

    /// <summary>Deletes exactly these. Works in a full Redis too.</summary>
    public async Task DeleteAsync(List<EntryId> ids, CancellationToken cancellationToken)
    {
        var database = await redis.DatabaseAsync(cancellationToken).ConfigureAwait(false);
        var values = new RedisValue[ids.Count];
        for (var i = 0; i < values.Length; i++) values[i] = ids[i].ToRedis();
        await redis.WithinAsync(database.StreamDeleteAsync(_log, values, CommandFlags.DemandMaster), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Entries in the log.</summary>
    public async Task<long> LengthAsync(CancellationToken cancellationToken)
    {
        var database = await redis.DatabaseAsync(cancellationToken).ConfigureAwait(false);
        return await redis.WithinAsync(database.StreamLengthAsync(_log, CommandFlags.DemandMaster), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Moves an entry to <c>…:undeliverable</c>, whole, in one step.</summary>
    public Task SetAsideAsync(EntryId id, string reason, CancellationToken cancellationToken) => RunAsync(redis, SetAsideScript, _logAndAside, [id.ToRedis(), reason], cancellationToken);

    private static async Task<RedisResult> RunAsync(StreamsRedis connection, string script, RedisKey[] keys, RedisValue[] arguments, CancellationToken cancellationToken)
    {
        var database = await connection.DatabaseAsync(cancellationToken).ConfigureAwait(false);
        return await connection.WithinAsync(database.ScriptEvaluateAsync(script, keys, arguments, CommandFlags.DemandMaster), cancellationToken).ConfigureAwait(false);
    }
}

/// <summary>What became of the wish to be woken.</summary>
internal enum Armed
{
    /// <summary>Not needed: there is something to read.</summary>
    DataWaiting = 0,

    /// <summary>The next append sends a message.</summary>
    Yes = 1,

    /// <summary>The log lies behind the reader: read it from its beginning.</summary>
    LogWentBack = 2,
}
