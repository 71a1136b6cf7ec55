using System.Buffers.Text;

namespace E2EEvents.Load.Clients;

/// <summary>Beginning of an HTTP/1.1 response: just what the driver needs.</summary>
/// <param name="Status">Status code.</param>
/// <param name="Bytes">Length of the head with its blank line.</param>
/// <param name="ContentLength">-1 = not given.</param>
internal readonly record struct HttpHead(int Status, int Bytes, int ContentLength)
{
    /// <summary>False while the head is incomplete.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out HttpHead head)
    {
        head = default;
        var end = bytes.IndexOf("\r\n\r\n"u8);
        if (end < 0 || end < 12) return false;
        var text = bytes[..(end + 2)];
        if (!Utf8Parser.TryParse(text[9..12], out int status, out _)) status = 0;
        var length = -1;
        if (ValueOf(text, "\r\nContent-Length: "u8) is { IsEmpty: false } value && Utf8Parser.TryParse(value, out int number, out _)) length = number;
        head = new HttpHead(status, end + 4, length);
        return true;
    }

    /// <summary>Value of a header as our servers write its name; empty if absent.</summary>
    /// <param name="head">The head.</param>
    /// <param name="name">With line break before and colon and blank after it.</param>
    public static ReadOnlySpan<byte> ValueOf(ReadOnlySpan<byte> head, ReadOnlySpan<byte> name)
    {
        var at = head.IndexOf(name);
        if (at < 0) return default;
        var value = head[(at + name.Length)..];
        var end = value.IndexOf((byte)'\r');
        return end < 0 ? value : value[..end];
    }
}
