using System.Text;
using E2EEvents.Grains.Storage;

namespace E2EEvents.Grains.Region;

/// <summary>Stored form of a kind's dead letters, as readable JSON.</summary>
internal sealed class DeadLetterRecord
{
    /// <summary>Letters no longer kept.</summary>
    public long Dropped { get; init; }

    /// <summary>Oldest first.</summary>
    public IReadOnlyList<Letter> Letters { get; init; } = [];

    public static DeadLetterRecord Of(DeadLetterBook book)
    {
        var letters = new List<Letter>(book.Letters.Count);
        foreach (var letter in book.Letters) letters.Add(Letter.Of(letter));
        return new DeadLetterRecord { Dropped = book.Dropped, Letters = letters };
    }

    public DeadLetterBook ToBook(DeadLetterOptions options)
    {
        var letters = new List<DeadLetter>(Letters.Count);
        foreach (var letter in Letters) letters.Add(letter.ToDeadLetter());
        return new DeadLetterBook(options, Dropped, letters);
    }

    /// <summary>One letter. Data is text when it is UTF-8, as an event should be; else base64.</summary>
    internal sealed class Letter
    {
        private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

        public string Kind { get; init; } = "";

        public string Key { get; init; } = "";

        public string? Data { get; init; }

        public byte[]? DataBase64 { get; init; }

        public string? Source { get; init; }

        public string? Sequence { get; init; }

        public string? EventId { get; init; }

        public long OriginTime { get; init; }

        public string? Transaction { get; init; }

        public string Reason { get; init; } = "";

        public long At { get; init; }

        public static Letter Of(DeadLetter letter)
        {
            var e = letter.Event;
            var text = TextOf(e.Data);
            return new Letter
            {
                Kind = e.Topic.Kind,
                Key = e.Topic.Key,
                Data = text,
                DataBase64 = text is null ? e.Data : null,
                Source = e.Source,
                Sequence = e.Sequence?.ToString(),
                EventId = e.EventId,
                OriginTime = e.OriginTime,
                Transaction = e.Transaction,
                Reason = letter.Reason,
                At = letter.At,
            };
        }

        public DeadLetter ToDeadLetter() => new(
            new SourcedEvent(
                new TopicKey(Kind, Key),
                DataBase64 ?? Encoding.UTF8.GetBytes(Data ?? ""),
                Source!,
                Sequence is null ? null : SequenceText.Parse(Sequence),
                EventId,
                OriginTime,
                Transaction),
            Reason,
            At);

        private static string? TextOf(byte[] data)
        {
            try
            {
                return Strict.GetString(data);
            }
            catch (DecoderFallbackException)
            {
                return null;
            }
        }
    }
}
