using System.Linq;
using System.Text;
using CsCheck;
using E2EEvents.Grains.Topics;

namespace E2EEvents.Grains.Tests.Topics;

public sealed class TopicLogTests
{
    private const ulong Epoch = 7;

    [Fact]
    public void Read_StagedChange_IsInvisibleUntilCommitted()
    {
        var log = Log(Delivery.Every);
        log.Stage(State(1), 0, null);
        Assert.Empty(All(log, new Position(Epoch, 0)));

        log.Seal(homeTime: 10);
        Assert.Empty(All(log, new Position(Epoch, 0)));
        Assert.Equal(0, log.Position.Offset);

        log.Commit(1);
        Assert.Equal([1L], All(log, new Position(Epoch, 0)));
    }

    [Fact]
    public void Commit_WhatWasStagedDuringTheWrite_WaitsForTheNext()
    {
        var log = Log(Delivery.Every);
        log.Stage(State(1), 0, null);
        log.Seal(1);
        log.Stage(State(2), 0, null);
        log.Commit(1);
        Assert.Equal(1, log.Position.Offset);

        log.Seal(2);
        log.Commit(2);
        Assert.Equal([1L, 2], All(log, new Position(Epoch, 0)));
    }

    [Fact]
    public void Seal_ClockRunsBackwards_FramesDoNot()
    {
        var log = Log(Delivery.Every);
        CommitOne(log, 1, homeTime: 100);
        CommitOne(log, 2, homeTime: 50);
        var frames = new List<Frame>();
        log.Read(new Position(Epoch, 0), int.MaxValue, frames);
        Assert.Equal([100L, 100], frames.Select(frame => frame.HomeTime));
    }

    [Fact]
    public void Commit_BurstBeyondHistory_KeepsWhatAFollowerHasNotBeenSent()
    {
        var log = Log(Delivery.Every, new HistoryOptions { HistoryFrames = 3 });
        var follower = new Follower { SentUpTo = 0 };
        log.Follow(follower, null, 1, []);
        for (var i = 1; i <= 3 * TopicLog.BurstFactor; i++) CommitOne(log, i, i);
        Assert.Equal(3 * TopicLog.BurstFactor, All(log, new Position(Epoch, 0)).Count());

        CommitOne(log, 100, 100); // beyond all bounds: memory comes first, and the follower is told
        var read = log.Read(new Position(Epoch, 0), int.MaxValue, []);
        Assert.Equal(Gap.History, read.Gap);

        follower.SentUpTo = log.Position.Offset;
        CommitOne(log, 101, 101);
        Assert.Equal(3, log.Size.Frames);
    }

    [Fact]
    public void Seal_TwiceWithoutCommit_Throws()
    {
        var log = Log(Delivery.Every);
        log.Stage(State(1), 0, null);
        log.Seal(1);
        Assert.Throws<InvalidOperationException>(() => log.Seal(2));
    }

    [Theory]
    [InlineData(8UL, 1, Gap.Epoch)]
    [InlineData(Epoch, 99, Gap.Epoch)] // nobody can have seen that: not of this run of offsets
    [InlineData(Epoch, 0, Gap.History)]
    [InlineData(Epoch, 2, Gap.None)]
    public void Read_AfterPosition_SaysWhetherFramesContinueIt(ulong epoch, long offset, Gap expected)
    {
        var log = Log(Delivery.Every, new HistoryOptions { HistoryFrames = 3 });
        for (var i = 1; i <= 5; i++) CommitOne(log, i, i);
        var frames = new List<Frame>();
        var read = log.Read(new Position(epoch, offset), int.MaxValue, frames);
        Assert.Equal(expected, read.Gap);
        Assert.Equal(expected == Gap.None ? [3L, 4, 5] : [5L], frames.Select(frame => frame.Position.Offset));
    }

    [Fact]
    public void Read_TopicThatNeverHadAnEvent_GivesOffsetZero()
    {
        var frames = new List<Frame>();
        var read = Log(Delivery.Every).Read(null, int.MaxValue, frames);
        Assert.Equal(new Position(Epoch, 0), read.Top);
        Assert.Empty(frames);
    }

    [Fact]
    public void Read_MoreThanMaxBytes_StopsAndSaysSo()
    {
        var log = Log(Delivery.Every);
        for (var i = 1; i <= 3; i++) CommitOne(log, i, i);
        var frames = new List<Frame>();
        var read = log.Read(new Position(Epoch, 0), maxBytes: 1, frames);
        Assert.Equal([1L], frames.Select(frame => frame.Position.Offset));
        Assert.True(read.More);
        Assert.Equal(3, read.Top.Offset);
    }

