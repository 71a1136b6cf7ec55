using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using E2EEvents.Grains.Interfaces.Topics;

namespace E2EEvents.Grains.Interfaces.Wire;

/// <summary>Types of link frames; numbers are on the wire (LINK.md). A receiver skips types it does not know.</summary>
public enum LinkFrameType : byte
{
    /// <summary>First frame of each side.</summary>
    Hello = 1,

    /// <summary>Follow topics from positions.</summary>
    Sub = 2,

    /// <summary>Follow them no longer.</summary>
    Unsub = 3,

    /// <summary>Subscriptions have begun; says where their topics stand.</summary>
    Taken = 4,

    /// <summary>Subscriptions that will not begin, or are over.</summary>
    Refused = 5,

    /// <summary>Frames of topics.</summary>
    Batch = 6,

    /// <summary>How fresh is what was sent.</summary>
    Watermark = 7,

    /// <summary>Subscriptions that watermarks do not vouch for from now on.</summary>
    Stale = 8,

    /// <summary>Subscriptions that they vouch for again, the last one included.</summary>
    Fresh = 9,

    /// <summary>A question.</summary>
    Call = 10,

    /// <summary>Its answer.</summary>
    Reply = 11,

    /// <summary>Batches up to a number have been taken over.</summary>
    Ack = 12,

    /// <summary>Asks for a sign of life.</summary>
    Ping = 13,

    /// <summary>Gives it, with the clocks of homes.</summary>
    Pong = 14,

    /// <summary>The sender is about to close; dial another gateway.</summary>
    GoAway = 15,
}

/// <summary>First frame: who speaks.</summary>
/// <param name="Version">Highest version the sender speaks; the lower of the two is spoken.</param>
/// <param name="Region">The sender's region; from a dialler the same as in its certificate.</param>
/// <param name="Instance">The sender's process, for logs.</param>
/// <param name="Features">Bits of <see cref="LinkFrames"/>; what both set is used.</param>
public readonly record struct LinkHello(int Version, string Region, string Instance, long Features);

/// <summary>One subscription asked for.</summary>
/// <param name="Sub">Number chosen by the dialler, never used twice in a link's life.</param>
/// <param name="Topic"><c>kind/key</c>.</param>
/// <param name="After">Position from which to go on; null = from the newest state.</param>
public readonly record struct LinkSub(long Sub, string Topic, Position? After);

/// <summary>A subscription that has begun.</summary>
/// <param name="Sub">Its number.</param>
/// <param name="Position">Where the topic stands; what lies between comes in batches.</param>
/// <param name="FreshAt">On home's clock, Unix µs: the position includes everything committed there before.</param>
public readonly record struct LinkTaken(long Sub, Position Position, long FreshAt);

/// <summary>A subscription that is refused or over.</summary>
public readonly record struct LinkRefusal(long Sub, string Reason);

/// <summary>A home's clock, as the sender estimates it, Unix µs.</summary>
public readonly record struct LinkClock(string Home, long Now);

/// <summary>Writes link frames, one to a WebSocket message: a type byte, then the fields of LINK.md.</summary>
public static class LinkFrames
{
    /// <summary>Version spoken here.</summary>
    public const int Version = 1;

    /// <summary>Batches may be compressed (Brotli).</summary>
    public const long Compression = 1;

    /// <summary>Largest frame that is taken, in bytes: a state of 16 MiB and its surroundings.</summary>
    public const int MaxFrameBytes = 17 << 20;

    /// <summary>Largest frame that an upstream takes from a dialler.</summary>
    public const int MaxRequestBytes = 2 << 20;

    /// <summary>Encodes <see cref="LinkFrameType.Hello"/>.</summary>
    public static byte[] Hello(LinkHello hello)
    {
        var writer = new LinkWriter(LinkFrameType.Hello);
        writer.Number(hello.Version);
        writer.Text(hello.Region);
        writer.Text(hello.Instance);
        writer.Number(hello.Features);
        return writer.ToArray();
    }

    /// <summary>Encodes <see cref="LinkFrameType.Sub"/>.</summary>
    public static byte[] Sub(IReadOnlyList<LinkSub> subs)
    {
        var writer = new LinkWriter(LinkFrameType.Sub);
        writer.Number(subs.Count);
        for (var i = 0; i < subs.Count; i++)
        {
            writer.Number(subs[i].Sub);
            writer.Text(subs[i].Topic);
            writer.Number(subs[i].After is null ? 0 : 1);
            if (subs[i].After is { } after) writer.Position(after);
        }

        return writer.ToArray();
    }

    /// <summary>Encodes <see cref="LinkFrameType.Unsub"/>, <see cref="LinkFrameType.Stale"/> or <see cref="LinkFrameType.Fresh"/>.</summary>
    public static byte[] Subs(LinkFrameType type, IReadOnlyCollection<long> subs)
    {
        var writer = new LinkWriter(type);
        writer.Number(subs.Count);
        foreach (var sub in subs) writer.Number(sub);
        return writer.ToArray();
    }

