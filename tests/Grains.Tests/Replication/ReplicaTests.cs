using CsCheck;
using E2EEvents.Grains.Interfaces.Regions;
using E2EEvents.Grains.Region;
using E2EEvents.Grains.Replication;
using E2EEvents.Grains.Tests.Topics;
using E2EEvents.Grains.Topics;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace E2EEvents.Grains.Tests.Replication;

/// <summary>What a replica makes of what a link brings.</summary>
public sealed class ReplicaTests
{
    private static readonly TopicKey Topic = new("match", "x");

    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly SiloFreshness _silo;
    private readonly HomeFreshness _home;

    public ReplicaTests()
    {
        _silo = new SiloFreshness(new HomeMap(Options.Create(new RegionsOptions { Name = "edge" })), _time);
        _home = _silo.Of("home");
    }

    [Fact]
    public void Ready_TakenAheadOfItsFrames_WaitsForThem()
    {
        var replica = Replica();
        replica.Taken(new LinkTaken(1, At(2), FreshAt: 50));
        Assert.False(replica.Ready.IsCompleted);
        Assert.Equal(Fit.Next, replica.Apply(Frame(1)));
        Assert.False(replica.Ready.IsCompleted);
        replica.Apply(Frame(2));
        Assert.True(replica.Ready.IsCompletedSuccessfully);
        Assert.Equal(50, replica.FreshAt);
    }

    [Fact]
    public void Ready_TopicWithoutEvents_IsAtOnce()
    {
        var replica = Replica();
        replica.Taken(new LinkTaken(1, At(0), FreshAt: 50));
        Assert.True(replica.Ready.IsCompletedSuccessfully);
        Assert.Equal(At(0), replica.Log!.Position);
    }

    [Fact]
    public void Apply_OffsetsMissingInEvery_StartsHistoryOverAndSaysSo()
    {
        var replica = Replica();
        replica.Apply(Frame(1));
        replica.Apply(Frame(2));
        Assert.Equal(Fit.Gap, replica.Apply(Frame(9)));
        Assert.Equal(Gap.History, replica.Log!.Read(At(2), int.MaxValue, []).Gap);
        Assert.Equal(Gap.None, replica.Log.Read(At(9), int.MaxValue, []).Gap);
    }

    [Fact]
    public void Apply_OffsetsMissingInLatest_IsNoHole()
    {
        var replica = Replica(Delivery.Latest);
        replica.Apply(Frame(1));
        Assert.Equal(Fit.Next, replica.Apply(Frame(9)));
        Assert.Equal(At(9), replica.Log!.Position);
    }

    [Fact]
    public void Apply_AnotherEpoch_IsAnotherLogAndTheOldOneEnds()
    {
        var replica = Replica();
        replica.Apply(Frame(1));
        var old = replica.Log!;
        var follower = new Follower();
        old.Follow(follower, null, int.MaxValue, []);
        Assert.Equal(Fit.NewEpoch, replica.Apply(Frame(1, epoch: 8)));
        Assert.True(follower.IsEnded);
        Assert.NotSame(old, replica.Log);
        Assert.Equal(At(1, epoch: 8), replica.Log!.Position);
    }

    [Fact]
    public void FreshAt_UntilTheUpstreamVouches_DoesNotFollowTheWatermark()
    {
        var replica = Replica();
        replica.Taken(new LinkTaken(1, At(0), FreshAt: 50));
        _home.Raise(100);
        Assert.Equal(50, replica.FreshAt);
        Assert.Equal(1, _silo.Lagging);
        replica.Vouch(true);
        Assert.Equal(100, replica.FreshAt);
        Assert.Equal(0, _silo.Lagging);
    }

    [Fact]
    public void FreshAt_LinkDialledAnew_KeepsWhatWasVouchedForAndNoMore()
    {
        var replica = Replica();
        replica.Taken(new LinkTaken(1, At(0), FreshAt: 50));
        _home.Raise(100);
        replica.Vouch(true);
        replica.BeginLink(_home);
        _home.Raise(200); // speaks for other topics of the new connection
        Assert.Equal(100, replica.FreshAt);
        replica.Vouch(true);
        Assert.Equal(200, replica.FreshAt);
    }

    [Fact]
    public void FreshAt_AnotherHome_BeginsAnew()
    {
        var replica = Replica();
        replica.Taken(new LinkTaken(1, At(0), FreshAt: 50));
        replica.BeginLink(_silo.Of("other"));
        Assert.Equal(0, replica.FreshAt); // another clock
    }

    [Fact]
    public void End_LaggingReplica_IsCountedNoMore()
    {
        var replica = Replica();
        replica.Taken(new LinkTaken(1, At(0), FreshAt: 50));
        replica.End();
        Assert.Equal(0, _silo.Lagging);
        replica.Vouch(true);
        Assert.Equal(Fit.Duplicate, replica.Apply(Frame(1)));
        Assert.Equal(0, _silo.Lagging);
    }

    [Fact]
    public void Apply_AnyFramesOfAnyEpochsWithRepeats_EndsAsTheNewestInOrder() =>
        Gen.Select(Gen.ULong[1, 3], Gen.Long[1, 20]).Array[1, 60].Sample(frames =>
        {
            var replica = Replica();
            var expected = default(Position);
            foreach (var (epoch, offset) in frames)
            {
                var have = replica.Position ?? default;
                replica.Apply(Frame(offset, epoch));
                if (have.Epoch != epoch || offset > have.Offset) expected = At(offset, epoch);
                Assert.Equal(expected, replica.Log!.Position);
                AssertContiguous(replica.Log);
            }
        });

    private static void AssertContiguous(TopicLog log)
    {
        var kept = new List<Frame>();
        for (var from = log.Position.Offset; from > 0; from--)
        {
            kept.Clear();
            if (log.Read(new Position(log.Epoch, from - 1), int.MaxValue, kept).Gap != Gap.None) return;
            for (var i = 0; i < kept.Count; i++) Assert.Equal(from + i, kept[i].Position.Offset);
        }
    }

    private static Position At(long offset, ulong epoch = 7) => new(epoch, offset);

    private static Frame Frame(long offset, ulong epoch = 7) => new(At(offset, epoch), TopicLogTests.State((int)offset), 0, 1);

    private Replica Replica(Delivery delivery = Delivery.Every)
    {
        var replica = new Replica(Topic, delivery, new HistoryOptions(), _silo, () => { });
        replica.BeginLink(_home);
        return replica;
    }

    private sealed class Follower : ITopicFollower
    {
        public bool IsEnded { get; private set; }

        public long SentUpTo => 0;

        public void OnCommitted()
        {
            // only the end matters here
        }

        public void OnEnded() => IsEnded = true;
    }
}
