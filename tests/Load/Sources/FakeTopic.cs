using System.Text;

namespace E2EEvents.Load.Sources;

/// <summary>A topic without a silo: numbers frames of a given size and keeps the newest 256.</summary>
internal sealed class FakeTopic
{
    private const int Kept = 256;

    private readonly Lock _lock = new();
    private readonly Frame[] _frames = new Frame[Kept];
    private readonly byte[] _template;
    private readonly int _numberAt;
    private readonly ulong _epoch = (ulong)Random.Shared.NextInt64(1, long.MaxValue);
    private long _offset;

    /// <param name="key">Its name.</param>
    /// <param name="delivery">Of its kind.</param>
    /// <param name="bytes">Length of its states, 64 bytes to 1 MiB.</param>
    public FakeTopic(TopicKey key, Delivery delivery, int bytes)
    {
        (Key, Delivery, Name) = (key, delivery, key.ToString());
        const string Head = "{\"number\":";
        var tail = ",\"text\":\"";
        var padding = bytes - Head.Length - 19 - tail.Length - 2;
        _template = Encoding.ASCII.GetBytes($"{Head}{new string('1', 19)}{tail}{new string('x', padding)}\"}}");
        _numberAt = Head.Length;
    }

    public TopicKey Key { get; }

    public string Name { get; }

    public Delivery Delivery { get; }

    public long Offset => Volatile.Read(ref _offset);

    /// <summary>Makes the next frame.</summary>
    public void Append(long dueAt, long now)
    {
        var state = _template.AsSpan().ToArray();
        lock (_lock)
        {
            (1_000_000_000_000_000_000 + _offset + 1).TryFormat(state.AsSpan(_numberAt), out _);
            Add(state, dueAt, now);
        }
    }

    /// <summary>Makes the next frame of a given state, an array that nobody changes.</summary>
    public void Append(byte[] state, long dueAt, long now)
    {
        lock (_lock) Add(state, dueAt, now);
    }

    /// <summary>Answer to a read or a follow.</summary>
    public TopicAnswer Answer(Position? after, long follow, long now)
    {
        lock (_lock)
        {
            var gap = after is { } known && known.Epoch != _epoch ? Gap.Epoch : after is { } old && old.Offset < _offset - Kept ? Gap.History : Gap.None;
            var from = after is { } have && gap == Gap.None && Delivery == Delivery.Every ? have.Offset + 1 : _offset;
            var frames = new List<Frame>();
            for (var offset = Math.Max(1, from); offset <= _offset; offset++) frames.Add(_frames[offset % Kept]);
            return new TopicAnswer(new Position(_epoch, _offset), Delivery, gap, FrameCodec.Encode(frames), FakeRegion.Silo, follow, now, now);
        }
    }

    /// <summary>Writes what lies after <paramref name="offset"/>, until the writer holds <paramref name="maxBytes"/>.</summary>
    /// <returns>Where it stopped.</returns>
    public long WriteAfter(long offset, long follow, FrameWriter writer, int maxBytes)
    {
        lock (_lock)
        {
            if (Delivery == Delivery.Latest) offset = Math.Max(offset, _offset - 1);
            offset = Math.Max(offset, _offset - Kept); // the gateway sees the hole and reads again, as with a real silo
            while (offset < _offset && writer.Length < maxBytes) writer.Write(follow, Name, _frames[++offset % Kept]);
            return offset;
        }
    }

    private void Add(byte[] state, long dueAt, long now)
    {
        var offset = _offset + 1;
        _frames[offset % Kept] = new Frame(new Position(_epoch, offset), state, dueAt, now);
        Volatile.Write(ref _offset, offset);
    }
}
