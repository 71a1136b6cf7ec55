using System.Diagnostics.CodeAnalysis;
using System.Linq;
using Orleans.Streams;
using StackExchange.Redis;

namespace E2EEvents.Streams;

/// <summary>
/// Owns one queue: reads its log from the beginning, so that what a former owner left comes (perhaps again), and deletes what the cache says is done.
/// Failures of Redis never leave it: it says so once, waits and goes on.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "Ended by Shutdown; a source without timer or links has nothing to dispose, and late callbacks may still ask it.")]
internal sealed class QueueReceiver(QueueLog log, QueueCache cache, StreamsParts parts) : IQueueAdapterReceiver
{
    private const int MaxDelete = 1000;
    private const int KeepBytes = 1 << 20;
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LagPeriod = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan KeepTimeout = TimeSpan.FromSeconds(30);

    private readonly RedisStreamsOptions _options = parts.Options;
    private readonly CancellationTokenSource _ending = new();
    private readonly Wake _appended = new();
    private EntryId _position = EntryId.None;
    private EntryId _takeover = new(long.MaxValue, 0);
    private Task _deleting = Task.CompletedTask;
    private ITimer? _lagTimer;
    private volatile bool _restart;
    private StreamId? _stranded;
    private bool _subscribed;
    private bool _armed;
    private bool _failing;
    private int _entryBytes = 64 << 10; // guess of a careful first read
    private TimeSpan _pause = FirstPause;

    /// <summary>Entries of the log that were not yet deleted when last counted; -1 = not yet counted.</summary>
    public long Length { get; private set; } = -1;

    public Task Initialize(TimeSpan timeout)
    {
        parts.Redis.Restored += OnRestored;
        _deleting = Task.Run(DeleteAsync, CancellationToken.None);
        _lagTimer = parts.Time.CreateTimer(_ => _ = TellLagAsync(), null, TimeSpan.Zero, LagPeriod);
        return Task.CompletedTask;
    }

    public Task<IList<IBatchContainer>> GetQueueMessagesAsync(int maxCount) => GetQueueMessagesAsync(maxCount, CancellationToken.None);

    /// <summary>The next entries; waits for some for at most <see cref="RedisStreamsOptions.IdleWait"/>.</summary>
    public async Task<IList<IBatchContainer>> GetQueueMessagesAsync(int maxCount, CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _ending.Token);
        try
        {
            var containers = await NextAsync(maxCount, ending.Token).ConfigureAwait(false);
            if (_failing) Log.ReadAgain(parts.Logger, parts.Provider, log.Number);
            (_failing, _pause) = (false, FirstPause);
            return containers;
        }
        catch (Exception e) when (!ending.IsCancellationRequested) // survived: read again, from the same place
        {
            if (!_failing) Log.ReadFailed(parts.Logger, parts.Provider, log.Number, e.Message);
            (_failing, _armed) = (true, false);
            await _appended.WaitAsync(_pause * (0.5 + (Random.Shared.NextDouble() / 2)), ending.Token).ConfigureAwait(false);
            _pause = _pause * 2 < LongestPause ? _pause * 2 : LongestPause;
        }
        catch (Exception) when (ending.IsCancellationRequested)
        {
            // The owner ends; whatever failed, the next one reads again.
        }

