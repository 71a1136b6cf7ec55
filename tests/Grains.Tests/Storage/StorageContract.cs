using System.Linq;
using System.Text;
using CsCheck;
using E2EEvents.Grains.Tests.Cluster;
using E2EEvents.Grains.Topics;
using Orleans.Storage;

namespace E2EEvents.Grains.Tests.Storage;

/// <summary>What fencing asks of a storage, whichever it is: of two writers that know the same version exactly one wins, and the other hears of it.</summary>
public abstract class StorageContract
{
    private static int _count;

    private protected abstract IGrainStorage One { get; }

    /// <summary>The same storage as another silo has it.</summary>
    private protected abstract IGrainStorage Other { get; }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Read_NothingStored_SaysSo()
    {
        var state = New(1);
        await One.ReadStateAsync("topic", Grain(), state).WaitAsync(Token);
        Assert.False(state.RecordExists);
        Assert.Null(state.ETag);
    }

    [Fact]
    public async Task Write_ThenRead_GivesItBackToAnotherSilo()
    {
        var grain = Grain();
        var state = New(1);
        await One.WriteStateAsync("topic", grain, state).WaitAsync(Token);
        state.State = New(2).State;
        await One.WriteStateAsync("topic", grain, state).WaitAsync(Token);
        var read = New(0);
        await Other.ReadStateAsync("topic", grain, read).WaitAsync(Token);
        Assert.True(read.RecordExists);
        Assert.Equal(2UL, read.State!.Epoch);
        Assert.Equal(state.ETag, read.ETag);
    }

    [Fact]
    public async Task FirstWrite_TwoAtOnce_ExactlyOneWins()
    {
        for (var i = 0; i < 20; i++) await AssertOneWinsAsync(Grain(), New(1), New(2));
    }

    [Fact]
    public async Task Write_TwoThatKnowTheSameVersion_ExactlyOneWins()
    {
        for (var i = 0; i < 20; i++)
        {
            var grain = Grain();
            await One.WriteStateAsync("topic", grain, New(9)).WaitAsync(Token);
            var (one, other) = (New(0), New(0));
            await One.ReadStateAsync("topic", grain, one).WaitAsync(Token);
            await Other.ReadStateAsync("topic", grain, other).WaitAsync(Token);
            one.State = New(1).State!;
            other.State = New(2).State;
            await AssertOneWinsAsync(grain, one, other);
        }
    }

    [Fact]
    public async Task Write_OfADeadOwnerLandsAfterTheNewOwnerRead_NewOwnerConflictsAndReadsAgain()
    {
        var grain = Grain();
        var dead = New(1);
        await One.WriteStateAsync("topic", grain, dead).WaitAsync(Token);
        var owner = New(0);
        await Other.ReadStateAsync("topic", grain, owner).WaitAsync(Token);

        dead.State = New(2).State;
        await One.WriteStateAsync("topic", grain, dead).WaitAsync(Token); // sent before it died, and late
        owner.State = New(3).State;
        await Assert.ThrowsAsync<InconsistentStateException>(() => Other.WriteStateAsync("topic", grain, owner).WaitAsync(Token));

        await Other.ReadStateAsync("topic", grain, owner).WaitAsync(Token);
        Assert.Equal(2UL, owner.State!.Epoch);
        owner.State = New(3).State;
        await Other.WriteStateAsync("topic", grain, owner).WaitAsync(Token);
    }

    [Fact]
    public async Task Records_OfGrainsThatLookAlike_AreKeptApart()
    {
        var key = Grain().Key.ToString();
        (string Record, GrainId Grain)[] all =
        [
            ("topic", GrainId.Create("topic.news", key)), ("topic", GrainId.Create("topic.match", key)), ("copy", GrainId.Create("topic.news", key)),
            ("topic", GrainId.Create("topic.news", key.ToUpperInvariant())), ("topic", GrainId.Create("topic.news", "5" + key[..6])), ("topic", GrainId.Create("topic.news", "05" + key[..6])),
        ];
        for (var i = 0; i < all.Length; i++) await One.WriteStateAsync(all[i].Record, all[i].Grain, New((ulong)i + 1)).WaitAsync(Token);
        for (var i = 0; i < all.Length; i++)
        {
            var read = New(0);
            await Other.ReadStateAsync(all[i].Record, all[i].Grain, read).WaitAsync(Token);
            Assert.Equal((ulong)i + 1, read.State!.Epoch);
        }
    }

