using System.Linq;
using CsCheck;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;
using Orleans.Streams;

namespace E2EEvents.Streams.Tests;

/// <summary>What may be deleted from the log, and what is handed out, whatever agent and consumers do.</summary>
[Collection(nameof(Alone))]
public sealed class QueueCacheTests
{
    private static readonly EntryCodec Codec = new(new ServiceCollection().AddSerializer().BuildServiceProvider().GetRequiredService<Serializer>());

    /// <summary>One thing an agent does: 0 adds an entry, 1 opens a cursor, 2 closes one, 3 moves one, 4 fails its delivery, 5 deletes what is done.</summary>
    private static readonly Gen<(int What, int Stream, int Cursor)[]> GenSteps = Gen.Select(Gen.Int[0, 5], Gen.Int[0, 3], Gen.Int[0, 5]).Array[0, 200];

    [Fact]
    public void TakeDone_AnySteps_IsOnlyWhatEveryCursorOfTheStreamCameBackFrom() => GenSteps.Sample(steps =>
    {
        var model = new Model();
        foreach (var (what, stream, cursor) in steps) model.Do(what, stream, cursor);
        model.CheckBound();
    });

    [Fact]
    public void Cursors_AnySteps_GiveEachEntryInOrderAndLeaveNoneOut() => GenSteps.Sample(steps =>
    {
        var model = new Model();
        foreach (var (what, stream, cursor) in steps) model.Do(what, stream, cursor);
        model.Drain();
        Assert.Equal(model.Added.Select(entry => entry.Id).Order(), model.Done.Order());
    });

    [Fact]
    public void MoveNext_WhileDeliveryIsUnderWay_NothingIsDone()
    {
        var model = new Model();
        model.Do(0, 0, 0);
        model.Do(1, 0, 0);
        model.Do(3, 0, 0); // handed out, not yet back
        Assert.Empty(model.Cache.TakeDone(10));
        model.Do(3, 0, 0); // back for the next: done
        Assert.Single(model.Cache.TakeDone(10));
    }

    [Fact]
    public void Dispose_OfTheSlowerOfTwoConsumers_LetsNothingGo()
    {
        var model = new Model();
        model.Do(0, 0, 0);
        model.Do(1, 0, 0);
        model.Do(1, 0, 0);
        model.Do(3, 0, 0);
        model.Do(3, 0, 0); // the first has done with the entry, the second has not begun
        model.Do(2, 0, 1);
        model.Do(2, 0, 0); // an agent stops
        Assert.Empty(model.Cache.TakeDone(10));
    }

    [Fact]
    public void Room_FullOfBytes_IsNone()
    {
        var cache = new QueueCache(new RedisStreamsOptions { CacheBytes = 1024 });
        Assert.True(cache.Room(100) > 0);
        cache.AddToCache([Container(0, 1, bytes: 2000)]);
        Assert.Equal(0, cache.Room(100));
    }

    [Fact]
    public void AddToCache_SameEntryAgain_IsHeldOnce()
    {
        var cache = new QueueCache(new RedisStreamsOptions());
        cache.AddToCache([Container(0, 1)]);
        cache.AddToCache([Container(0, 1)]);
        Assert.Equal(1, cache.Undone);
    }

    private static StreamContainer Container(int stream, long id, int bytes = 10) =>
        new(StreamId.Create("s", stream.ToString(System.Globalization.CultureInfo.InvariantCulture)), new EntryId(id, 0), new byte[bytes], null, Codec);

    /// <summary>The cache beside what it must be: lists, and each cursor's place in them.</summary>
    private sealed class Model
    {
        private const int MaxCursors = 3;
        private readonly RedisStreamsOptions _options = new() { DeliveryEvents = 4 };
        private readonly List<ModelCursor> _cursors = [];
        private readonly int[] _done = new int[4]; // by stream: how many of its entries may be done at most
        private long _next;

        public Model() => Cache = new QueueCache(_options);

        public QueueCache Cache { get; }

        public List<StreamContainer> Added { get; } = [];

