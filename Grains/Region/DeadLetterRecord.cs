using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using E2EEvents.Grains.Storage;

namespace E2EEvents.Grains.Region;

/// <summary>Which pages hold a kind's dead letters.</summary>
internal sealed class DeadLetterListRecord
{
    /// <summary>Numbers of the pages in use, rising.</summary>
    public IReadOnlyList<long> Pages { get; init; } = [];
}

/// <summary>All of a kind's dead letters in one record, as they were stored before there were pages.</summary>
internal sealed partial class DeadLetterRecord
{
    /// <summary>Letters no longer kept.</summary>
    public long Dropped { get; init; }

    /// <summary>Oldest first.</summary>
    public IReadOnlyList<Letter> Letters { get; init; } = [];

    [GeneratedRegex("\\(Only the first [0-9]+ of (?<of>[0-9]{1,9}) bytes are kept\\.\\)$")]
    private static partial Regex CutText();

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

        public long Number { get; init; }

        public LetterContent Content { get; init; }

        public int CutFrom { get; init; }

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
                Number = letter.Number,
                Content = letter.Content,
                CutFrom = letter.CutFrom,
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
            At,
            Number,
            Content,
            CutFrom);

        /// <summary>From the old form, which said in words alone what may not be replayed.</summary>
        public DeadLetter ToOldDeadLetter()
        {
            var letter = ToDeadLetter();
            var isRecord = Kind == LetterKinds.Unmapped || Source?.StartsWith(Key + "/", StringComparison.Ordinal) == true;
            var isState = Source?.StartsWith("former-home/", StringComparison.Ordinal) == true;
            return letter with
            {
                Content = isRecord ? LetterContent.Record : isState ? LetterContent.State : LetterContent.Event,
                CutFrom = CutText().Match(Reason) is { Success: true } cut ? int.Parse(cut.Groups["of"].Value, CultureInfo.InvariantCulture) : 0,
            };
        }

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

/// <summary>A page of dead letters. What is said of the kind as a whole is true of the time of the page's last write; the highest of all pages counts.</summary>
internal sealed class DeadLetterPageRecord
{
    /// <summary>Letters ever added.</summary>
    public long Total { get; init; }

    /// <summary>Of these, gone to keep the bounds.</summary>
    public long Dropped { get; init; }

    /// <summary>Letters with lower numbers are gone.</summary>
    public long Oldest { get; init; }

    /// <summary>In order of number.</summary>
    public IReadOnlyList<DeadLetterRecord.Letter> Letters { get; init; } = [];
}
