using System.Globalization;
using StackExchange.Redis;

namespace E2EEvents.Streams;

/// <summary>Appends entries, and makes producers wait while there is no room: bounded, then with an error that says what is full.</summary>
internal sealed class Appender(StreamsParts parts)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Recently = TimeSpan.FromSeconds(30);

    private volatile string? _full;
    private volatile string? _problem;
    private long _failedAt;

    /// <summary>Why nothing could be appended when that was last tried, if that was of late; null = it could.</summary>
    public string? Problem => _problem is { } problem && parts.Time.GetElapsedTime(Interlocked.Read(ref _failedAt)) < Recently ? problem : null;

    /// <exception cref="StreamAppendException">It is not acknowledged; says why, and whether it may be there all the same.</exception>
    public async Task AppendAsync(QueueLog log, StreamId stream, RedisValue[] fields)
    {
        CheckSize(log, stream, fields);
        var started = parts.Time.GetTimestamp();
        var pause = FirstPause;
        while (true)
        {
            var (isFull, reason) = await TryAsync(log, fields).ConfigureAwait(false);
            if (!isFull)
            {
                SetFull(null);
                _problem = null;
                parts.Metrics.Appended(parts.Provider, log.Number, parts.Time.GetElapsedTime(started));
                return;
            }

            SetFull(reason);
            Failed(reason);
            if (parts.Time.GetElapsedTime(started) >= parts.Options.FullWait)
            {
                parts.Metrics.Refused(parts.Provider, log.Number, "full");
                throw new StreamAppendException($"{reason} Waited {parts.Options.FullWait} for room; append again later.", isUnknown: false);
            }

            await Task.Delay(pause * (0.5 + (Random.Shared.NextDouble() / 2)), parts.Time, CancellationToken.None).ConfigureAwait(false);
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }

    private async Task<(bool IsFull, string Reason)> TryAsync(QueueLog log, RedisValue[] fields)
    {
        try
        {
            var length = await log.AppendAsync(parts.Options.MaxEntries, fields, CancellationToken.None).ConfigureAwait(false);
            return length is null ? (false, "") : (true, $"Queue {log.Number} of the streams '{parts.Provider}' is full: {length} entries wait, {parts.Options.MaxEntries} may.");
        }
        catch (RedisServerException e) when (e.Message.Contains("OOM", StringComparison.Ordinal))
        {
            return (true, $"Redis of the streams '{parts.Provider}' is out of memory ({e.Message}).");
        }
        catch (StreamsRefusedException)
        {
            parts.Metrics.Refused(parts.Provider, log.Number, "refused");
            throw;
        }
        catch (Exception e) // told in our words: what was done is not known
        {
            Failed(e.Message);
            parts.Metrics.Refused(parts.Provider, log.Number, "failed");
            throw new StreamAppendException($"Appending to queue {log.Number} of the streams '{parts.Provider}' failed, or its answer was lost: {e.Message}", isUnknown: true, e);
        }
    }

    private void CheckSize(QueueLog log, StreamId stream, RedisValue[] fields)
    {
        long bytes = 0;
        foreach (var field in fields) bytes += field.GetLongByteCount();
        if (bytes <= parts.Options.MaxEntryBytes) return;
        parts.Metrics.Refused(parts.Provider, log.Number, "too_big");
        throw new StreamAppendException(
            string.Create(CultureInfo.InvariantCulture, $"A container of {stream} has {bytes} bytes; {parts.Options.MaxEntryBytes} may go into an entry of the streams '{parts.Provider}'. Append fewer events at a time."),
            isUnknown: false);
    }

    private void Failed(string reason)
    {
        Interlocked.Exchange(ref _failedAt, parts.Time.GetTimestamp());
        _problem = reason;
    }

    private void SetFull(string? reason)
    {
        var before = _full;
        if (before is null == reason is null) return;
        _full = reason;
        if (reason is null) Log.NotFull(parts.Logger, parts.Provider);
        else Log.Full(parts.Logger, parts.Provider, reason);
    }
}
