using System.Linq;
using CsCheck;
using E2EEvents.Grains.Region;
using E2EEvents.Grains.Storage;
using E2EEvents.Grains.Tests.Cluster;

namespace E2EEvents.Grains.Tests.Region;

public sealed class DeadLetterBookTests
{
    private static readonly TopicKey Topic = new("test-every", "a");

    [Fact]
    public void Add_LongPayload_IsCutAndTheReasonSaysSo()
    {
        var book = new DeadLetterBook(new DeadLetterOptions { KeepPayloadBytes = 64 });
        book.Add(Letter(1, new string('x', 100)));
        var kept = Newest(book)[0];
        Assert.Equal((64, 100), (kept.Event.Data.Length, kept.CutFrom));
        Assert.Contains("64 of 100 bytes", kept.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Add_MoreBytesThanTheBound_DropsTheOldest()
    {
        var book = new DeadLetterBook(new DeadLetterOptions { KeepBytesPerKind = 1024 });
        for (ulong i = 1; i <= 5; i++) book.Add(Letter(i, new string('x', 400)));
        Assert.Equal([5, 4], Newest(book).Select(letter => letter.Event.Sequence!.Ordinal[^1]));
        Assert.Equal((5, 3), (book.Total, book.Dropped));
    }

    [Fact]
    public void Add_SameEventTwice_IsKeptOnceWhileKept()
    {
        var book = new DeadLetterBook(new DeadLetterOptions { KeepPerKind = 1 });
        Assert.True(book.Add(Letter(1)));
        Assert.False(book.Add(Letter(1)));
        Assert.True(book.Add(Letter(2)));
        Assert.True(book.Add(Letter(1))); // the first has gone
    }

    [Fact]
    public void Pages_StoredAndRead_GiveTheSameLetters()
    {
        var book = new DeadLetterBook(new DeadLetterOptions { KeepPerKind = 3 });
        book.Add(Letter(1));
        book.Add(Letter(2, "grüße \"x\""));
        book.Add(new DeadLetter(An.Identified(Topic, 1, "id") with { Data = [0xff, 0x00], Transaction = "tx", OriginTime = 5 }, "no UTF-8", 7, Content: LetterContent.State, CutFrom: 9));
        book.Add(Letter(4));
        var store = new Store();
        store.Save(book);
        var again = store.Load(new DeadLetterOptions());
        Assert.Equal((4, 1, 3), (again.Total, again.Dropped, again.Waiting));
        Assert.Equal(book.Letters.Select(Text), again.Letters.Select(Text));
        Assert.Contains("grüße", string.Join('\n', store.Pages.Values.Select(page => page.ToString())), StringComparison.Ordinal);
    }

    [Fact]
    public void Add_ManyKept_WritesOnlyTheNewestPage()
    {
        var book = new DeadLetterBook(new DeadLetterOptions());
        for (ulong i = 1; i <= 500; i++) book.Add(Letter(i));
        Assert.Equal(8, book.TakeChanged().Count);
        book.Add(Letter(501));
        Assert.InRange(Assert.Single(book.TakeChanged()).Record!.Letters.Count, 1, 64);
    }

    [Fact]
    public void Add_AtTheBound_DoesNotWriteThePageThatTheOldestLeaves()
    {
        var book = new DeadLetterBook(new DeadLetterOptions { KeepPerKind = 100 });
        for (ulong i = 1; i <= 110; i++) book.Add(Letter(i));
        book.TakeChanged();
        book.Add(Letter(111));
        Assert.Equal(1, Assert.Single(book.TakeChanged()).Number);
        Assert.Equal((111, 11, 12), (book.Total, book.Dropped, book.Oldest));
    }

    [Fact]
    public void OldRecord_OfOneRecord_IsReadOnceNumberedAndMarked()
    {
        const string old = """
            {"dropped":2,"letters":[
              {"kind":"test-every","key":"a","data":"{}","source":"s/p","sequence":"0:0000000000000001:0","reason":"bad","at":1},
              {"kind":"test-every","key":"scores","data":"{\"cut\":1}","source":"scores/p","eventId":"e","reason":"no topic","at":2},
              {"kind":"test-every","key":"a","data":"{}","source":"former-home/eu","eventId":"1","reason":"Not an event","at":3},
              {"kind":"test-every","key":"a","data":"{","source":"s/p","eventId":"f","reason":"too long (Only the first 64 of 100 bytes are kept.)","at":4}]}
            """;
        var record = new JsonStorageSerializer().Deserialize<DeadLetterRecord>(BinaryData.FromString(old.Replace("0:0000000000000001:0", An.Seq(1).ToString(), StringComparison.Ordinal)))!;
        var book = new DeadLetterBook(new DeadLetterOptions());
        book.Restore(record);
        Assert.Equal((6, 2, 4), (book.Total, book.Dropped, book.Waiting));
        Assert.Equal([(3, LetterContent.Event, 0), (4, LetterContent.Record, 0), (5, LetterContent.State, 0), (6, LetterContent.Event, 100)], book.Letters.Select(letter => (letter.Number, letter.Content, letter.CutFrom)));

        var store = new Store();
        store.Save(book);
        Assert.Equal(book.Letters.Select(Text), store.Load(new DeadLetterOptions()).Letters.Select(Text));
    }

    [Fact]
    public void Answer_Query_PicksByNumberTopicAndReason()
    {
        var book = new DeadLetterBook(new DeadLetterOptions());
        for (ulong i = 1; i <= 10; i++) book.Add(Letter(i) with { Reason = i % 2 == 0 ? "Halted" : "other" });
        Assert.Equal("10, 9, 8 and more", Numbers(new LetterQuery(3)));
        Assert.Equal("7, 6, 5 and more", Numbers(new LetterQuery(3, Before: 8)));
        Assert.Equal("1", Numbers(new LetterQuery(3, Before: 2)));
        Assert.Equal("6, 8, 10", Numbers(new LetterQuery(9, After: 4, Reason: "halt", OldestFirst: true)));
        Assert.Equal("", Numbers(new LetterQuery(9, Topic: "test-every/b")));

        string Numbers(LetterQuery query)
        {
            var page = book.Answer(query, query.Max);
            return string.Join(", ", page.Letters.Select(letter => letter.Number)) + (page.More ? " and more" : "");
        }
    }

    private enum What
    {
        Add,
        Remove,
        Refuse,
        Save,
        Restart,
    }

    // Whatever operators and topics do, and wherever the process is restarted after a write: what is kept is what a plain list would keep.
    [Fact]
    public void Book_AnyOrderOfCallsAndRestarts_KeepsWhatAPlainListKeeps() =>
        Gen.Select(Gen.Enum<What>(), Gen.ULong[1, 400], Gen.Int[0, 3000]).List[1, 300].Sample(steps =>
        {
            var options = new DeadLetterOptions { KeepPerKind = 90, KeepBytesPerKind = 40_000 };
            var (book, store, model) = (new DeadLetterBook(options), new Store(), new List<(long Number, ulong Event, int Bytes, string Reason)>());
            var total = 0L;
            foreach (var (what, which, bytes) in steps)
            {
                var number = model.Count == 0 ? 0 : model[(int)(which % (ulong)model.Count)].Number;
                switch (what)
                {
                    case What.Add or What.Save when !model.Exists(kept => kept.Event == which):
                        Assert.True(book.Add(Letter(which, new string('x', bytes))));
                        model.Add((++total, which, bytes, "bad"));
                        while (model.Count > 90 || (model.Sum(kept => kept.Bytes) > 40_000 && model.Count > 1)) model.RemoveAt(0);
                        break;
                    case What.Add:
                        Assert.False(book.Add(Letter(which)));
                        break;
                    case What.Remove:
                        Assert.Equal(model.RemoveAll(kept => kept.Number == number) > 0, book.Remove(number));
                        break;
                    case What.Refuse:
                        book.Refused(number, "again");
                        model = model.ConvertAll(kept => kept.Number == number ? kept with { Reason = "again" } : kept);
                        break;
                    case What.Restart:
                        store.Save(book);
                        book = store.Load(options);
                        break;
                }

                if (what == What.Save) store.Save(book);
                Assert.Equal(model.Select(kept => (kept.Number, kept.Reason)), book.Letters.Select(letter => (letter.Number, letter.Reason)));
                Assert.Equal((total, model.Count), (book.Total, book.Waiting));
            }

            store.Save(book);
            Assert.True(store.Pages.Count <= book.Waiting + 1);
        });

    private static DeadLetter[] Newest(DeadLetterBook book) => book.Answer(new LetterQuery(10), 10).Letters;

    private static DeadLetter Letter(ulong i, string data = "{}") => new(An.Event(Topic, data, An.Seq(i)), "bad", At: (long)i);

    private static string Text(DeadLetter letter)
    {
        var e = letter.Event;
        return $"{e.Topic} {Convert.ToHexString(e.Data)} {e.Source} {e.Sequence} {e.EventId} {e.OriginTime} {e.Transaction} {letter.Reason} {letter.At}";
    }

    /// <summary>Pages as a storage keeps them.</summary>
    private sealed class Store
    {
        private readonly JsonStorageSerializer _serializer = new();
        private long[] _pages = [];

        public Dictionary<long, BinaryData> Pages { get; } = [];

        public void Save(DeadLetterBook book)
        {
            foreach (var (number, record) in book.TakeChanged())
            {
                if (record is null) Pages.Remove(number);
                else Pages[number] = _serializer.Serialize(record);
            }

            _pages = book.Pages;
        }

        public DeadLetterBook Load(DeadLetterOptions options)
        {
            var book = new DeadLetterBook(options);
            foreach (var number in _pages) book.Restore(number, _serializer.Deserialize<DeadLetterPageRecord>(Pages[number])!);
            book.Restored();
            return book;
        }
    }
}