        return [];
    }

    public Task MessagesDeliveredAsync(IList<IBatchContainer> messages) => Task.CompletedTask; // the cache is asked instead, see there

    /// <summary>Deletes what is done, and ends. What is under way is delivered again by the next owner.</summary>
    public async Task Shutdown(TimeSpan timeout)
    {
        parts.Redis.Restored -= OnRestored;
        if (_lagTimer is not null) await _lagTimer.DisposeAsync().ConfigureAwait(false);
        parts.Metrics.NoLag(parts.Provider, log.Number);
        await _ending.CancelAsync().ConfigureAwait(false);
        cache.Done.Set();
        await _deleting.WaitAsync(timeout, parts.Time, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_subscribed && parts.Redis.Multiplexer is { } redis) redis.GetSubscriber().Unsubscribe(log.Channel, OnAppended, CommandFlags.FireAndForget);
    }

    private async Task<IList<IBatchContainer>> NextAsync(int maxCount, CancellationToken cancellationToken)
    {
        await SubscribeAsync(cancellationToken).ConfigureAwait(false);
        while (!cancellationToken.IsCancellationRequested)
        {
            if (_restart) Restart();
            var room = Math.Min(Math.Min(maxCount, _options.ReadEntries), cache.Room(_entryBytes));
            if (room <= 0)
            {
                await cache.Freed.WaitAsync(_options.IdleWait, cancellationToken).ConfigureAwait(false);
                return [];
            }

            var entries = await log.ReadAsync(_position, room, cancellationToken).ConfigureAwait(false);
            if (entries.Length > 0)
            {
                _armed = false; // an append may have used the wish up
                var containers = await TakeAsync(entries, cancellationToken).ConfigureAwait(false);
                if (containers.Count > 0) return containers;
            }
            else if (!await WaitAsync(cancellationToken).ConfigureAwait(false)) return [];
        }

        return [];
    }

    /// <returns>False after the longest wait: the agent gets its turn.</returns>
    private async Task<bool> WaitAsync(CancellationToken cancellationToken)
    {
        if (!_armed)
        {
            var answer = await ArmAsync(cancellationToken).ConfigureAwait(false);
            if (answer == Armed.LogWentBack)
            {
                Log.LogWentBack(parts.Logger, parts.Provider, log.Number);
                Restart();
            }

            _armed = answer == Armed.Yes;
            if (!_armed) return answer is not null || await _appended.WaitAsync(FirstPause, cancellationToken).ConfigureAwait(false);
        }

        if (!await _appended.WaitAsync(_options.IdleWait, cancellationToken).ConfigureAwait(false)) return false;
        _armed = false;
        return true;
    }

    /// <summary>Null if Redis takes no writes, not even this one: then there are no appends to wait for either.</summary>
    private async Task<Armed?> ArmAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await log.ArmAsync(_position, cancellationToken).ConfigureAwait(false);
        }
        catch (RedisServerException)
        {
            return null;
        }
    }

    private async Task<List<IBatchContainer>> TakeAsync(StreamEntry[] entries, CancellationToken cancellationToken)
    {
        var containers = new List<IBatchContainer>(entries.Length);
        var undeliverable = new List<Undeliverable>();
        var largest = 1;
        var redelivered = 0;
        var last = _position;
        foreach (var entry in entries)
        {
            last = EntryId.Parse(entry.Id!);
            if (cache.Holds(last)) continue;
            if (last.CompareTo(_takeover) <= 0) redelivered++;
            var (container, problem) = Read(last, entry.Values);
            if (container is not null) containers.Add(container);
            else undeliverable.Add(problem!);
            largest = Math.Max(largest, container?.Bytes ?? BytesOf(problem!));
        }

        if (undeliverable.Count > 0) await KeepAsync(undeliverable, cancellationToken).ConfigureAwait(false);
        _position = last; // not before: had anything thrown, all of it is read again
        _entryBytes = Math.Max(largest, _entryBytes / 2);
        if (redelivered > 0) parts.Metrics.Redelivered(parts.Provider, log.Number, redelivered);
        return containers;
    }

    private (StreamContainer? Container, Undeliverable? Problem) Read(EntryId id, NameValueEntry[] fields)
    {
        StreamContainer container;
        try
        {
            container = parts.Codec.Read(id, fields);
        }
        catch (Exception e) // survived: bytes from outside may break a codec in any way
        {
            return (null, new Undeliverable(log.Number, id.ToString(), EntryCodec.StreamOf(fields), $"It cannot be read: {e.Message}", null, EntryCodec.RawOf(fields)));
        }

        if (parts.Consumers?.Has(container.StreamId) != false) return (container, null);
        var reason = $"No grain class subscribes to the namespace '{container.StreamId.GetNamespace()}'.";
        return (null, new Undeliverable(log.Number, id.ToString(), container.StreamId, reason, [.. container.Events.Cast<object>()], EntryCodec.RawOf(fields)));
    }

    /// <summary>Hands them over about a megabyte at a time, each deleted from the log at once: were all kept or none, many large ones might never be.</summary>
    private async Task KeepAsync(List<Undeliverable> entries, CancellationToken cancellationToken)
    {
        Log.Undeliverable(parts.Logger, parts.Provider, log.Number, entries.Count, entries[0].Reason);
        for (var from = 0; from < entries.Count;)
        {
            var (to, bytes) = (from, 0L);
            while (to < entries.Count && (to == from || bytes + BytesOf(entries[to]) <= KeepBytes)) bytes += BytesOf(entries[to++]);
            await KeepPartAsync(entries.GetRange(from, to - from), cancellationToken).ConfigureAwait(false);
            from = to;
        }
    }

    private async Task KeepPartAsync(List<Undeliverable> entries, CancellationToken cancellationToken)
    {
        if (parts.Keeper is { } keeper)
        {
            await keeper.KeepAsync(entries, cancellationToken).WaitAsync(KeepTimeout, parts.Time, cancellationToken).ConfigureAwait(false);
            await log.DeleteAsync(entries.ConvertAll(entry => EntryId.Parse(entry.Id)), cancellationToken).ConfigureAwait(false);
        }
        else
        {
            foreach (var entry in entries) await log.SetAsideAsync(EntryId.Parse(entry.Id), entry.Reason, cancellationToken).ConfigureAwait(false);
        }

        parts.Metrics.Undeliverable(parts.Provider, log.Number, entries.Count);
    }

    private static int BytesOf(Undeliverable entry) => entry.Fields.Sum(field => field.Value.Length);

    private async Task SubscribeAsync(CancellationToken cancellationToken)
    {
        if (_subscribed) return;
        var redis = await parts.Redis.ConnectedAsync(cancellationToken).ConfigureAwait(false);
        await redis.GetSubscriber().SubscribeAsync(log.Channel, OnAppended).WaitAsync(_options.CallTimeout, parts.Time, cancellationToken).ConfigureAwait(false);
        _subscribed = true;
        _takeover = await log.LastIdAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Deletes until the end, and then what is left at the end.</summary>
    private async Task DeleteAsync()
    {
        var failing = false;
        while (true)
        {
            var isEnding = _ending.IsCancellationRequested;
            if (!isEnding)
            {
                await cache.Done.WaitAsync(LongestPause, _ending.Token).ConfigureAwait(false);
                await Task.Delay(_options.DeletePeriod, parts.Time, _ending.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            try
            {
                while (cache.TakeDone(MaxDelete) is { Count: > 0 } done)
                {
                    await log.DeleteAsync(done, CancellationToken.None).ConfigureAwait(false);
                    cache.Deleted(done);
                    parts.Metrics.Delivered(parts.Provider, log.Number, done.Count);
                }

                failing = false;
            }
            catch (Exception e) // survived: tried again, and the next owner delivers twice what stays
            {
                if (!failing) Log.DeleteFailed(parts.Logger, parts.Provider, log.Number, e.Message);
                failing = true;
            }

            if (isEnding) return;
        }
    }

    private async Task TellLagAsync()
    {
        try
        {
            var length = await log.LengthAsync(_ending.Token).ConfigureAwait(false);
            var age = cache.Oldest() is { } oldest ? parts.Time.GetUtcNow() - DateTimeOffset.FromUnixTimeMilliseconds(oldest.Milliseconds) : TimeSpan.Zero;
            Length = length;
            if (!_ending.IsCancellationRequested) parts.Metrics.Lag(parts.Provider, log.Number, length, age > TimeSpan.Zero ? age : TimeSpan.Zero);
            var stranded = cache.Stranded();
            if (stranded is { } stream && stranded == _stranded) Log.Stranded(parts.Logger, parts.Provider, log.Number, stream.ToString());
            _stranded = stranded; // said when it still is next time: a stream's first entry is here before its consumers are found
        }
        catch (Exception) // survived: reading tells why, the lag is told next time
        {
        }
    }

    /// <summary>Reads the log from its beginning; what the cache holds is passed over.</summary>
    private void Restart() => (_position, _restart, _armed) = (EntryId.None, false, false);

    private void OnRestored()
    {
        _restart = true; // another master may have less, and other entries
        _appended.Set();
    }

    private void OnAppended(RedisChannel channel, RedisValue value) => _appended.Set();
}