    [Fact]
    public void Latest_SeveralChangesInOneWrite_KeepsTheNewestOffsetAndFrame()
    {
        var log = Log(Delivery.Latest);
        log.Stage(State(1), 0, null);
        log.Stage(State(2), 0, null);
        log.Seal(1);
        log.Commit(2);
        Assert.Equal([2L], All(log, new Position(Epoch, 0)));
        Assert.Equal([2L], All(log, null));
        Assert.Empty(All(log, new Position(Epoch, 2)));
        Assert.Equal(1, log.Size.Frames);
    }

    [Fact]
    public void History_OldFrames_GoWhenANewerOneComes()
    {
        var log = Log(Delivery.Every, new HistoryOptions { HistoryAge = TimeSpan.FromSeconds(1) });
        CommitOne(log, 1, homeTime: 0);
        CommitOne(log, 2, homeTime: 900_000);
        CommitOne(log, 3, homeTime: 1_500_000);
        Assert.Equal(2, log.Size.Frames);
    }

    [Fact]
    public void Follow_EndedTopic_IsToldAtOnce()
    {
        var log = Log(Delivery.Every);
        log.End();
        var follower = new Follower();
        log.Follow(follower, null, 1, []);
        Assert.True(follower.Ended);
    }

    [Fact]
    public void Unfollow_LastFollower_TellsTheGrain()
    {
        var log = Log(Delivery.Every);
        var told = 0;
        log.OnUnfollowed(() => told++);
        Follower a = new(), b = new();
        log.Follow(a, null, 1, []);
        log.Follow(b, null, 1, []);
        log.Unfollow(a);
        Assert.Equal(0, told);
        log.Unfollow(b);
        log.Unfollow(b);
        Assert.Equal(1, told);
    }

    /// <summary>Against a plain list: whatever is written and however much is kept, a reader gets exactly what follows its position, or is told.</summary>
    [Fact]
    public void Read_AnyHistoryAndPosition_GivesNoHoleOrSaysGap()
    {
        var genOptions = Gen.Select(Gen.Int[1, 6], Gen.Int[1024, 1100]).Select((frames, bytes) => new HistoryOptions { HistoryFrames = frames, HistoryBytes = bytes });
        Gen.Select(genOptions, Gen.Int[0, 4].List[0, 12], Gen.Long[0, 20], Gen.Int[1, 900]).Sample((options, commits, after, maxBytes) =>
        {
            var log = Log(Delivery.Every, options);
            var top = 0;
            foreach (var changes in commits)
            {
                for (var i = 0; i < changes; i++) log.Stage(State(++top), 0, null);
                log.Seal(top);
                log.Commit(top);
            }

            var frames = new List<Frame>();
            var read = log.Read(new Position(Epoch, after), maxBytes, frames);
            Assert.Equal(new Position(Epoch, top), read.Top);
            Assert.All(frames, frame => Assert.Equal(Encoding.UTF8.GetString(State((int)frame.Position.Offset)), Encoding.UTF8.GetString(frame.State.Span)));
            var offsets = frames.Select(frame => frame.Position.Offset).ToArray();
            if (read.Gap != Gap.None)
            {
                Assert.True(after > top || (after < top && top - after > log.Size.Frames));
                Assert.Equal(top == 0 ? [] : [(long)top], offsets);
            }
            else
            {
                Assert.Equal(Enumerable.Range(1, offsets.Length).Select(i => after + i), offsets);
                Assert.Equal(after + offsets.Length < top, read.More);
                Assert.True(offsets.Length > 0 || after == top);
            }

            Assert.True(log.Size.Frames <= options.HistoryFrames && (log.Size.Frames <= 1 || log.Size.Bytes <= options.HistoryBytes));
        });
    }

    internal static TopicLog Log(Delivery delivery, HistoryOptions? options = null) => new("test/a", delivery, Epoch, [], options ?? new HistoryOptions());

    internal static byte[] State(int n) => Encoding.UTF8.GetBytes($$"""{"n":{{n}},"pad":"{{new string('x', 200)}}"}""");

    internal static void CommitOne(TopicLog log, int n, long homeTime)
    {
        log.Stage(State(n), 0, null);
        log.Seal(homeTime);
        log.Commit(log.StagedTop);
    }

    private static IEnumerable<long> All(TopicLog log, Position? after)
    {
        var frames = new List<Frame>();
        log.Read(after, int.MaxValue, frames);
        return frames.Select(frame => frame.Position.Offset);
    }

    private sealed class Follower : ITopicFollower
    {
        public long SentUpTo { get; set; } = long.MaxValue;

        public bool Ended { get; private set; }

        public void OnCommitted()
        {
        }

        public void OnEnded() => Ended = true;
    }
}