    /// <summary>Encodes <see cref="LinkFrameType.Taken"/>.</summary>
    public static byte[] Taken(IReadOnlyList<LinkTaken> taken)
    {
        var writer = new LinkWriter(LinkFrameType.Taken);
        writer.Number(taken.Count);
        for (var i = 0; i < taken.Count; i++)
        {
            writer.Number(taken[i].Sub);
            writer.Position(taken[i].Position);
            writer.Number(taken[i].FreshAt);
        }

        return writer.ToArray();
    }

    /// <summary>Encodes <see cref="LinkFrameType.Refused"/> for one subscription.</summary>
    public static byte[] Refused(LinkRefusal refusal)
    {
        var writer = new LinkWriter(LinkFrameType.Refused);
        writer.Number(refusal.Sub);
        writer.Text(refusal.Reason);
        return writer.ToArray();
    }

    /// <summary>Encodes <see cref="LinkFrameType.Batch"/>.</summary>
    /// <param name="number">Rises by one with each batch of a connection, from 1; what <see cref="LinkFrameType.Ack"/> names.</param>
    /// <param name="frames">A batch of <see cref="FrameCodec"/>, follow = subscription, without topics; compressed or not.</param>
    /// <param name="length">Its length before compression; 0 = it is not compressed.</param>
    public static byte[] Batch(long number, ReadOnlySpan<byte> frames, int length)
    {
        var writer = new LinkWriter(LinkFrameType.Batch, frames.Length + 24);
        writer.Number(number);
        writer.Number(length);
        writer.Bytes(frames);
        return writer.ToArray();
    }

    /// <summary>Encodes <see cref="LinkFrameType.Watermark"/>.</summary>
    public static byte[] Watermark(IReadOnlyCollection<Watermark> watermarks)
    {
        var writer = new LinkWriter(LinkFrameType.Watermark);
        writer.Number(watermarks.Count);
        foreach (var watermark in watermarks)
        {
            writer.Text(watermark.Home);
            writer.Number(watermark.FreshAt);
            writer.Number(watermark.HomeNow);
        }

        return writer.ToArray();
    }

    /// <summary>Encodes <see cref="LinkFrameType.Call"/>.</summary>
    public static byte[] Call(long id, int method, ReadOnlySpan<byte> body)
    {
        var writer = new LinkWriter(LinkFrameType.Call, body.Length + 32);
        writer.Number(id);
        writer.Number(method);
        writer.Bytes(body);
        return writer.ToArray();
    }

    /// <summary>Encodes <see cref="LinkFrameType.Reply"/>.</summary>
    /// <param name="id">Of the call.</param>
    /// <param name="refusal">Why it was refused or failed; empty = it was answered.</param>
    /// <param name="isFinal">True if the same call would be refused again.</param>
    /// <param name="body">The answer.</param>
    public static byte[] Reply(long id, string refusal, bool isFinal, ReadOnlySpan<byte> body)
    {
        var writer = new LinkWriter(LinkFrameType.Reply, body.Length + refusal.Length + 32);
        writer.Number(id);
        writer.Number(isFinal ? 1 : 0);
        writer.Text(refusal);
        writer.Bytes(body);
        return writer.ToArray();
    }

    /// <summary>Encodes <see cref="LinkFrameType.Ack"/> or <see cref="LinkFrameType.Ping"/>: one number.</summary>
    public static byte[] Numbered(LinkFrameType type, long number)
    {
        var writer = new LinkWriter(type, 16);
        writer.Number(number);
        return writer.ToArray();
    }

    /// <summary>Encodes <see cref="LinkFrameType.Pong"/>.</summary>
    /// <param name="number">Of the ping.</param>
    /// <param name="clocks">Homes that the sender knows, itself among them.</param>
    public static byte[] Pong(long number, IReadOnlyCollection<LinkClock> clocks)
    {
        var writer = new LinkWriter(LinkFrameType.Pong);
        writer.Number(number);
        writer.Number(clocks.Count);
        foreach (var clock in clocks)
        {
            writer.Text(clock.Home);
            writer.Number(clock.Now);
        }

        return writer.ToArray();
    }

    /// <summary>Encodes <see cref="LinkFrameType.GoAway"/>.</summary>
    public static byte[] GoAway(string reason)
    {
        var writer = new LinkWriter(LinkFrameType.GoAway);
        writer.Text(reason);
        return writer.ToArray();
    }

    private readonly struct LinkWriter
    {
        private readonly ArrayBufferWriter<byte> _buffer;

        public LinkWriter(LinkFrameType type, int size = 64)
        {
            _buffer = new ArrayBufferWriter<byte>(size);
            _buffer.GetSpan(1)[0] = (byte)type;
            _buffer.Advance(1);
        }

        public void Number(long value) => _buffer.Advance(Varint.Write(_buffer.GetSpan(Varint.MaxSize), (ulong)value));

        public void Text(string text)
        {
            var bytes = Encoding.UTF8.GetByteCount(text);
            Number(bytes);
            Encoding.UTF8.GetBytes(text, _buffer.GetSpan(bytes + 1));
            _buffer.Advance(bytes);
        }

        public void Position(Position position)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(_buffer.GetSpan(8), position.Epoch);
            _buffer.Advance(8);
            Number(position.Offset);
        }

        public void Bytes(ReadOnlySpan<byte> bytes) => _buffer.Write(bytes);

        public byte[] ToArray() => _buffer.WrittenSpan.ToArray();
    }
}
