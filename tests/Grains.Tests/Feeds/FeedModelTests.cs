using System.Linq;
using CsCheck;
using E2EEvents.Grains.Topics;

namespace E2EEvents.Grains.Tests.Feeds;

/// <summary>A gateway that loses answers, is slow, drops, forgets and follows again, against topics that commit, end and come back: what it holds is always a gapless beginning of each topic, and what a watermark promises.</summary>
public sealed class FeedModelTests
{
    [Fact]
    public void Pull_AnyLossesEndsAndLeases_HasNoHoleNoRepeatAndATrueWatermark() =>
        Gen.Select(Gen.Int[0, 99], Gen.Int[0, 3], Gen.Int[1, 5]).List[1, 120].Sample(steps =>
        {
            using var gateway = new Gateway();
            foreach (var (what, topic, n) in steps)
            {
                switch (what)
                {
                    case < 35: gateway.Commit(topic, n); break;
                    case < 65: gateway.Pull(lose: false, maxBytes: n * 1024); break;
                    case < 77: gateway.Pull(lose: true, maxBytes: n * 1024); break;
                    case < 85: gateway.Follow(topic); break;
                    case < 90: gateway.Drop(topic); break;
                    case < 95: gateway.Restart(topic); break;
                    case < 97: gateway.Sleep(); break;
                    default: gateway.ForgetReader(); break;
                }
            }

            gateway.Drain();
        });

