namespace E2EEvents.EdgeGateway.Fanout;

/// <summary>What an encoding says besides the state.</summary>
internal enum Variant
{
    /// <summary>The full state.</summary>
    State,

    /// <summary>A merge patch against the frame before, or the full state where that is smaller.</summary>
    Patch,

    /// <summary>The full state, told as a new epoch.</summary>
    NewEpoch,

    /// <summary>The full state, told as more than history could bridge.</summary>
    ShortHistory,
}

/// <summary>
/// One frame as this gateway took it over, with its encodings: each is made once, when first needed, and shared by every connection.
/// Updates of an <see cref="Delivery.Every"/> topic are linked forward; a subscriber's place is its offset, never a queue.
/// </summary>
internal sealed class Update
{
    private readonly UpdateEncodings _whole;
    private readonly Frame? _before;
    private UpdateEncodings?[]? _selected; // by the selection's index
    private bool _keepsSelected = true;
    private Update? _next;
    private Update? _previous;

    /// <param name="topic">As <c>kind/key</c>.</param>
    /// <param name="frame">What was taken over.</param>
    /// <param name="before">The frame before it.</param>
    /// <param name="gatewayTime">Now, Unix µs.</param>
    /// <param name="isAfterHole">See <see cref="IsAfterHole"/>.</param>
    /// <param name="previous">The update before it, which compressed bytes may refer to.</param>
    public Update(string topic, Frame frame, Frame? before, long gatewayTime, bool isAfterHole = false, Update? previous = null)
    {
        _previous = previous;
        Topic = topic;
        Frame = frame;
        PatchBase = !isAfterHole && before is not null && before.Position.Epoch == frame.Position.Epoch ? before.Position.Offset : 0;
        IsAfterHole = isAfterHole;
        GatewayTime = gatewayTime;
        _before = PatchBase == 0 ? null : before;
        _whole = new UpdateEncodings(this, null, frame, _before);
    }

    public string Topic { get; }

    public Frame Frame { get; }

    public ulong Epoch => Frame.Position.Epoch;

    public long Offset => Frame.Position.Offset;

    /// <summary>Offset of the frame that a patch builds on; 0 = there is none.</summary>
    public long PatchBase { get; }

    /// <summary>True if offsets before it are lost to the whole region: subscribers are told and go on from its state.</summary>
    public bool IsAfterHole { get; }

    /// <summary>When this gateway took it over, Unix µs.</summary>
    public long GatewayTime { get; }

    public Update? Next => Volatile.Read(ref _next);

    public void LinkTo(Update next) => Volatile.Write(ref _next, next);

    /// <summary>The update with all fields.</summary>
    public byte[] Bytes(View view, Variant variant) => _whole.Bytes(view, variant);

    public byte[] Bytes(View view, Selection selection, Variant variant) => EncodingsOf(selection).Bytes(view, variant);

    /// <param name="view">Of the connection.</param>
    /// <param name="selection">Its fields.</param>
    /// <param name="variant">What the encoding says.</param>
    /// <param name="windowEnd">The connection's <see cref="Connection.WindowEnd"/>, before and after these bytes.</param>
    public byte[] Bytes(View view, Selection selection, Variant variant, ref long windowEnd) => EncodingsOf(selection).Bytes(view, variant, ref windowEnd);

    /// <summary>Makes what most connections of a view will be sent.</summary>
    public void Prepare(View view, Selection selection) => EncodingsOf(selection).Prepare(view);

    /// <summary>Lets the update before it go: the next one is here, and whoever still lacks this one takes it alone.</summary>
    public void ForgetPrevious() => Volatile.Write(ref _previous, null);

    /// <summary>Keeps no encodings of chosen fields from now on: who asks for one has it made.</summary>
    public void ForgetSelected()
    {
        lock (_whole)
        {
            _keepsSelected = false;
            Volatile.Write(ref _selected, null);
        }
    }

    /// <summary>The previous update's encodings, if it is not forgotten and has some in this choice of fields.</summary>
    public UpdateEncodings? EncodingsBefore(Selection? selection)
    {
        if (Volatile.Read(ref _previous) is not { } previous) return null;
        return selection is null ? previous._whole : previous.KnownOf(selection);
    }

    /// <summary>True if the chosen fields are byte for byte those of the frame that a patch builds on.</summary>
    public bool IsUnchanged(Selection selection) => PatchBase != 0 && EncodingsOf(selection).IsUnchanged;

    private UpdateEncodings EncodingsOf(Selection selection)
    {
        if (selection.Index == 0) return _whole;
        return KnownOf(selection) ?? Select(selection);
    }

    private UpdateEncodings? KnownOf(Selection selection)
    {
        var all = Volatile.Read(ref _selected);
        return all is not null && selection.Index < all.Length && Volatile.Read(ref all[selection.Index]) is { } known && known.Selection == selection ? known : null;
    }

    /// <summary>Once per update and choice; whoever comes second at the same time waits for the first.</summary>
    private UpdateEncodings Select(Selection selection)
    {
        lock (_whole)
        {
            if (!_keepsSelected) return new UpdateEncodings(this, selection, selection.Fields!.Filter(Frame), _before);
            var all = _selected;
            if (all is null || selection.Index >= all.Length)
            {
                Array.Resize(ref all, Math.Max(4, selection.Index + 1));
                Volatile.Write(ref _selected, all);
            }

            if (all[selection.Index] is { } known && known.Selection == selection) return known;
            var made = new UpdateEncodings(this, selection, selection.Fields!.Filter(Frame), _before);
            Volatile.Write(ref all[selection.Index], made);
            return made;
        }
    }
}
