using E2EEvents.Torture.Kinds;
using StackExchange.Redis;

namespace E2EEvents.Torture.Load;

/// <summary>
/// The source of truth: one Redis stream, written in order. Entries carry ids of our own that rise by one, so that a write whose answer was lost is
/// repeated without harm: Redis refuses an id it has.
/// </summary>
internal sealed class Origin(string redis, string stream, IReadOnlyList<Ledger> topics, int perSecond, int poisonEvery, Random random) : IAsyncDisposable
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan Retry = TimeSpan.FromMilliseconds(200);

    private readonly ConnectionMultiplexer _redis = ConnectionMultiplexer.Connect($"{redis},abortConnect=false,connectRetry=1,asyncTimeout=3000");
    private long _entry;

    /// <summary>Events written, poison left out.</summary>
    public long Written { get; private set; }

    /// <summary>Poison events written: they must all become dead letters, of topics in turn.</summary>
    public long Poison { get; private set; }

    public async Task RunAsync(CancellationToken stop)
    {
        var started = TimeProvider.System.GetTimestamp();
        var due = 0L;
        while (!stop.IsCancellationRequested)
        {
            var target = (long)(TimeProvider.System.GetElapsedTime(started).TotalSeconds * perSecond);
            // What an outage held up is not made up for in one go: an origin that was away has not had more events.
            if (target - due > perSecond) due = target - perSecond;
            var batch = new List<string>();
            for (; due < target; due++) batch.Add(NextEntry());
            if (batch.Count > 0) await WriteAsync(batch);
            await Task.Delay(Tick, TimeProvider.System, CancellationToken.None);
        }
    }

    public async ValueTask DisposeAsync() => await _redis.DisposeAsync();

    private string NextEntry()
    {
        var topic = topics[random.Next(topics.Count)];
        if (poisonEvery > 0 && random.Next(poisonEvery) == 0)
        {
            Poison++;
            return Entry(topic, $"{TallyRules.Poison}-{Poison}");
        }

        Written++;
        return Entry(topic, topic.Next());
    }

    private static string Entry(Ledger topic, string id) => $$$"""{"topic":"{{{topic.Topic}}}","event":{"id":"{{{id}}}"}}""";

    /// <summary>Until all are written, in their order, each once: a batch is a transaction, so it is there whole or not at all.</summary>
    private async Task WriteAsync(List<string> entries)
    {
        while (!await TryWriteAsync(entries)) await Task.Delay(Retry, TimeProvider.System, CancellationToken.None);
        _entry += entries.Count;
    }

    private async Task<bool> TryWriteAsync(List<string> entries)
    {
        var transaction = _redis.GetDatabase().CreateTransaction();
        var adding = new List<Task>();
        for (var i = 0; i < entries.Count; i++) adding.Add(transaction.StreamAddAsync(stream, "data", entries[i], $"{_entry + 1 + i}-0"));
        try
        {
            if (!await transaction.ExecuteAsync()) return false;
            await Task.WhenAll(adding);
            return true;
        }
        catch (RedisServerException e) when (e.Message.Contains("equal or smaller", StringComparison.Ordinal))
        {
            return true; // an attempt without an answer had done it
        }
        catch (Exception e) when (e is RedisException or TimeoutException or OperationCanceledException)
        {
            await Task.WhenAll(adding).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return false;
        }
    }
}
