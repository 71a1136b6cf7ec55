using System.Buffers;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace E2EEvents.EdgeGateway.Sockets;

/// <summary>
/// The head of an HTTP/1.1 request for a stream, as almost every client writes it. It is deliberately narrow: whatever is unusual, wrong or
/// incomplete is no such head, and the web server, which reads the same bytes again, gives the answer.
/// </summary>
internal sealed class RequestHead
{
    /// <summary>Longest head taken; a longer one is the web server's.</summary>
    public const int MaxBytes = 8192;

    private const int MaxHeaders = 64;

    private static readonly SearchValues<char> PathCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~:@!$&'()*+,;=/");
    private static readonly SearchValues<char> HostCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.:[]");
    private static readonly SearchValues<char> TokenCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.!#$%&'*+^`|~");

    private RequestHead(int bytes, string path, string query, bool isWebSocket)
    {
        (Bytes, Path, Query, IsWebSocket) = (bytes, path, query, isWebSocket);
    }

    /// <summary>Length, the blank line included.</summary>
    public int Bytes { get; }

    public string Path { get; }

    /// <summary>With its question mark, or empty.</summary>
    public string Query { get; }

    /// <summary>A path that ends in <c>/ws</c>; else in <c>/events</c>.</summary>
    public bool IsWebSocket { get; }

    /// <summary>Of <c>/topics/{kind}/{key}/…</c>; null where the query names the topics.</summary>
    public string? Kind { get; private set; }

    public string? Key { get; private set; }

    public IHeaderDictionary Headers { get; } = new HeaderDictionary();

    /// <summary>Reads a head; null if it is not one that is taken here.</summary>
    /// <param name="bytes">What has arrived. What is behind the head is not looked at.</param>
    public static RequestHead? TryParse(ReadOnlySpan<byte> bytes)
    {
        if (!bytes.StartsWith("GET /"u8)) return null;
        var end = bytes.IndexOf("\r\n\r\n"u8);
        if (end < 0 || end + 4 > MaxBytes) return null;
        var text = Encoding.Latin1.GetString(bytes[..(end + 2)]);
        var lineEnd = text.IndexOf("\r\n", StringComparison.Ordinal);
        return Target(text[..lineEnd], end + 4) is { } head && head.ReadHeaders(text.AsSpan(lineEnd + 2)) ? head : null;
    }

    /// <summary>The same request as an endpoint of the web server gets it.</summary>
    public DefaultHttpContext ToContext(IServiceProvider services, System.Net.IPEndPoint remote)
    {
        var http = new DefaultHttpContext { RequestServices = services };
        http.Connection.RemoteIpAddress = remote.Address;
        http.Connection.RemotePort = remote.Port;
        var request = http.Request;
        (request.Method, request.Protocol, request.Scheme) = (HttpMethods.Get, HttpProtocol.Http11, "http");
        (request.Path, request.QueryString) = (new PathString(Path), new QueryString(Query));
        http.Features.GetRequiredFeature<IHttpRequestFeature>().Headers = Headers;
        if (Kind is not null) (request.RouteValues["kind"], request.RouteValues["key"]) = (Kind, Key);
        return http;
    }

    private static RequestHead? Target(string line, int bytes)
    {
        const string Version = " HTTP/1.1";
        if (!line.EndsWith(Version, StringComparison.Ordinal)) return null;
        var target = line["GET ".Length..^Version.Length];
        if (!IsPlain(target) || target.AsSpan().ContainsAny(' ', '#')) return null;
        var mark = target.IndexOf('?', StringComparison.Ordinal);
        var (path, query) = mark < 0 ? (target, "") : (target[..mark], target[mark..]);
        if (path.AsSpan().ContainsAnyExcept(PathCharacters)) return null; // escapes among them: how they are read is the web server's business
        if (path is "/ws" or "/events") return new RequestHead(bytes, path, query, path == "/ws");
        var parts = path.Split('/');
        if (parts is not ["", "topics", var kind, var key, "ws" or "events"] || IsSpecial(kind) || IsSpecial(key)) return null;
        return new RequestHead(bytes, path, query, parts[4] == "ws") { Kind = kind, Key = key };
    }

    private static bool IsSpecial(string segment) => segment is "" or "." or "..";

    private static bool IsPlain(ReadOnlySpan<char> text) => !text.ContainsAnyExceptInRange(' ', '~');

    private bool ReadHeaders(ReadOnlySpan<char> lines)
    {
        for (var count = 0; !lines.IsEmpty; count++)
        {
            var end = lines.IndexOf("\r\n");
            var line = lines[..end];
            lines = lines[(end + 2)..];
            var colon = line.IndexOf(':');
            if (count == MaxHeaders || colon <= 0 || !IsPlain(line)) return false;
            if (line[..colon].ContainsAnyExcept(TokenCharacters)) return false; // a folded line among them
            var name = line[..colon].ToString();
            Headers[name] = StringValues.Concat(Headers[name], line[(colon + 1)..].Trim(' ').ToString());
        }

        return IsUsual();
    }

    /// <summary>One host, no body, nothing that changes how the connection is used except what the path is for.</summary>
    private bool IsUsual()
    {
        if (Headers.Host is not [{ Length: > 0 } host] || host.AsSpan().ContainsAnyExcept(HostCharacters)) return false;
        if (Headers.ContainsKey("Content-Length") || Headers.ContainsKey("Transfer-Encoding") || Headers.ContainsKey("Expect")) return false;
        if (!IsWebSocket) return !Headers.ContainsKey("Upgrade");
        return Headers.Upgrade is [{ } upgrade] && upgrade.Equals("websocket", StringComparison.OrdinalIgnoreCase) && HasToken(Headers.Connection, "upgrade");
    }

    private static bool HasToken(StringValues values, string token)
    {
        foreach (var value in values)
        {
            foreach (var range in value.AsSpan().Split(','))
            {
                if (value.AsSpan(range).Trim(' ').Equals(token, StringComparison.OrdinalIgnoreCase)) return true;
            }
        }

        return false;
    }
}
