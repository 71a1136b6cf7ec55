using E2EEvents.Grains.Tests.Cluster;
using E2EEvents.Grains.Topics;

namespace E2EEvents.Grains.Tests.Topics;

public sealed class TopicTests
{
    [Fact]
    public void Replay_EventsWithARefusedOne_LeavesItOut() =>
        Assert.Equal(new Tally(5, 2, null), Topic.Replay<EveryTallyGrain, Tally>(new Added(2), new Added(-1), new Added(3)));

    [Fact]
    public void Apply_NoChange_GivesTheSameInstance()
    {
        var state = new Tally(1, 1, null);
        Assert.Same(state, Topic.Apply<EveryTallyGrain, Tally>(state, new Added(0)));
    }

    [Fact]
    public void Refuse_NegativeNumber_GivesTheReason() => Assert.Equal("negative", Topic.Refuse<LatestTallyGrain, Tally>(Tally.Empty, new Added(-1)));
}
