using System.Linq;
using CsCheck;
using E2EEvents.Grains.Storage.Sql;

namespace E2EEvents.Grains.Tests.Storage;

public sealed class WriteQueueTests
{
    [Fact]
    public void Take_AnyWrites_EachOnceInOrderOfItsRecordWithinTheBoundsAndSorted() =>
        Gen.Select(Gen.Int[0, 9].Array[1, 60], Gen.Int[1, 8], Gen.Int[1, 3]).Sample((keys, maxRows, runs) =>
        {
            var queue = new WriteQueue(1000, maxRows, 500, runs);
            var started = 0;
            for (var i = 0; i < keys.Length; i++)
            {
                Assert.True(queue.TryAdd(Write(keys[i], 100, i), out var starts));
                if (starts) started++;
            }

            Assert.Equal(Math.Min(runs, keys.Length), started);
            var taken = new List<PendingWrite>();
            var running = new List<List<PendingWrite>>(Enumerable.Range(0, started).Select(_ => new List<PendingWrite>()));
            while (running.Count > 0)
            {
                var batch = queue.Take(running[0]);
                running.RemoveAt(0);
                Assert.True(batch.Count <= Math.Min(maxRows, 5));
                Assert.Equal(batch.Select(write => write.Key).Order(), batch.Select(write => write.Key));
                Assert.Empty(batch.Select(write => write.Key).Intersect(running.SelectMany(other => other).Select(write => write.Key)));
                taken.AddRange(batch);
                if (batch.Count > 0) running.Add(batch);
            }

            Assert.Equal(keys.Length, taken.Count);
            foreach (var ofOne in taken.GroupBy(write => write.Key)) Assert.Equal(ofOne.Select(write => write.Since).Order(), ofOne.Select(write => write.Since));
        });

    [Fact]
    public void TryAdd_Full_IsRefused()
    {
        var queue = new WriteQueue(2, 10, 1000, 1);
        Assert.True(queue.TryAdd(Write(1, 10, 0), out _));
        Assert.True(queue.TryAdd(Write(2, 10, 0), out _));
        Assert.False(queue.TryAdd(Write(3, 10, 0), out _));
    }

    [Fact]
    public void Take_WriteBeyondTheBytes_GoesAlone()
    {
        var queue = new WriteQueue(10, 10, 1000, 1);
        foreach (var (key, bytes) in new[] { (1, 10), (2, 5000), (3, 10) }) queue.TryAdd(Write(key, bytes, 0), out _);
        Assert.Equal([1, 3], Keys(queue.Take([])));
        Assert.Equal([2], Keys(queue.Take([])));
    }

    private static int[] Keys(IEnumerable<PendingWrite> writes) => [.. writes.Select(write => int.Parse(write.Key.Grain, null))];

    private static PendingWrite Write(int key, int bytes, long since) => new(new RecordKey(key.ToString(null as IFormatProvider), "topic"), null, new byte[bytes], since);
}