    /// <summary>Commits on several threads while the gateway follows, pulls and loses answers: every topic arrives whole and in order.</summary>
    [Fact]
    public async Task Pull_CommitsOnOtherThreads_MissesNothing()
    {
        const int topics = 8, commits = 2_000;
        using var feeds = new TestFeeds();
        var history = new HistoryOptions { HistoryFrames = commits, HistoryBytes = 1 << 30 };
        var logs = Enumerable.Range(0, topics).Select(i => TestFeeds.Log($"t/{i}", history: history)).ToArray();
        var instance = await feeds.InstanceAsync();
        var committing = Task.WhenAll(logs.Select(log => Task.Run(() =>
        {
            for (var i = 0; i < commits; i++) feeds.Commit(log);
        })));

        var follows = new Dictionary<long, int>();
        var tops = new long[topics];
        var random = new Random(1);
        for (var i = 0; i < topics; i++) Follow(i);
        var ack = 0L;
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60), TimeProvider.System);
        while (tops.Min() < commits)
        {
            Assert.False(limit.IsCancellationRequested, $"stuck at {string.Join(' ', tops)}");
            var answer = await feeds.PullAsync(instance, ack, TimeSpan.FromSeconds(10), maxBytes: 20 << 10).WaitAsync(TimeSpan.FromSeconds(30));
            Assert.Equal(instance, answer.Instance);
            if (random.Next(4) == 0) continue; // lost on the way
            ack = answer.Number;
            foreach (var (follow, offset) in TestFeeds.Frames(answer))
            {
                if (follows.TryGetValue(follow, out var topic)) Assert.Equal(++tops[topic], offset);
            }

            if (random.Next(10) == 0) Follow(random.Next(topics));
        }

        await committing;
        Assert.All(logs, log => Assert.Equal(commits, log.Position.Offset));

        void Follow(int i)
        {
            foreach (var (number, topic) in follows.ToArray())
            {
                if (topic == i) follows.Remove(number);
            }

            var frames = new List<Frame>();
            var (read, follow) = feeds.Registry.Follow("gw", logs[i], new Position(logs[i].Epoch, tops[i]), int.MaxValue, frames);
            foreach (var frame in frames) Assert.Equal(++tops[i], frame.Position.Offset);
            Assert.Equal(read.Top.Offset, tops[i]);
            follows.Add(follow, i);
        }
    }

    private sealed class Gateway : IDisposable
    {
        private readonly TestFeeds _feeds = new();
        private readonly TopicLog[] _logs = new TopicLog[4];
        private readonly long[] _have = new long[4];
        private readonly long[] _follow = new long[4];
        private readonly List<(int Topic, long Offset, long HomeTime)> _commits = [];
        private readonly List<long> _drop = [];
        private long _instance;
        private long _ack;
        private bool _mayRepeat;

        public Gateway()
        {
            _feeds.Logs.Expect(1005);
            for (var i = 0; i < 4; i++)
            {
                _logs[i] = TestFeeds.Log($"t/{i}");
                Follow(i);
            }
        }

        public void Commit(int topic, int n)
        {
            for (var i = 0; i < n; i++)
            {
                _feeds.Time.Advance(TimeSpan.FromMicroseconds(10));
                _feeds.Commit(_logs[topic]);
                _commits.Add((topic, _logs[topic].Position.Offset, _feeds.Time.UnixMicroseconds()));
            }
        }

        public void Pull(bool lose, int maxBytes)
        {
            _feeds.Time.Advance(TimeSpan.FromMicroseconds(10));
            var pull = _feeds.PullAsync(_instance, _ack, TimeSpan.Zero, maxBytes, "gw", [.. _drop]);
            Assert.True(pull.IsCompletedSuccessfully);
            if (lose) return;
            Take(pull.Result);
        }

        public void Follow(int topic)
        {
            var frames = new List<Frame>();
            var (read, follow) = _feeds.Registry.Follow("gw", _logs[topic], new Position(_logs[topic].Epoch, _have[topic]), int.MaxValue, frames);
            Assert.Equal(Gap.None, read.Gap);
            foreach (var frame in frames) Assert.Equal(++_have[topic], frame.Position.Offset);
            Assert.Equal(read.Top.Offset, _have[topic]);
            _follow[topic] = follow;
        }

        public void Drop(int topic)
        {
            if (_follow[topic] != 0) _drop.Add(_follow[topic]);
            _follow[topic] = 0;
        }

        /// <summary>The topic's activation ends, and the next one starts from what was committed.</summary>
        public void Restart(int topic)
        {
            var frames = new List<Frame>();
            _logs[topic].Read(new Position(_logs[topic].Epoch, 0), int.MaxValue, frames);
            _logs[topic].End();
            _logs[topic] = new TopicLog($"t/{topic}", Delivery.Every, epoch: 7, frames, new HistoryOptions());
        }

        public void Sleep() => _feeds.Time.Advance(TimeSpan.FromSeconds(12));

        /// <summary>The gateway's reader of this silo ends and another begins: it knows neither instance nor number, and keeps follows that are of the feed it finds.</summary>
        public void ForgetReader() => (_instance, _ack, _mayRepeat) = (0, 0, true);

        public void Drain()
        {
            for (var i = 0; i < 4; i++)
            {
                if (_follow[i] == 0) Follow(i);
            }

            for (var tries = 0; !Enumerable.Range(0, 4).All(i => _have[i] == _logs[i].Position.Offset); tries++)
            {
                Assert.True(tries < 1000, "does not come to an end");
                Pull(lose: false, maxBytes: 1024);
            }
        }

        public void Dispose() => _feeds.Dispose();

        private void Take(FeedAnswer answer)
        {
            _drop.Clear();
            var known = _instance;
            (_instance, _ack) = (answer.Instance, answer.Number);
            if (answer.Instance != known)
            {
                // A follow belongs to this feed only if its number is higher.
                for (var i = 0; i < 4; i++)
                {
                    if (_follow[i] != 0 && _follow[i] < answer.Instance) Follow(i);
                }
            }

            foreach (var (follow, offset) in TestFeeds.Frames(answer))
            {
                var topic = Array.IndexOf(_follow, follow);
                if (topic < 0 || (_mayRepeat && offset <= _have[topic])) continue; // what the forgotten reader had not acknowledged
                Assert.Equal(++_have[topic], offset);
            }

            if (answer.Frames.Length > 0) _mayRepeat = false;
            foreach (var ended in answer.Ended)
            {
                var topic = Array.IndexOf(_follow, ended);
                if (topic >= 0) Follow(topic);
            }

            foreach (var (topic, offset, homeTime) in _commits)
            {
                if (_follow[topic] != 0 && homeTime < answer.FreshAt()) Assert.True(_have[topic] >= offset, $"{answer.FreshAt()} promises {topic}:{offset} of {homeTime}");
            }
        }
    }
}