    /// <summary>Two activations of a topic, in any interleaving, with writes whose outcome is lost: what readers are shown at a position of an epoch is one content, for ever.</summary>
    [Fact]
    public async Task TwoActivations_AnyInterleaving_ShowOneContentForEachPosition() =>
        await Gen.Int[0, 7].Array[1, 25].SampleAsync(
            async steps =>
            {
                var grain = Grain();
                var shown = new Dictionary<Position, string>();
                Activation[] both = [new(One, grain, shown), new(Other, grain, shown)];
                for (var i = 0; i < steps.Length; i++)
                {
                    var activation = both[steps[i] & 1];
                    await (activation.Core is null ? activation.ActivateAsync() : activation.CommitAsync(i + 1, answerIsLost: (steps[i] & 6) == 6));
                }
            },
            iter: 30, threads: 1);

    private protected static GrainState<TopicRecord> New(ulong epoch) => new(new TopicRecord { Epoch = epoch });

    private protected static GrainId Grain() => GrainId.Create("topic.news", $"k{Guid.NewGuid():N}{Interlocked.Increment(ref _count)}");

    private async Task AssertOneWinsAsync(GrainId grain, GrainState<TopicRecord> one, GrainState<TopicRecord> other)
    {
        var writes = new[] { One.WriteStateAsync("topic", grain, one), Other.WriteStateAsync("topic", grain, other) };
        await Task.WhenAll(writes.Select(write => write.ContinueWith(_ => { }, TaskScheduler.Default))).WaitAsync(Token);
        Assert.Equal(1, writes.Count(write => write.IsCompletedSuccessfully));
        Assert.IsType<InconsistentStateException>(writes.Single(write => write.IsFaulted).Exception!.InnerException);
        var read = New(0);
        await One.ReadStateAsync("topic", grain, read).WaitAsync(Token);
        Assert.Equal((writes[0].IsCompletedSuccessfully ? one : other).State!.Epoch, read.State!.Epoch);
    }

    /// <summary>What a topic's shell does, without the shell.</summary>
    private sealed class Activation(IGrainStorage storage, GrainId grain, Dictionary<Position, string> shown)
    {
        private static readonly TopicKey Topic = new("test-every", "a");
        private GrainState<TopicRecord> _state = New(0);

        public TopicCore<Tally, Added>? Core { get; private set; }

        public async Task ActivateAsync()
        {
            _state = New(0);
            await storage.ReadStateAsync(TopicRecord.Name, grain, _state).WaitAsync(Token);
            var record = _state.RecordExists ? _state.State : null;
            Core = new(Topic, Delivery.Every, new TallyRules(), record, (ulong)Random.Shared.NextInt64(1, long.MaxValue), new TopicOptions { DurableStorage = true }, new HistoryOptions());
            if (record is not null) Show(record);
        }

        public async Task CommitAsync(int by, bool answerIsLost)
        {
            Core!.Stage(An.Addition(Topic, by, (ulong)by));
            var record = Core.BeginWrite(by);
            _state.State = record;
            try
            {
                await storage.WriteStateAsync(TopicRecord.Name, grain, _state).WaitAsync(Token);
                if (answerIsLost) throw new IOException("the answer was lost");
                Core.EndWrite();
                Show(record);
            }
            catch (Exception e) when (e is InconsistentStateException or IOException)
            {
                Core = null; // it starts anew from what is stored
            }
        }

        private void Show(TopicRecord record)
        {
            foreach (var frame in StoredTail.Unfold(record, record.Epoch))
            {
                var content = Encoding.UTF8.GetString(frame.State.Span);
                if (shown.TryAdd(frame.Position, content)) continue;
                Assert.Equal(shown[frame.Position], content);
            }
        }
    }
}
