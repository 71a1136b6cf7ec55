using System.Text.Json;

namespace E2EEvents.EdgeGateway.Fanout;

/// <summary>
/// The encodings of one update in one choice of fields. Safe for several threads: each encoding is made once or, at worst, twice with one kept.
/// <para>
/// Compressed bytes come in two sorts. Those that refer to nothing may follow anything. Those that refer to the update before may be sent only where
/// exactly its plain bytes are the last that the client's decompressor was given: a connection notes that as the number of an update's content
/// (<see cref="Connection.WindowEnd"/>). All who follow a topic without a break are in that place, so both sorts are shared.
/// </para>
/// </summary>
internal sealed class UpdateEncodings
{
    private const int Variants = 4;
    private static long _lastNumber;

    private readonly Update _update;
    private readonly Frame _frame;
    private readonly Frame? _wholeBefore;
    private Frame? _before; // made when first needed: few need it
    private int _unchanged = -1; // 0 or 1 once known
    private readonly long _number = Interlocked.Add(ref _lastNumber, 2); // of the state; plus one, of the patch
    private readonly long _numberBefore;
    private readonly byte[]?[] _encodings = new byte[]?[View.Encodings * Variants];
    private byte[]?[]? _continued; // by format and variant
    private byte[]? _patch;

    /// <param name="update">Which update.</param>
    /// <param name="selection">Which fields; null = all.</param>
    /// <param name="frame">The update's frame with these fields.</param>
    /// <param name="before">The frame that a patch builds on, with all fields; null = there is none.</param>
    public UpdateEncodings(Update update, Selection? selection, Frame frame, Frame? before)
    {
        _update = update;
        Selection = selection;
        _frame = frame;
        _wholeBefore = before;
        _numberBefore = update.EncodingsBefore(selection)?._number ?? 0;
    }

    public Selection? Selection { get; }

    /// <summary>True if nothing of the chosen fields changed.</summary>
    public bool IsUnchanged
    {
        get
        {
            if (_unchanged < 0) _unchanged = Selection is not null && Before is { } before && before.State.Span.SequenceEqual(_frame.State.Span) ? 1 : 0;
            return _unchanged == 1;
        }
    }

    private Frame? Before => _before ??= _wholeBefore is null ? null : Selection?.Fields?.Filter(_wholeBefore) ?? _wholeBefore;

    /// <summary>Bytes that may follow anything.</summary>
    public byte[] Bytes(View view, Variant variant)
    {
        ref var slot = ref _encodings[view.Encoding * Variants + (int)variant];
        return Volatile.Read(ref slot) ?? Encode(ref slot, view, variant);
    }

    /// <summary>Bytes for a connection that stands at <paramref name="windowEnd"/>.</summary>
    public byte[] Bytes(View view, Variant variant, ref long windowEnd)
    {
        if (!view.Continues) return Bytes(view, variant);
        variant = Said(variant);
        var bytes = IsNext(variant, windowEnd) ? Continued(view, variant) : Bytes(view, variant);
        windowEnd = variant <= Variant.Patch && Compressor.IsInWindow(view.Format, bytes) ? _number + (long)variant : 0;
        return bytes;
    }

    /// <summary>Makes what most connections of a view will be sent.</summary>
    public void Prepare(View view)
    {
        var variant = Said(view.Deltas ? Variant.Patch : Variant.State);
        if (view.Continues && _numberBefore != 0) Continued(view, variant);
        else Bytes(view, variant);
    }

    /// <summary>A patch that would be no smaller than the state is the state.</summary>
    private Variant Said(Variant variant) => variant == Variant.Patch && Patch().Length == 0 ? Variant.State : variant;

    private bool IsNext(Variant variant, long windowEnd) => variant <= Variant.Patch && _numberBefore != 0 && windowEnd == _numberBefore + (long)variant;

    private byte[] Encode(ref byte[]? slot, View view, Variant variant)
    {
        var said = Said(variant);
        byte[] bytes;
        if (said != variant)
        {
            bytes = Bytes(view, said);
        }
        else
        {
            bytes = Plain(view.Format, variant);
            if (view.Compressor is not null) bytes = view.Compressor.Compress(view.Format, bytes);
        }

        return Interlocked.CompareExchange(ref slot, bytes, null) ?? bytes;
    }

    private byte[] Continued(View view, Variant variant)
    {
        var all = Volatile.Read(ref _continued);
        return (all is null ? null : Volatile.Read(ref all[((int)view.Format * 2) + (int)variant])) ?? Continue(view, variant);
    }

    private byte[] Continue(View view, Variant variant)
    {
        if (_update.EncodingsBefore(Selection) is not { } previous) return Bytes(view, variant); // forgotten: the next update is here already
        lock (_encodings)
        {
            var all = _continued ??= new byte[]?[Envelope.Formats * 2];
            ref var slot = ref all[((int)view.Format * 2) + (int)variant];
            if (slot is null)
            {
                var bytes = view.Compressor!.CompressAfter(view.Format, previous.Plain(view.Format, variant), Plain(view.Format, variant)) ?? Bytes(view, variant);
                Volatile.Write(ref slot, bytes);
            }

            return slot;
        }
    }

    private byte[] Plain(WireFormat format, Variant variant)
    {
        if (Volatile.Read(ref _encodings[(int)format * Variants + (int)variant]) is { } known) return known;
        var notes = new EnvelopeNotes(_update.GatewayTime, variant switch
        {
            Variant.NewEpoch => Gap.Epoch,
            Variant.ShortHistory => Gap.History,
            _ => Gap.None,
        });
        return variant == Variant.Patch ? Envelope.EncodePatch(format, _update.Topic, _frame, notes, Patch()) : Envelope.EncodeState(format, _update.Topic, _frame, notes);
    }

    /// <summary>The merge patch, made once for all formats; empty = the state goes instead.</summary>
    private byte[] Patch() => _patch ??= MakePatch();

    private byte[] MakePatch()
    {
        if (Before is not { } before) return [];
        try
        {
            var patch = MergePatch.Diff(before.State, _frame.State);
            return patch.Length < _frame.State.Length ? patch : [];
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return []; // a state that is no JSON object is its kind's fault; it must not stop delivery
        }
    }
}
