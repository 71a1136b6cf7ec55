using E2EEvents.EdgeGateway.Fanout;

namespace E2EEvents.EdgeGateway.Tests.Fanout;

public sealed class WorkQueueTests
{
    [Fact]
    public async Task TryTake_SeveralPosters_GivesAllInTheOrderOfEach()
    {
        const int Each = 20_000;
        var queue = new WorkQueue();
        var posters = new List<Task>();
        for (var p = 0; p < 3; p++)
        {
            var poster = p;
            posters.Add(Task.Run(() =>
            {
                for (var i = 0; i < Each; i++) Assert.True(queue.TryPost(new Work(WorkKind.Tick, poster, i)));
            }));
        }

        var next = new int[posters.Count];
        for (var taken = 0; taken < Each * posters.Count;)
        {
            if (!queue.TryTake(out var work)) continue;
            Assert.Equal(next[(int)work.Target]++, (int)work.Argument!);
            taken++;
        }

        await Task.WhenAll(posters);
        Assert.True(queue.IsEmpty);
    }

    [Fact]
    public void TryPost_Closed_IsRefusedAndWhatWasPostedStays()
    {
        var queue = new WorkQueue();
        Assert.True(queue.TryPost(new Work(WorkKind.Tick, this, null)));
        queue.Close();
        Assert.False(queue.TryPost(new Work(WorkKind.Tick, this, null)));
        Assert.False(queue.IsEmpty);
        Assert.True(queue.TryTake(out _));
        Assert.False(queue.TryTake(out _));
    }
}
