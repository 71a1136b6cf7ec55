using System.Linq;
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
        var kept = book.Newest(1)[0];
        Assert.Equal(64, kept.Event.Data.Length);
        Assert.Contains("64 of 100 bytes", kept.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Add_MoreBytesThanTheBound_DropsTheOldest()
    {
        var book = new DeadLetterBook(new DeadLetterOptions { KeepBytesPerKind = 1024 });
        for (ulong i = 1; i <= 5; i++) book.Add(Letter(i, new string('x', 400)));
        Assert.Equal([5, 4], book.Newest(10).Select(letter => letter.Event.Sequence!.Ordinal[^1]));
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
    public void Record_StoredAndRead_GivesTheSameLetters()
    {
        var book = new DeadLetterBook(new DeadLetterOptions { KeepPerKind = 3 });
        book.Add(Letter(1));
        book.Add(Letter(2, "grüße \"x\""));
        book.Add(new DeadLetter(An.Identified(Topic, 1, "id") with { Data = [0xff, 0x00], Transaction = "tx", OriginTime = 5 }, "no UTF-8", 7));
        book.Add(Letter(4));

        var serializer = new JsonStorageSerializer();
        var stored = serializer.Serialize(DeadLetterRecord.Of(book));
        var again = serializer.Deserialize<DeadLetterRecord>(stored)!.ToBook(new DeadLetterOptions());
        Assert.Equal((book.Total, book.Dropped), (again.Total, again.Dropped));
        Assert.Equal(book.Letters.Select(Text), again.Letters.Select(Text));
        Assert.Contains("grüße", stored.ToString(), StringComparison.Ordinal);
    }

    private static DeadLetter Letter(ulong i, string data = "{}") => new(An.Event(Topic, data, An.Seq(i)), "bad", At: (long)i);

    private static string Text(DeadLetter letter)
    {
        var e = letter.Event;
        return $"{e.Topic} {Convert.ToHexString(e.Data)} {e.Source} {e.Sequence} {e.EventId} {e.OriginTime} {e.Transaction} {letter.Reason} {letter.At}";
    }
}
