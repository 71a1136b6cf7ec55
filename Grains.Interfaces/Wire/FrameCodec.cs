using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using E2EEvents.Grains.Interfaces.Topics;

namespace E2EEvents.Grains.Interfaces.Wire;

/// <summary>
/// Frames as bytes between the processes of a region. A batch is a format byte (1) and entries; an entry is its length (varint) and:
/// follow (varint), topic (string, empty outside feeds), epoch (8 bytes little-endian), offset, origin time, home time (varints),
/// transaction (string, empty = none), state (its length as varint first), edge time (varint; may be left out when 0). What follows inside an
/// entry is skipped, so that later versions can add to it. Strings are a varint length and UTF-8.
/// </summary>
public static class FrameCodec
{
    private const byte Format = 1;

    /// <summary>A batch without frames.</summary>
    public static byte[] Empty { get; } = [];

    /// <summary>Encodes the frames of one topic.</summary>
    public static byte[] Encode(IReadOnlyList<Frame> frames)
    {
        if (frames.Count == 0) return Empty;
        var writer = new FrameWriter();
        for (var i = 0; i < frames.Count; i++) writer.Write(0, "", frames[i]);
        return writer.ToArray();
    }

    /// <summary>Decodes a batch of one topic.</summary>
    /// <exception cref="InvalidDataException">The bytes are no batch of frames; says where.</exception>
    public static List<Frame> Decode(ReadOnlyMemory<byte> batch)
    {
        var frames = new List<Frame>();
        var reader = new FrameReader(batch);
        while (reader.TryRead(out var entry)) frames.Add(entry.Frame);
        return frames;
    }

    internal static void CheckFormat(byte format)
    {
        if (format != Format) throw new InvalidDataException($"A batch of frames in format {format}; this version reads {Format}.");
    }

    internal static byte CurrentFormat => Format;
}

/// <summary>Builds a batch of frames; see <see cref="FrameCodec"/>.</summary>
public sealed class FrameWriter
{
    private readonly ArrayBufferWriter<byte> _buffer = new(1024);

    /// <summary>Bytes written so far.</summary>
    public int Length => _buffer.WrittenCount;

    /// <summary>Adds a frame.</summary>
    public void Write(long follow, string topic, Frame frame)
    {
        if (_buffer.WrittenCount == 0) _buffer.Write([FrameCodec.CurrentFormat]);
        var transaction = frame.Transaction ?? "";
        var size = Varint.Size((ulong)follow) + StringSize(topic) + 8 + Varint.Size((ulong)frame.Position.Offset)
            + Varint.Size((ulong)frame.OriginTime) + Varint.Size((ulong)frame.HomeTime) + StringSize(transaction)
            + Varint.Size((ulong)frame.State.Length) + frame.State.Length + (frame.EdgeTime == 0 ? 0 : Varint.Size((ulong)frame.EdgeTime));
        var span = _buffer.GetSpan(size + Varint.MaxSize);
        var at = Varint.Write(span, (ulong)size);
        at += Varint.Write(span[at..], (ulong)follow);
        at += WriteString(span[at..], topic);
        BinaryPrimitives.WriteUInt64LittleEndian(span[at..], frame.Position.Epoch);
        at += 8;
        at += Varint.Write(span[at..], (ulong)frame.Position.Offset);
        at += Varint.Write(span[at..], (ulong)frame.OriginTime);
        at += Varint.Write(span[at..], (ulong)frame.HomeTime);
        at += WriteString(span[at..], transaction);
        at += Varint.Write(span[at..], (ulong)frame.State.Length);
        frame.State.Span.CopyTo(span[at..]);
        at += frame.State.Length;
        if (frame.EdgeTime != 0) at += Varint.Write(span[at..], (ulong)frame.EdgeTime);
        _buffer.Advance(at);
    }

    /// <summary>The batch so far, without a copy.</summary>
    public ReadOnlySpan<byte> Written => _buffer.WrittenSpan;

    /// <summary>The batch.</summary>
    public byte[] ToArray() => _buffer.WrittenCount == 0 ? FrameCodec.Empty : _buffer.WrittenSpan.ToArray();

    private static int StringSize(string text)
    {
        var bytes = Encoding.UTF8.GetByteCount(text);
        return Varint.Size((ulong)bytes) + bytes;
    }

    private static int WriteString(Span<byte> span, string text)
    {
        var at = Varint.Write(span, (ulong)Encoding.UTF8.GetByteCount(text));
        return at + Encoding.UTF8.GetBytes(text, span[at..]);
    }
}

/// <summary>One frame of a batch with its addressee.</summary>
/// <param name="Follow">Number of the follow in the feed.</param>
/// <param name="Topic">Topic as <c>kind/key</c>; empty outside feeds.</param>
/// <param name="Frame">The frame; its state is a slice of the batch.</param>
public readonly record struct FrameEntry(long Follow, string Topic, Frame Frame);

/// <summary>Takes a batch of frames apart; see <see cref="FrameCodec"/>.</summary>
public ref struct FrameReader
{
    private readonly ReadOnlyMemory<byte> _batch;
    private int _at;

    /// <summary>Starts at the first frame.</summary>
    public FrameReader(ReadOnlyMemory<byte> batch)
    {
        _batch = batch;
        if (batch.IsEmpty) return;
        FrameCodec.CheckFormat(batch.Span[0]);
        _at = 1;
    }

    /// <summary>Reads the next frame; false at the end.</summary>
    /// <exception cref="InvalidDataException">The bytes are no batch of frames; says where.</exception>
    public bool TryRead(out FrameEntry entry)
    {
        entry = default;
        if (_at >= _batch.Length) return false;
        var end = ReadLength();
        end += _at;
        var follow = (long)ReadNumber();
        var topic = ReadString();
        if (end - _at < 8) throw Broken();
        var epoch = BinaryPrimitives.ReadUInt64LittleEndian(_batch.Span[_at..]);
        _at += 8;
        var offset = (long)ReadNumber();
        var origin = (long)ReadNumber();
        var home = (long)ReadNumber();
        var transaction = ReadString();
        var length = ReadLength();
        if (_at + length > end) throw Broken();
        var state = _batch.Slice(_at, length);
        _at += length;
        var edge = _at < end ? (long)ReadNumber() : 0;
        if (_at > end) throw Broken();
        _at = end;
        entry = new FrameEntry(follow, topic, new Frame(new Position(epoch, offset), state, origin, home, transaction.Length == 0 ? null : transaction, edge));
        return true;
    }

    private ulong ReadNumber()
    {
        var read = Varint.Read(_batch.Span[_at..], out var value);
        if (read == 0) throw Broken();
        _at += read;
        return value;
    }

    private int ReadLength()
    {
        var length = ReadNumber();
        return length <= (ulong)(_batch.Length - _at) ? (int)length : throw Broken();
    }

    private string ReadString()
    {
        var length = ReadLength();
        var text = Encoding.UTF8.GetString(_batch.Span.Slice(_at, length));
        _at += length;
        return text;
    }

    private readonly InvalidDataException Broken() => new($"A batch of {_batch.Length} bytes is broken at byte {_at}.");
}
