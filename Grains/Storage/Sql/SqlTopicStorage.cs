using System.Data.Common;
using System.Globalization;
using Microsoft.Extensions.Options;
using Orleans.Storage;

namespace E2EEvents.Grains.Storage.Sql;

/// <summary>
/// Keeps topics in a table of their own. What the topics of the silo have to store while a transaction is under way shares the next one, so the number
/// of transactions follows the disk and not the number of topics. A record that someone else wrote before is that topic's conflict alone.
/// </summary>
internal sealed class SqlTopicStorage : IGrainStorage, IAsyncDisposable
{
    private const int MostCollisions = 5;

    private readonly Dialect _dialect;
    private readonly string _service;
    private readonly SqlOptions _options;
    private readonly IGrainStorageSerializer _serializer;
    private readonly StorageHealth _health;
    private readonly SiloMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly DbDataSource _source;
    private readonly WriteQueue _queue;
    private readonly SemaphoreSlim _reads;

    public SqlTopicStorage(Dialect dialect, string service, IOptions<SqlOptions> options, IGrainStorageSerializer serializer, StorageHealth health, SiloMetrics metrics, TimeProvider time)
    {
        (_dialect, _service, _options, _serializer, _health, _metrics, _time) = (dialect, service, options.Value, serializer, health, metrics, time);
        _source = dialect.NewSource();
        _queue = new WriteQueue(_options.QueuedWrites, _options.BatchRows, _options.BatchBytes, _options.Transactions);
        _reads = new SemaphoreSlim(_options.Reads);
    }

    public async Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        using var deadline = new CancellationTokenSource(_options.Timeout, _time);
        await _reads.WaitAsync(deadline.Token).ConfigureAwait(false);
        try
        {
            var found = await ReadAsync(grainId.ToString(), stateName, deadline.Token).ConfigureAwait(false);
            grainState.RecordExists = found is not null;
            grainState.ETag = found?.Version.ToString(CultureInfo.InvariantCulture);
            grainState.State = found is { } record ? _serializer.Deserialize<T>(new BinaryData(record.Payload)) : Activator.CreateInstance<T>();
        }
        finally
        {
            _reads.Release();
        }
    }

    public async Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        long? version = grainState.ETag is { } etag ? long.Parse(etag, CultureInfo.InvariantCulture) : null;
        var payload = _serializer.Serialize(grainState.State).ToMemory().ToArray();
        var write = new PendingWrite(new RecordKey(grainId.ToString(), stateName), version, payload, _time.GetTimestamp());
        if (!_queue.TryAdd(write, out var starts)) throw new IOException($"{_options.QueuedWrites} topics wait to be stored (Storage:QueuedWrites); the database is slower than what comes.");
        if (starts) _ = RunAsync();
        if (!await write.Stored.Task.ConfigureAwait(false)) throw Conflict(stateName, grainId);
        grainState.ETag = ((version ?? 0) + 1).ToString(CultureInfo.InvariantCulture);
        grainState.RecordExists = true;
    }

    public async Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        if (grainState.ETag is null) return;
        using var deadline = new CancellationTokenSource(_options.Timeout, _time);
        var connection = await _source.OpenConnectionAsync(deadline.Token).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            var command = _dialect.NewDelete(connection, _service, grainId.ToString(), stateName, long.Parse(grainState.ETag, CultureInfo.InvariantCulture));
            await using (command.ConfigureAwait(false))
            {
                if (await command.ExecuteNonQueryAsync(deadline.Token).ConfigureAwait(false) == 0) throw Conflict(stateName, grainId);
            }
        }

        (grainState.ETag, grainState.RecordExists, grainState.State) = (null, false, Activator.CreateInstance<T>());
    }

    public ValueTask DisposeAsync()
    {
        _reads.Dispose();
        return _source.DisposeAsync();
    }

    private static InconsistentStateException Conflict(string record, GrainId grain) => new($"'{record}' of {grain} was written by someone else.");

    private async Task<(long Version, byte[] Payload)?> ReadAsync(string grain, string record, CancellationToken cancellationToken)
    {
        var connection = await _source.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            var command = _dialect.NewRead(connection, _service, grain, record);
            await using (command.ConfigureAwait(false))
            {
                var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
                await using (reader.ConfigureAwait(false))
                {
                    return await reader.ReadAsync(cancellationToken).ConfigureAwait(false) ? (reader.GetInt64(0), (byte[])reader.GetValue(1)) : null;
                }
            }
        }
    }

    private async Task RunAsync()
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding); // off the grain's scheduler
        IReadOnlyList<PendingWrite> done = [];
        while (_queue.Take(done) is { Count: > 0 } batch)
        {
            await StoreAsync(batch).ConfigureAwait(false);
            done = batch;
        }
    }

    /// <summary>Stores a batch and tells each write what became of it. Never throws.</summary>
    private async Task StoreAsync(List<PendingWrite> batch)
    {
        var writes = batch.FindAll(IsInTime);
        if (writes.Count == 0) return;
        var collisions = new Hosting.Backoff(TimeSpan.FromMilliseconds(10), TimeSpan.FromMilliseconds(200), _time, Random.Shared.NextDouble);
        while (true)
        {
            var started = _time.GetTimestamp();
            try
            {
                var written = await CommitAsync(writes).ConfigureAwait(false);
                _metrics.Stored("stored", writes.Count, _time.GetElapsedTime(started));
                _health.Succeeded();
                foreach (var write in writes) write.Stored.TrySetResult(written.Contains(write.Key));
                return;
            }
            catch (Exception e) // whatever it is, each topic is told, and starts anew from what is stored
            {
                var failure = _dialect.Classify(e);
                _metrics.Stored(failure switch { Failure.Collision => "collided", Failure.Row => "row_refused", _ => "failed" }, writes.Count, _time.GetElapsedTime(started));
                if (failure == Failure.Collision && collisions.Failures < MostCollisions)
                {
                    await collisions.PauseAsync(CancellationToken.None).ConfigureAwait(false);
                    continue;
                }

                if (failure == Failure.Row && writes.Count > 1)
                {
                    foreach (var write in writes) await StoreAsync([write]).ConfigureAwait(false); // so that the one that cannot be stored fails alone
                    return;
                }

                if (failure == Failure.Database) _health.Failed(e, writes.Count);
                foreach (var write in writes) write.Stored.TrySetException(new IOException($"Not stored, or not known to be: {e.Message}", e));
                return;
            }
        }
    }

    private bool IsInTime(PendingWrite write)
    {
        if (_time.GetElapsedTime(write.Since) < _options.Timeout) return true;
        write.Stored.TrySetException(new TimeoutException($"It waited longer than {_options.Timeout} for its transaction (Storage:Timeout) and was not stored."));
        return false;
    }

    private async Task<HashSet<RecordKey>> CommitAsync(List<PendingWrite> writes)
    {
        using var deadline = new CancellationTokenSource(_options.Timeout, _time);
        var connection = await _source.OpenConnectionAsync(deadline.Token).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            var written = await _dialect.CommitAsync(connection, _service, writes, deadline.Token).ConfigureAwait(false);
            deadline.Token.ThrowIfCancellationRequested(); // cancelled while it waits for a standby, PostgreSQL says "done" with a warning: it is not known to be safe
            return written;
        }
    }
}
