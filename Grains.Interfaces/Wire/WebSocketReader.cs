using System.Buffers.Binary;

namespace E2EEvents.Grains.Interfaces.Wire;

/// <summary>What a client's bytes amount to.</summary>
public enum WebSocketInput
{
    /// <summary>More bytes are needed.</summary>
    Incomplete,

    /// <summary>A whole frame: see <see cref="WebSocketReader.Opcode"/> and <see cref="WebSocketReader.Payload"/>.</summary>
    Frame,

    /// <summary>Not RFC 6455: unmasked, reserved bits, a fragmented or long control frame, an unknown opcode.</summary>
    Malformed,

    /// <summary>A frame longer than allowed.</summary>
    TooBig,
}

/// <summary>
/// Takes a client's frames out of arriving bytes (RFC 6455 §5.2). Holds at most one frame of <c>maxFrameBytes</c>; a header that announces
/// more is refused before its payload arrives, and after a refusal nothing is kept any more: frames cannot be told apart from then on.
/// </summary>
/// <param name="maxFrameBytes">Longest payload taken, 125 to 16 MiB; control frames may always have 125 bytes.</param>
public sealed class WebSocketReader(int maxFrameBytes)
{
    private byte[] _buffer = [];
    private int _start;
    private int _end;
    private WebSocketInput? _refused;

    /// <summary>Type of the frame read last.</summary>
    public WebSocketOpcode Opcode { get; private set; }

    /// <summary>True if the frame read last ends its fragmented whole.</summary>
    public bool Final { get; private set; }

    /// <summary>Its payload, unmasked; valid until the next call.</summary>
    public ReadOnlyMemory<byte> Payload { get; private set; }

    /// <summary>True while no part of a frame is held, and none was refused.</summary>
    public bool IsEmpty => _start == _end && _refused is null;

    /// <summary>Adds bytes as they arrived.</summary>
    public void Feed(ReadOnlySpan<byte> bytes)
    {
        if (_refused is not null) return;
        if (_start == _end) _start = _end = 0;
        if (_buffer.Length - _end < bytes.Length)
        {
            var kept = _end - _start;
            var next = kept + bytes.Length <= _buffer.Length ? _buffer : new byte[Math.Max(256, kept + bytes.Length)];
            _buffer.AsSpan(_start, kept).CopyTo(next);
            (_buffer, _start, _end) = (next, 0, kept);
        }

        bytes.CopyTo(_buffer.AsSpan(_end));
        _end += bytes.Length;
    }

    /// <summary>Reads the next frame. After <see cref="WebSocketInput.Malformed"/> or <see cref="WebSocketInput.TooBig"/> it answers nothing else: close the connection.</summary>
    public WebSocketInput Read()
    {
        if (_refused is { } refused) return refused;
        var span = _buffer.AsSpan(_start, _end - _start);
        if (span.Length < 2) return Parked(WebSocketInput.Incomplete);
        Final = (span[0] & 0x80) != 0;
        Opcode = (WebSocketOpcode)(span[0] & 0x0f);
        if (!IsWellFormed(span, out var length)) return Refuse(WebSocketInput.Malformed);
        var header = length switch { < 126 => 2, 126 => 4, _ => 10 };
        if (span.Length < header) return Parked(WebSocketInput.Incomplete);
        var size = header switch
        {
            2 => (ulong)length,
            4 => BinaryPrimitives.ReadUInt16BigEndian(span[2..]),
            _ => BinaryPrimitives.ReadUInt64BigEndian(span[2..]),
        };
        if (size > (ulong)Math.Max(125, maxFrameBytes)) return Refuse(WebSocketInput.TooBig);
        var total = header + 4 + (int)size;
        if (span.Length < total) return Parked(WebSocketInput.Incomplete);

        var mask = span.Slice(header, 4);
        var payload = span.Slice(header + 4, (int)size);
        for (var i = 0; i < payload.Length; i++) payload[i] ^= mask[i & 3];
        Payload = _buffer.AsMemory(_start + header + 4, (int)size);
        _start += total;
        return WebSocketInput.Frame;
    }

    private bool IsWellFormed(ReadOnlySpan<byte> span, out int length)
    {
        length = span[1] & 0x7f;
        var masked = (span[1] & 0x80) != 0;
        var reserved = (span[0] & 0x70) != 0;
        var control = (byte)Opcode >= 8;
        var known = Opcode is <= WebSocketOpcode.Binary or (>= WebSocketOpcode.Close and <= WebSocketOpcode.Pong);
        return masked && !reserved && known && (!control || (Final && length < 126));
    }

    private WebSocketInput Refuse(WebSocketInput why)
    {
        _refused = why;
        (_buffer, _start, _end) = ([], 0, 0);
        return why;
    }

    private WebSocketInput Parked(WebSocketInput result)
    {
        if (_start > 0) (_buffer, _start, _end) = (_buffer.AsSpan(_start, _end - _start).ToArray(), 0, _end - _start); // no more than the part of a frame, and for an idle connection none
        return result;
    }
}
