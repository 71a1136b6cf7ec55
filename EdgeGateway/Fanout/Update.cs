using System.Text.Json;

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
internal sealed class Update(string topic, Frame frame, Frame? before, long gatewayTime, bool isAfterHole = false)
{
    private readonly byte[]?[] _encodings = new byte[]?[Envelope.Formats * 4];
    private Update? _next;

    public Frame Frame { get; } = frame;

    public ulong Epoch => Frame.Position.Epoch;

    public long Offset => Frame.Position.Offset;

    /// <summary>Offset of the frame that a patch builds on; 0 = there is none.</summary>
    public long PatchBase { get; } = !isAfterHole && before is not null && before.Position.Epoch == frame.Position.Epoch ? before.Position.Offset : 0;

    /// <summary>True if offsets before it are lost to the whole region: subscribers are told and go on from its state.</summary>
    public bool IsAfterHole { get; } = isAfterHole;

    /// <summary>When this gateway took it over, Unix µs.</summary>
    public long GatewayTime { get; } = gatewayTime;

    public Update? Next => Volatile.Read(ref _next);

    public void LinkTo(Update next) => Volatile.Write(ref _next, next);

    public byte[] Bytes(WireFormat format, Variant variant)
    {
        ref var slot = ref _encodings[(int)format * 4 + (int)variant];
        return Volatile.Read(ref slot) ?? Encode(ref slot, format, variant);
    }

    private byte[] Encode(ref byte[]? slot, WireFormat format, Variant variant)
    {
        var notes = new EnvelopeNotes(GatewayTime, variant switch
        {
            Variant.NewEpoch => Gap.Epoch,
            Variant.ShortHistory => Gap.History,
            _ => Gap.None,
        });
        var bytes = variant == Variant.Patch && PatchBase != 0 ? EncodePatch(format, notes) : Envelope.EncodeState(format, topic, Frame, notes);
        return Interlocked.CompareExchange(ref slot, bytes, null) ?? bytes;
    }

    private byte[] EncodePatch(WireFormat format, EnvelopeNotes notes)
    {
        byte[] patch;
        try
        {
            patch = MergePatch.Diff(before!.State, Frame.State);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return Bytes(format, Variant.State); // a state that is no JSON object is its kind's fault; it must not stop delivery
        }

        return patch.Length < Frame.State.Length
            ? Envelope.EncodePatch(format, topic, Frame, notes, patch)
            : Bytes(format, Variant.State);
    }
}
