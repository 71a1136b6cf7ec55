using System.Diagnostics.CodeAnalysis;

namespace E2EEvents.Connectors.Ingest;

/// <summary>
/// Sends items in the order of their key: one batch under way per key, keys in parallel; what arrives meanwhile rides in the key's next batch.
/// Bounded by whoever adds (the in-flight window). Thread-safe.
/// </summary>
/// <param name="parallel">Batches under way at the same time.</param>
/// <param name="maxItems">Most items of a batch.</param>
/// <param name="maxBytes">Bytes at which a batch ends; one item is always taken.</param>
/// <param name="sizeOf">Bytes of an item.</param>
/// <param name="send">Sends a batch, however often it takes; ends only when it is done, or by cancellation. Anything else it throws ends <see cref="Failed"/>.</param>
/// <param name="stop">Ends all sending; what is under way is abandoned.</param>
[SuppressMessage("Reliability", "CA1001", Justification = "A semaphore without a wait handle holds nothing; lanes that are abandoned still release it.")]
internal sealed class Lanes<TKey, TItem>(
    int parallel, int maxItems, long maxBytes, Func<TItem, long> sizeOf, Func<TKey, IReadOnlyList<TItem>, CancellationToken, Task> send, CancellationToken stop)
    where TKey : notnull
{
    private readonly Lock _lock = new();
    private readonly Dictionary<TKey, Queue<TItem>> _lanes = [];
    private readonly SemaphoreSlim _places = new(parallel);
    private readonly TaskCompletionSource _failed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource? _idle;

    /// <summary>Never ends, or fails with what <c>send</c> threw: a bug, since it handles what it can expect.</summary>
    public Task Failed => _failed.Task;

    /// <summary>Adds an item behind the others of its key.</summary>
    public void Add(TKey key, TItem item)
    {
        lock (_lock)
        {
            if (_lanes.TryGetValue(key, out var pending))
            {
                pending.Enqueue(item);
                return;
            }

            pending = new Queue<TItem>();
            pending.Enqueue(item);
            _lanes.Add(key, pending);
            _ = Task.Run(() => RunAsync(key, pending), CancellationToken.None);
        }
    }

    /// <summary>Ends when everything added has been sent.</summary>
    public Task IdleAsync()
    {
        lock (_lock)
        {
            if (_lanes.Count == 0) return Task.CompletedTask;
            _idle ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _idle.Task;
        }
    }

    private async Task RunAsync(TKey key, Queue<TItem> pending)
    {
        try
        {
            while (true)
            {
                await _places.WaitAsync(stop);
                try
                {
                    // Taken only once there is a place: the longer the wait, the fuller the batch.
                    if (Take(key, pending) is not { } batch) return;
                    await send(key, batch, stop);
                }
                finally
                {
                    _places.Release();
                }
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The items stay unsettled and are read again by the next run.
        }
        catch (Exception failure)
        {
            _failed.TrySetException(failure);
        }
    }

    private List<TItem>? Take(TKey key, Queue<TItem> pending)
    {
        lock (_lock)
        {
            if (pending.Count == 0)
            {
                _lanes.Remove(key);
                if (_lanes.Count == 0) _idle?.TrySetResult();
                if (_lanes.Count == 0) _idle = null;
                return null;
            }

            var batch = new List<TItem>(Math.Min(pending.Count, maxItems));
            var bytes = 0L;
            while (batch.Count < maxItems && pending.TryPeek(out var next))
            {
                bytes += sizeOf(next);
                if (batch.Count > 0 && bytes > maxBytes) break;
                batch.Add(pending.Dequeue());
            }

            return batch;
        }
    }
}
