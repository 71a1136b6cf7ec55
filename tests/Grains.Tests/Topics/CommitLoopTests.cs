using E2EEvents.Grains.Topics;

namespace E2EEvents.Grains.Tests.Topics;

public sealed class CommitLoopTests
{
    [Fact]
    public async Task WrittenAsync_DuringAWrite_SharesTheNextOne()
    {
        var writes = new List<TaskCompletionSource>();
        var loop = new CommitLoop(() =>
        {
            writes.Add(new TaskCompletionSource());
            return writes[^1].Task;
        });
        var first = loop.WrittenAsync();
        var second = loop.WrittenAsync();
        var third = loop.WrittenAsync();
        Assert.Single(writes);

        writes[0].SetResult();
        await first;
        await Eventually.TrueAsync(() => writes.Count == 2, TimeSpan.FromSeconds(5));
        Assert.False(second.IsCompleted);
        var fourth = loop.WrittenAsync();

        writes[1].SetResult();
        await second;
        await third;
        await Eventually.TrueAsync(() => writes.Count == 3, TimeSpan.FromSeconds(5));
        writes[2].SetResult();
        await fourth;
    }

    [Fact]
    public async Task WrittenAsync_AfterAFailure_FailsForAll()
    {
        var write = new TaskCompletionSource();
        var writes = 0;
        var loop = new CommitLoop(() =>
        {
            writes++;
            return write.Task;
        });
        var first = loop.WrittenAsync();
        var second = loop.WrittenAsync();
        write.SetException(new IOException());
        await Assert.ThrowsAsync<IOException>(() => first);
        await Assert.ThrowsAsync<IOException>(() => second);
        await Assert.ThrowsAsync<IOException>(loop.WrittenAsync);
        Assert.Equal(1, writes);
    }

    [Fact]
    public async Task WrittenAsync_OnlyWriteFailed_IsNotRepeated()
    {
        var writes = 0;
        var loop = new CommitLoop(() =>
        {
            writes++;
            return Task.FromException(new IOException());
        });
        await Assert.ThrowsAsync<IOException>(loop.WrittenAsync);
        await Assert.ThrowsAsync<IOException>(loop.WrittenAsync);
        Assert.Equal(1, writes);
    }
}
