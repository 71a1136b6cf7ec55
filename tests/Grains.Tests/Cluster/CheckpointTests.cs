namespace E2EEvents.Grains.Tests.Cluster;

/// <summary>Checkpoints and the leases under which they are written.</summary>
public sealed class CheckpointTests
{
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(5);

    [Fact]
    public async Task Write_UnderTheLease_StoresAndAnswersWhatAnEarlierAttemptStored()
    {
        await using var region = await TestRegion.StartAsync();
        var checkpoint = Checkpoint(region);
        Assert.Equal(new Checkpoint(null, 0), await checkpoint.ReadAsync(CancellationToken.None));
        Assert.Equal(1, (await checkpoint.AcquireAsync("a", Duration, CancellationToken.None)).Number);
        Assert.Equal(new Checkpoint("x", 1), await checkpoint.WriteAsync("x", 0, 1, CancellationToken.None));
        Assert.Equal(new Checkpoint("x", 1), await checkpoint.WriteAsync("x", 0, 1, CancellationToken.None));
        Assert.Equal(new Checkpoint("y", 2), await checkpoint.WriteAsync("y", 1, 1, CancellationToken.None));
        await region.Cluster.DeactivateAsync(checkpoint);
        Assert.Equal(new Checkpoint("y", 2), await checkpoint.ReadAsync(CancellationToken.None));
        Assert.Equal(new Checkpoint("z", 3), await checkpoint.WriteAsync("z", 2, 1, CancellationToken.None)); // its restart took the lease from nobody
    }

    [Fact]
    public async Task Write_UnderALeaseThatIsOver_IsRefusedForEver()
    {
        await using var region = await TestRegion.StartAsync();
        var checkpoint = Checkpoint(region);
        Assert.Null(await checkpoint.WriteAsync("x", 0, 0, CancellationToken.None)); // nobody has it
        await checkpoint.AcquireAsync("a", Duration, CancellationToken.None);
        await checkpoint.WriteAsync("x", 0, 1, CancellationToken.None);
        await checkpoint.ReleaseAsync(1, CancellationToken.None);
        Assert.Null(await checkpoint.WriteAsync("y", 1, 1, CancellationToken.None));
        Assert.Equal(2, (await checkpoint.AcquireAsync("b", Duration, CancellationToken.None)).Number);
        Assert.Null(await checkpoint.WriteAsync("y", 1, 1, CancellationToken.None));
        Assert.False(await checkpoint.RenewAsync(1, CancellationToken.None));
        await checkpoint.ReleaseAsync(1, CancellationToken.None); // not its own any more
        Assert.True(await checkpoint.RenewAsync(2, CancellationToken.None));
        Assert.Equal(new Checkpoint("x", 1), await checkpoint.ReadAsync(CancellationToken.None));
    }

    [Fact]
    public async Task Acquire_HeldByAnother_SaysWhoAndForHowLongAlsoAfterARestart()
    {
        await using var region = await TestRegion.StartAsync();
        var checkpoint = Checkpoint(region);
        await checkpoint.AcquireAsync("a", Duration, CancellationToken.None);
        await region.Cluster.DeactivateAsync(checkpoint);
        var answer = await checkpoint.AcquireAsync("b", Duration, CancellationToken.None);
        Assert.Equal((null, "a"), (answer.Number, answer.Holder));
        Assert.InRange(answer.Left, TimeSpan.FromSeconds(1), Duration);
        await checkpoint.ReleaseAsync(1, CancellationToken.None);
        await region.Cluster.DeactivateAsync(checkpoint);
        Assert.Equal(2, (await checkpoint.AcquireAsync("b", Duration, CancellationToken.None)).Number);
    }

    [Fact]
    public async Task Acquire_CannotBeStored_IsNotAnsweredAndTheNextNumberIsHigher()
    {
        await using var region = await TestRegion.StartAsync();
        region.Logs.Expect(1007);
        var checkpoint = Checkpoint(region);
        region.Storage.OnWrite = (_, _) => Task.FromResult(WriteFault.FailsAfterStoring);
        await Assert.ThrowsAnyAsync<Exception>(() => checkpoint.AcquireAsync("a", Duration, CancellationToken.None));
        region.Storage.OnWrite = (_, _) => Task.FromResult(WriteFault.None);
        Assert.Null((await checkpoint.AcquireAsync("b", Duration, CancellationToken.None)).Number); // it was stored all the same
        Assert.Equal(2, (await checkpoint.AcquireAsync("a", Duration, CancellationToken.None)).Number);
    }

    [Fact]
    public async Task Write_StorageFails_KeepsTheOldOne()
    {
        await using var region = await TestRegion.StartAsync();
        region.Logs.Expect(1007);
        var checkpoint = Checkpoint(region);
        await checkpoint.AcquireAsync("a", Duration, CancellationToken.None);
        await checkpoint.WriteAsync("x", 0, 1, CancellationToken.None);
        region.Storage.OnWrite = (_, _) => Task.FromResult(WriteFault.Fails);
        await Assert.ThrowsAnyAsync<Exception>(() => checkpoint.WriteAsync("y", 1, 1, CancellationToken.None));
        Assert.Equal(new Checkpoint("x", 1), await checkpoint.ReadAsync(CancellationToken.None));
    }

    [Fact]
    public async Task Renew_WhileAWriteHangs_IsAnswered()
    {
        await using var region = await TestRegion.StartAsync();
        var checkpoint = Checkpoint(region);
        await checkpoint.AcquireAsync("a", Duration, CancellationToken.None);
        var written = new TaskCompletionSource<WriteFault>();
        region.Storage.OnWrite = (_, _) => written.Task;
        var writing = checkpoint.WriteAsync("x", 0, 1, CancellationToken.None);
        Assert.True(await checkpoint.RenewAsync(1, CancellationToken.None).WaitAsync(TestRegion.Deadline));
        Assert.False(writing.IsCompleted);
        written.SetResult(WriteFault.None);
        Assert.Equal(new Checkpoint("x", 1), await writing);
    }

    [Fact]
    public async Task Read_RecordFromBeforeThereWereLeases_GoesOnWithItsCheckpointAndAFreeLease()
    {
        await using var region = await TestRegion.StartAsync();
        var checkpoint = Checkpoint(region);
        region.Storage.Put("checkpoint", checkpoint.GetGrainId(), """{"Token":"old","Version":41}""");
        Assert.Equal(new Checkpoint("old", 41), await checkpoint.ReadAsync(CancellationToken.None));
        Assert.Equal(1, (await checkpoint.AcquireAsync("a", Duration, CancellationToken.None)).Number);
        Assert.Equal(new Checkpoint("new", 42), await checkpoint.WriteAsync("new", 41, 1, CancellationToken.None));
    }

    private static ICheckpointGrain Checkpoint(TestRegion region) => region.Cluster.Client.GetGrain<ICheckpointGrain>("scores");
}
