namespace E2EEvents.EdgeGateway.Fanout;

/// <summary>References to the bytes that leave in one write. The usual single one is held in place: a delivery allocates nothing.</summary>
internal struct Batch
{
    private byte[]? _first;
    private byte[][]? _more;

    public readonly bool IsEmpty => _first is null;

    public int Count { get; private set; }

    public int Bytes { get; private set; }

    /// <summary>The bytes if there is exactly one reference.</summary>
    public readonly byte[] Single => _first!;

    public void Add(byte[] bytes, BatchArrays arrays)
    {
        if (_first is null)
        {
            _first = bytes;
        }
        else
        {
            _more ??= arrays.Take();
            if (Count - 1 == _more.Length) Array.Resize(ref _more, _more.Length * 2);
            _more[Count - 1] = bytes;
        }

        Count++;
        Bytes += bytes.Length;
    }

    public readonly void CopyTo(Span<byte> target)
    {
        _first.CopyTo(target);
        var at = _first!.Length;
        for (var i = 0; i < Count - 1; i++)
        {
            _more![i].CopyTo(target[at..]);
            at += _more[i].Length;
        }
    }

    public void Clear(BatchArrays arrays)
    {
        if (_more is not null) arrays.GiveBack(_more, Count - 1);
        this = default;
    }
}

/// <summary>Arrays of one worker for batches of several; a bounded number is kept.</summary>
internal sealed class BatchArrays
{
    private const int FirstLength = 8;
    private const int LongestKept = 64;
    private const int MostKept = 1024;

    private readonly Stack<byte[][]> _free = new();

    public byte[][] Take() => _free.TryPop(out var array) ? array : new byte[FirstLength][];

    public void GiveBack(byte[][] array, int used)
    {
        if (array.Length > LongestKept || _free.Count == MostKept) return;
        Array.Clear(array, 0, used);
        _free.Push(array);
    }
}
