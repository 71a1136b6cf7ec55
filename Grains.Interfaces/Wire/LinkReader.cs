using System.Buffers.Binary;
using System.Text;
using E2EEvents.Grains.Interfaces.Topics;

namespace E2EEvents.Grains.Interfaces.Wire;

/// <summary>
/// Reads one link frame: <see cref="Type"/>, then the fields of that type in order (LINK.md). What follows the known fields is skipped, so that later
/// versions can add to a frame. Every number and length is checked against the frame before anything is allocated for it.
/// </summary>
/// <exception cref="InvalidDataException">Thrown by every method when the bytes are no such frame; says where.</exception>
public ref struct LinkReader
{
    private readonly ReadOnlyMemory<byte> _frame;
    private int _at;

    /// <summary>Starts to read a frame.</summary>
    public LinkReader(ReadOnlyMemory<byte> frame)
    {
        if (frame.IsEmpty) throw new InvalidDataException("An empty link frame.");
        _frame = frame;
        _at = 1;
    }

    /// <summary>Type of the frame; may be none that is known.</summary>
    public readonly LinkFrameType Type => (LinkFrameType)_frame.Span[0];

    /// <summary>Reads <see cref="LinkFrameType.Hello"/>.</summary>
    public LinkHello Hello() => new((int)Math.Min(int.MaxValue, (ulong)Number()), Text(200), Text(200), Number());

    /// <summary>Reads <see cref="LinkFrameType.Sub"/>.</summary>
    public List<LinkSub> Sub()
    {
        var subs = new List<LinkSub>(Count(4));
        for (var i = subs.Capacity; i > 0; i--)
        {
            var sub = Number();
            var topic = Text(400);
            subs.Add(new LinkSub(sub, topic, Number() == 0 ? null : Position()));
        }

        return subs;
    }

    /// <summary>Reads <see cref="LinkFrameType.Unsub"/>, <see cref="LinkFrameType.Stale"/> or <see cref="LinkFrameType.Fresh"/>.</summary>
    public long[] Subs()
    {
        var subs = new long[Count(1)];
        for (var i = 0; i < subs.Length; i++) subs[i] = Number();
        return subs;
    }

    /// <summary>Reads <see cref="LinkFrameType.Taken"/>.</summary>
    public List<LinkTaken> Taken()
    {
        var taken = new List<LinkTaken>(Count(11));
        for (var i = taken.Capacity; i > 0; i--) taken.Add(new LinkTaken(Number(), Position(), Number()));
        return taken;
    }

    /// <summary>Reads <see cref="LinkFrameType.Refused"/>.</summary>
    public LinkRefusal Refused() => new(Number(), Text(1000));

    /// <summary>Reads <see cref="LinkFrameType.Batch"/>.</summary>
    public (long Number, int Length, ReadOnlyMemory<byte> Frames) Batch()
    {
        var number = Number();
        var length = Number();
        if (length is < 0 or > LinkFrames.MaxFrameBytes) throw Broken($"a batch of {length} bytes");
        return (number, (int)length, _frame[_at..]);
    }

    /// <summary>Reads <see cref="LinkFrameType.Watermark"/>.</summary>
    public List<Watermark> Watermarks()
    {
        var watermarks = new List<Watermark>(Count(3));
        for (var i = watermarks.Capacity; i > 0; i--) watermarks.Add(new Watermark(Text(100), Number(), Number()));
        return watermarks;
    }

    /// <summary>Reads <see cref="LinkFrameType.Call"/>.</summary>
    public (long Id, int Method, ReadOnlyMemory<byte> Body) Call() => (Number(), (int)Math.Min(int.MaxValue, (ulong)Number()), _frame[_at..]);

    /// <summary>Reads <see cref="LinkFrameType.Reply"/>.</summary>
    public (long Id, bool IsFinal, string Refusal, ReadOnlyMemory<byte> Body) Reply()
    {
        var id = Number();
        var isFinal = Number() != 0;
        var refusal = Text(4000);
        return (id, isFinal, refusal, _frame[_at..]);
    }

    /// <summary>Reads <see cref="LinkFrameType.Ack"/> or <see cref="LinkFrameType.Ping"/>.</summary>
    public long Numbered() => Number();

    /// <summary>Reads <see cref="LinkFrameType.Pong"/>.</summary>
    public (long Number, List<LinkClock> Clocks) Pong()
    {
        var number = Number();
        var clocks = new List<LinkClock>(Count(2));
        for (var i = clocks.Capacity; i > 0; i--) clocks.Add(new LinkClock(Text(100), Number()));
        return (number, clocks);
    }

    /// <summary>Reads <see cref="LinkFrameType.GoAway"/>.</summary>
    public string GoAway() => Text(1000);

    private long Number()
    {
        var read = Varint.Read(_frame.Span[_at..], out var value);
        if (read == 0) throw Broken("no whole number");
        _at += read;
        return (long)value;
    }

    /// <summary>A count of items that take at least <paramref name="itemBytes"/> each: a frame can't claim more than it has room for.</summary>
    private int Count(int itemBytes)
    {
        var count = (ulong)Number();
        return count <= (ulong)((_frame.Length - _at) / itemBytes) ? (int)count : throw Broken($"{count} items");
    }

    private string Text(int longest)
    {
        var length = (ulong)Number();
        if (length > (ulong)Math.Min(longest, _frame.Length - _at)) throw Broken($"a text of {length} bytes");
        var text = Encoding.UTF8.GetString(_frame.Span.Slice(_at, (int)length));
        _at += (int)length;
        return text;
    }

    private Position Position()
    {
        if (_frame.Length - _at < 8) throw Broken("no whole position");
        var epoch = BinaryPrimitives.ReadUInt64LittleEndian(_frame.Span[_at..]);
        _at += 8;
        return new Position(epoch, Number());
    }

    private readonly InvalidDataException Broken(string what) => new($"A link frame of type {(byte)Type} and {_frame.Length} bytes is broken at byte {_at}: {what}.");
}
