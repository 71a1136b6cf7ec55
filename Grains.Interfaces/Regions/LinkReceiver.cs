using System.Net.WebSockets;

namespace E2EEvents.Grains.Interfaces.Regions;

/// <summary>Reads whole binary WebSocket messages, each one link frame. Holds one message of <paramref name="maxBytes"/> at most; the buffer grows with what has arrived, never with what is announced.</summary>
public sealed class LinkReceiver(WebSocket socket, int maxBytes)
{
    private const int FirstBytes = 8 << 10;
    private const int KeptBytes = 1 << 20;

    private byte[] _buffer = [];

    /// <summary>Bytes received so far.</summary>
    public long Bytes { get; private set; }

    /// <summary>The next frame, valid until the next call; null when the other side closed.</summary>
    /// <exception cref="InvalidDataException">A text message, or one that is too long.</exception>
    public async ValueTask<ReadOnlyMemory<byte>?> ReadAsync(CancellationToken cancellationToken)
    {
        if (_buffer.Length is 0 or > KeptBytes) _buffer = new byte[FirstBytes];
        var length = 0;
        while (true)
        {
            var read = await socket.ReceiveAsync(_buffer.AsMemory(length), cancellationToken).ConfigureAwait(false);
            if (read.MessageType == WebSocketMessageType.Close) return null;
            if (read.MessageType != WebSocketMessageType.Binary) throw new InvalidDataException("a text message");
            length += read.Count;
            Bytes += read.Count;
            if (length > maxBytes) throw new InvalidDataException($"a frame of more than {maxBytes} bytes");
            if (read.EndOfMessage) return _buffer.AsMemory(0, length);
            if (length == _buffer.Length) Array.Resize(ref _buffer, Math.Min(_buffer.Length * 2, maxBytes + 1));
        }
    }
}