        public List<EntryId> Done { get; } = [];

        public void Do(int what, int stream, int cursor)
        {
            var entries = Of(stream);
            var mine = _cursors.Where(open => open.Stream == stream).ToList();
            var picked = mine.Count == 0 ? null : mine[cursor % mine.Count];
            switch (what)
            {
                case 0:
                    Added.Add(Container(stream, ++_next));
                    Cache.AddToCache([Added[^1]]);
                    break;
                case 1 when mine.Count < MaxCursors:
                    _cursors.Add(new ModelCursor(stream, Cache.GetCacheCursor(StreamOf(stream), null)) { Completed = _done[stream], Taken = _done[stream] });
                    break;
                case 2 when picked is not null:
                    _cursors.Remove(picked);
                    picked.Cursor.Dispose(); // lets nothing go by itself: see the test of it
                    break;
                case 3 when picked is not null:
                    Move(picked, entries);
                    break;
                case 4 when picked is not null:
                    picked.HasFailed = true;
                    picked.Cursor.RecordDeliveryFailure();
                    break;
                case 5:
                    Delete();
                    break;
            }

            Assert.All(Cache.TakeDone(int.MaxValue), id => Assert.True(MayBeDone(id), $"{id} is done although not delivered to all"));
        }

        public void CheckBound() => Assert.Equal(Added.Count - _done.Sum(), Cache.Undone);

        /// <summary>A consumer for each stream comes until there is no more.</summary>
        public void Drain()
        {
            for (var stream = 0; stream < 4; stream++)
            {
                if (!_cursors.Exists(open => open.Stream == stream)) Do(1, stream, 0);
                for (var i = 0; i < 100; i++)
                {
                    for (var cursor = 0; cursor < MaxCursors; cursor++) Do(3, stream, cursor);
                }
            }

            Delete();
        }

        private void Move(ModelCursor picked, List<StreamContainer> entries)
        {
            if (picked.HasFailed) picked.HasFailed = false;
            else picked.Completed = picked.Taken;
            Advance(picked.Stream);
            var expected = entries.Skip(picked.Completed).Take(_options.DeliveryEvents).Select(entry => entry.Id).ToList();
            picked.Taken = picked.Completed + expected.Count;
            Assert.Equal(expected.Count > 0, picked.Cursor.MoveNextWithResult().Kind == QueueCacheCursorMoveResultKind.Success);
            var current = picked.Cursor.GetCurrent(out var error);
            Assert.Null(error);
            var given = current switch
            {
                null => [],
                BatchContainerBatch batch => batch.BatchContainers.Cast<StreamContainer>().Select(entry => entry.Id).ToList(),
                _ => new List<EntryId> { ((StreamContainer)current).Id },
            };
            Assert.Equal(expected, given);
        }

        private void Delete()
        {
            var done = Cache.TakeDone(int.MaxValue);
            Done.AddRange(done);
            Cache.Deleted(done);
            Assert.All(done, id => Assert.False(Cache.Holds(id)));
        }

        private void Advance(int stream)
        {
            var mine = _cursors.Where(open => open.Stream == stream).ToList();
            if (mine.Count > 0) _done[stream] = Math.Max(_done[stream], mine.Min(open => open.Completed));
        }

        private bool MayBeDone(EntryId id)
        {
            var stream = Added.First(entry => entry.Id == id).StreamId;
            for (var i = 0; i < 4; i++)
            {
                if (StreamOf(i) == stream) return Of(i).FindIndex(entry => entry.Id == id) < _done[i];
            }

            return false;
        }

        private List<StreamContainer> Of(int stream) => Added.FindAll(entry => entry.StreamId == StreamOf(stream));

        private static StreamId StreamOf(int stream) => Container(stream, 0).StreamId;
    }

    private sealed class ModelCursor(int stream, IQueueCacheCursor cursor)
    {
        public int Stream => stream;

        public IQueueCacheCursor Cursor => cursor;

        public int Completed { get; set; }

        public int Taken { get; set; }

        public bool HasFailed { get; set; }
    }
}
