using System.Buffers.Text;

namespace E2EEvents.Load.Clients;

/// <summary>Server-sent events over HTTP/1.1, with chunked coding or up to the end of the connection.</summary>
internal sealed class SseConnection(ClientLoop loop, int number) : ClientConnection(loop, number)
{
    private bool _hasHead;
    private bool _isChunked;
    private byte[] _body = [];

    protected override void Begin() => Send(
        $"GET {Loop.Topics.StreamPathOf(Number, "events", Loop.Query)} HTTP/1.1\r\nHost: {Loop.Target.Host}\r\nAccept: text/event-stream\r\n\r\n");

    protected override int Take(ReadOnlySpan<byte> bytes)
    {
        var used = 0;
        if (!_hasHead)
        {
            if (!HttpHead.TryRead(bytes, out var head)) return 0;
            if (head.Status != 200)
            {
                Lose($"refused: HTTP {head.Status}");
                return bytes.Length;
            }

            _hasHead = true;
            _isChunked = !HttpHead.ValueOf(bytes[..head.Bytes], "\r\nTransfer-Encoding: "u8).IsEmpty;
            used = head.Bytes;
        }

        if (!_isChunked)
        {
            TakeBody(bytes[used..]);
            return bytes.Length;
        }

        while (IsOpen)
        {
            var taken = TakeChunk(bytes[used..]);
            if (taken == 0) break;
            used += taken;
        }

        return used;
    }

    /// <returns>Bytes of the chunk; 0 = incomplete.</returns>
    private int TakeChunk(ReadOnlySpan<byte> bytes)
    {
        var line = bytes.IndexOf("\r\n"u8);
        if (line < 0) return 0;
        if (!Utf8Parser.TryParse(bytes[..line], out int size, out _, 'x'))
        {
            Loop.Figures.Malformed++;
            Lose("a chunk without a size");
            return bytes.Length;
        }

        var total = line + 2 + size + 2;
        if (bytes.Length < total) return 0;
        if (size == 0) Lose("ended by the server");
        else TakeBody(bytes.Slice(line + 2, size));
        return total;
    }

    private void TakeBody(ReadOnlySpan<byte> bytes)
    {
        if (_body.Length > 0) bytes = (byte[])[.. _body, .. bytes];
        var used = 0;
        while (IsOpen && bytes[used..].IndexOf("\n\n"u8) is var end and >= 0)
        {
            TakeEvent(bytes.Slice(used, end));
            used += end + 2;
        }

        _body = used == bytes.Length ? [] : bytes[used..].ToArray();
    }

    private void TakeEvent(ReadOnlySpan<byte> text)
    {
        var isChange = true;
        ReadOnlySpan<byte> data = default;
        foreach (var range in text.Split((byte)'\n'))
        {
            var line = text[range];
            if (line.StartsWith("data: "u8)) data = line[6..];
            else if (line.StartsWith("event: close"u8)) Lose("close event");
            else if (line.StartsWith("event: "u8)) isChange = false;
        }

        if (isChange && IsOpen && !data.IsEmpty) TakeEnvelope(data);
    }
}
