using System.Collections.Concurrent;
using System.Linq;
using E2EEvents.Connectors.Ingest;

namespace E2EEvents.Connectors.Tests.Ingest;

public sealed class LanesTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task Add_ManyItemsOfManyKeys_KeepsOrderWithOneBatchUnderWayPerKey()
    {
        var sent = new ConcurrentDictionary<int, List<int>>();
        var underWay = new ConcurrentDictionary<int, int>();
        var most = 0;
        var running = 0;
        var lanes = Make(parallel: 4, async (key, batch, _) =>
        {
            Assert.Equal(1, underWay.AddOrUpdate(key, 1, (_, n) => n + 1));
            InterlockedMax(ref most, Interlocked.Increment(ref running));
            await Task.Yield();
            sent.GetOrAdd(key, _ => []).AddRange(batch);
            Interlocked.Decrement(ref running);
            underWay.AddOrUpdate(key, 0, (_, n) => n - 1);
        });

        for (var i = 0; i < 5_000; i++) lanes.Add(i % 17, i);
        await lanes.IdleAsync().WaitAsync(Limit, TestContext.Current.CancellationToken);

        Assert.Equal(17, sent.Count);
        foreach (var (key, items) in sent) Assert.Equal(Enumerable.Range(0, 5_000).Where(i => i % 17 == key), items);
        Assert.InRange(most, 1, 4);
    }

    [Fact]
    public async Task Add_WhileABatchIsUnderWay_RidesInTheNextWhole()
    {
        var gate = new TaskCompletionSource();
        var batches = new ConcurrentQueue<int>();
        var begun = new TaskCompletionSource();
        var lanes = Make(parallel: 4, async (_, batch, _) =>
        {
            batches.Enqueue(batch.Count);
            begun.TrySetResult();
            await gate.Task;
        });

        lanes.Add(1, 0);
        await begun.Task.WaitAsync(Limit, TestContext.Current.CancellationToken);
        for (var i = 1; i <= 25; i++) lanes.Add(1, i);
        gate.SetResult();
        await lanes.IdleAsync().WaitAsync(Limit, TestContext.Current.CancellationToken);

        Assert.Equal([1, 10, 10, 5], batches); // at most 10 items
    }

    [Fact]
    public async Task Add_BigItems_EndsABatchAtItsBytesButAlwaysTakesOne()
    {
        var gate = new TaskCompletionSource();
        var begun = new TaskCompletionSource();
        var batches = new ConcurrentQueue<int[]>();
        var lanes = Make(parallel: 1, async (_, batch, _) =>
        {
            batches.Enqueue([.. batch]);
            begun.TrySetResult();
            await gate.Task;
        });

        lanes.Add(1, 1);
        await begun.Task.WaitAsync(Limit, TestContext.Current.CancellationToken);
        foreach (var size in (int[])[60_000, 30_000, 20_000, 500_000, 1]) lanes.Add(1, size);
        gate.SetResult();
        await lanes.IdleAsync().WaitAsync(Limit, TestContext.Current.CancellationToken);

        Assert.Equal([[1], [60_000, 30_000], [20_000], [500_000], [1]], batches); // 100,000 bytes
    }

    [Fact]
    public async Task Failed_SendThrows_TellsWhat()
    {
        var lanes = Make(parallel: 1, (_, _, _) => throw new InvalidOperationException("a bug"));
        lanes.Add(1, 1);
        var failure = await Assert.ThrowsAsync<InvalidOperationException>(() => lanes.Failed.WaitAsync(Limit, TestContext.Current.CancellationToken));
        Assert.Equal("a bug", failure.Message);
    }

    private static Lanes<int, int> Make(int parallel, Func<int, IReadOnlyList<int>, CancellationToken, Task> send) =>
        new(parallel, maxItems: 10, maxBytes: 100_000, item => item, send, CancellationToken.None);

    private static void InterlockedMax(ref int target, int value)
    {
        int seen;
        while (value > (seen = Volatile.Read(ref target)) && Interlocked.CompareExchange(ref target, value, seen) != seen)
        {
            // Another thread was faster: look again.
        }
    }
}
