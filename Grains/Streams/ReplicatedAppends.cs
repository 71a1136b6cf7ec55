using System.Collections.Concurrent;
using System.Net;
using System.Threading.Channels;
using StackExchange.Redis;

namespace E2EEvents.Streams;

/// <summary>
/// Appends that replicas must have (<see cref="RedisStreamsOptions.AckReplicas"/>). What arrives while one group is waiting for them goes into the next:
/// a group is its appends and one WAIT. On a connection of its own, because WAIT holds up everything behind it.
/// </summary>
/// <remarks>
/// WAIT speaks of what its own connection has written before. Had the connection been replaced in between, perhaps by one to another master, it would
/// confirm nothing, so the server is asked before and after who we are: the same connection, or the group counts as failed. Scripts are sent whole
/// (EVAL), since a resent one would come after WAIT.
/// </remarks>
internal sealed class ReplicatedAppends(StreamsRedis redis, RedisStreamsOptions options, TimeProvider time) : IAsyncDisposable
{
    private const int MaxGroup = 500;

    private readonly ConcurrentDictionary<RedisKey, EndPoint> _masters = new();
    private readonly ConcurrentDictionary<EndPoint, Channel<Append>> _groups = new();
    private readonly CancellationTokenSource _ending = new();

    /// <summary>Runs the script on the master of <paramref name="keys"/> and returns its answer once enough replicas have what it wrote.</summary>
    /// <exception cref="RedisException">They do not have it, or it is not known.</exception>
    public async Task<RedisResult> RunAsync(string script, RedisKey[] keys, RedisValue[] arguments, CancellationToken cancellationToken)
    {
        if (!_masters.TryGetValue(keys[0], out var master)) _masters[keys[0]] = master = await MasterOfAsync(keys[0], cancellationToken).ConfigureAwait(false);
        var append = new Append([script, keys.Length, .. keys, .. arguments]);
        var group = _groups.GetOrAdd(master, Start);
        await group.Writer.WriteAsync(append, cancellationToken).ConfigureAwait(false);
        try
        {
            return await append.Answer.Task.WaitAsync(options.CallTimeout + options.CallTimeout, time, cancellationToken).ConfigureAwait(false); // its own group, and the one before
        }
        catch (Exception) // rethrown: the master may be another one next time
        {
            append.Answer.TrySetCanceled(CancellationToken.None); // if it still waits for its group, it is not appended any more
            _masters.TryRemove(keys[0], out _);
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync().ConfigureAwait(false);
        await redis.DisposeAsync().ConfigureAwait(false);
    }

    private async Task<EndPoint> MasterOfAsync(RedisKey key, CancellationToken cancellationToken)
    {
        var database = await redis.DatabaseAsync(cancellationToken).ConfigureAwait(false);
        return await redis.WithinAsync(database.IdentifyEndpointAsync(key, CommandFlags.DemandMaster), cancellationToken).ConfigureAwait(false)
            ?? throw new RedisException("No master is known.");
    }

    private Channel<Append> Start(EndPoint master)
    {
        var channel = Channel.CreateUnbounded<Append>(); // bounded by those who wait for an answer
        _ = Task.Run(() => RunGroupsAsync(master, channel.Reader), CancellationToken.None);
        return channel;
    }

    private async Task RunGroupsAsync(EndPoint master, ChannelReader<Append> waiting)
    {
        var group = new List<Append>();
        while (await waiting.WaitToReadAsync(_ending.Token).ConfigureAwait(false))
        {
            group.Clear();
            while (group.Count < MaxGroup && waiting.TryRead(out var append))
            {
                if (!append.Answer.Task.IsCompleted) group.Add(append);
            }

            if (group.Count == 0) continue;
            try
            {
                await RunGroupAsync(master, group).ConfigureAwait(false);
            }
            catch (Exception e) // given to everybody in the group
            {
                foreach (var append in group) append.Answer.TrySetException(e);
            }
        }
    }

    private async Task RunGroupAsync(EndPoint master, List<Append> group)
    {
        var server = (await redis.ConnectedAsync(_ending.Token).ConfigureAwait(false)).GetServer(master);
        const CommandFlags flags = CommandFlags.DemandMaster | CommandFlags.NoRedirect;
        var before = server.ExecuteAsync("CLIENT", ["INFO"], flags);
        var answers = group.ConvertAll(append => server.ExecuteAsync("EVAL", append.Arguments, flags));
        var acknowledged = server.ExecuteAsync("WAIT", [options.AckReplicas, (int)(options.CallTimeout.TotalMilliseconds / 2)], flags);
        var after = server.ExecuteAsync("CLIENT", ["INFO"], flags);
        await Task.WhenAll(before, after, acknowledged).WaitAsync(options.CallTimeout, time, _ending.Token).ConfigureAwait(false);
        var count = (int)await acknowledged.ConfigureAwait(false);
        var isSame = Identity(await before.ConfigureAwait(false)) == Identity(await after.ConfigureAwait(false));
        for (var i = 0; i < group.Count; i++) await AnswerAsync(group[i], answers[i], count, isSame).ConfigureAwait(false);
    }

    private async Task AnswerAsync(Append append, Task<RedisResult> running, int acknowledged, bool isSame)
    {
        try
        {
            var answer = await running.WaitAsync(options.CallTimeout, time, _ending.Token).ConfigureAwait(false);
            if (!isSame) throw new RedisException("The connection was replaced while replicas were waited for.");
            if (acknowledged < options.AckReplicas) throw new RedisException($"{acknowledged} of {options.AckReplicas} replicas have acknowledged the append.");
            append.Answer.TrySetResult(answer);
        }
        catch (Exception e) // given to who appends
        {
            append.Answer.TrySetException(e);
        }
    }

    /// <summary>Number and addresses of a connection, out of <c>id=3 addr=… laddr=… fd=8 age=…</c>; the rest changes by itself.</summary>
    private static string Identity(RedisResult info)
    {
        var identity = "";
        foreach (var field in ((string?)info ?? "").Split(' '))
        {
            if (field.StartsWith("id=", StringComparison.Ordinal) || field.StartsWith("addr=", StringComparison.Ordinal) || field.StartsWith("laddr=", StringComparison.Ordinal)) identity += field;
        }

        return identity.Length > 0 ? identity : throw new RedisException("CLIENT INFO does not say who we are (Redis 6.2 or newer does).");
    }

    private sealed record Append(object[] Arguments)
    {
        public TaskCompletionSource<RedisResult> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
