using System.Buffers.Text;

namespace E2EEvents.Load.Peers.Clients;

/// <summary>
/// What is sent to every server alike: a JSON object of a given length, <c>{"due":…,"n":…,"t":…,"text":"x…"}</c>. Its numbers have a fixed width,
/// so that a client finds them by one search, whatever the server has put around it.
/// </summary>
/// <param name="Due">When it was due, Unix µs.</param>
/// <param name="Number">1, 2, 3… in its topic.</param>
/// <param name="Topic">Index of the topic.</param>
internal readonly record struct Update(long Due, long Number, int Topic)
{
    /// <summary>Least length of one, bytes.</summary>
    public const int MinBytes = 70;

    private const int DueDigits = 16;
    private const int NumberDigits = 10;
    private const int TopicDigits = 4;
    private const long NumberBase = 1_000_000_000;
    private const int TopicBase = 1000;
    private const int NumberAt = DueDigits + 5;
    private const int TopicAt = NumberAt + NumberDigits + 5;
    private const int NumbersBytes = TopicAt + TopicDigits;

    private static ReadOnlySpan<byte> Mark => "\"due\":"u8;

    /// <summary>An update whose numbers are still to be written.</summary>
    /// <param name="bytes">Length, at least <see cref="MinBytes"/>.</param>
    public static byte[] Template(int bytes)
    {
        var template = new byte[bytes];
        template.AsSpan().Fill((byte)'x');
        template[0] = (byte)'{';
        Mark.CopyTo(template.AsSpan(1));
        var numbers = template.AsSpan(1 + Mark.Length);
        ",\"n\":"u8.CopyTo(numbers[DueDigits..]);
        ",\"t\":"u8.CopyTo(numbers[(NumberAt + NumberDigits)..]);
        ",\"text\":\""u8.CopyTo(numbers[NumbersBytes..]);
        "\"}"u8.CopyTo(template.AsSpan(bytes - 2));
        return template;
    }

    /// <summary>Writes the numbers into a template.</summary>
    public void WriteTo(Span<byte> template)
    {
        var numbers = template[(1 + Mark.Length)..];
        Due.TryFormat(numbers, out _);
        (NumberBase + Number).TryFormat(numbers[NumberAt..], out _);
        (TopicBase + Topic).TryFormat(numbers[TopicAt..], out _);
    }

    /// <summary>Finds an update in what a server sent.</summary>
    public static bool TryFind(ReadOnlySpan<byte> bytes, out Update update)
    {
        update = default;
        var at = bytes.IndexOf(Mark);
        if (at < 0 || bytes.Length < at + Mark.Length + NumbersBytes) return false;
        var numbers = bytes[(at + Mark.Length)..];
        if (!Utf8Parser.TryParse(numbers[..DueDigits], out long due, out _)) return false;
        if (!Utf8Parser.TryParse(numbers.Slice(NumberAt, NumberDigits), out long number, out _)) return false;
        if (!Utf8Parser.TryParse(numbers.Slice(TopicAt, TopicDigits), out int topic, out _)) return false;
        update = new Update(due, number - NumberBase, topic - TopicBase);
        return true;
    }
}
