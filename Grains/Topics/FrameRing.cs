namespace E2EEvents.Grains.Topics;

/// <summary>Frames of consecutive offsets, oldest first. Grows as needed; not thread-safe.</summary>
internal sealed class FrameRing
{
    private Frame[] _frames = [];
    private int _start;

    public int Count { get; private set; }

    /// <summary>Bytes of all states held.</summary>
    public long Bytes { get; private set; }

    /// <summary>The frame at <paramref name="index"/>, 0 = oldest.</summary>
    public Frame this[int index] => _frames[(_start + index) & (_frames.Length - 1)];

    public Frame Oldest => this[0];

    public Frame Newest => this[Count - 1];

    public void Add(Frame frame)
    {
        if (Count == _frames.Length) Grow();
        _frames[(_start + Count) & (_frames.Length - 1)] = frame;
        Count++;
        Bytes += frame.State.Length;
    }

    public void RemoveOldest()
    {
        Bytes -= _frames[_start].State.Length;
        _frames[_start] = null!;
        _start = (_start + 1) & (_frames.Length - 1);
        Count--;
    }

    public void Clear()
    {
        (_frames, _start, Count, Bytes) = ([], 0, 0, 0);
    }

    private void Grow()
    {
        var grown = new Frame[Math.Max(1, _frames.Length * 2)]; // a power of two, so that indices wrap by a mask
        for (var i = 0; i < Count; i++) grown[i] = this[i];
        _frames = grown;
        _start = 0;
    }
}
