using System.Net;
using System.Net.Sockets;
using System.Text;

namespace E2EEvents.Testing.Clients;

/// <summary>Addresses of streams, and how connections to them are made.</summary>
internal static class StreamTarget
{
    private static readonly SocketsHttpHandler Shared = Handler(0, gzip: false);

    /// <summary><c>/topics/kind/key/suffix</c> for one topic, <c>/suffix?topic=…</c> for several, with the query that the options say.</summary>
    public static Uri Of(Uri gateway, string suffix, string manySuffix, IReadOnlyList<Transcript> topics, StreamOptions options, bool afterInQuery)
    {
        var query = new List<string>();
        if (topics.Count != 1)
        {
            foreach (var topic in topics) query.Add("topic=" + topic.Topic);
        }

        if (options.Patches) query.Add("delta=merge");
        if (afterInQuery && After(topics, options) is { } after) query.Add("after=" + after);
        if (options.Query is not null) query.Add(options.Query);
        var path = topics.Count == 1 ? $"topics/{topics[0].Topic}/{suffix}" : manySuffix;
        return new Uri(gateway, query.Count == 0 ? path : path + "?" + string.Join('&', query));
    }

    /// <summary>Where to resume: <c>P</c> for one topic, <c>kind/key@P,…</c> for several; null = from the state.</summary>
    public static string? After(IReadOnlyList<Transcript> topics, StreamOptions options)
    {
        if (!options.Resume) return null;
        if (topics.Count == 1) return topics[0].Position?.ToString();
        var text = new StringBuilder();
        foreach (var topic in topics)
        {
            if (topic.Position is { } position) text.Append(text.Length == 0 ? "" : ",").Append(topic.Topic).Append('@').Append(position);
        }

        return text.Length == 0 ? null : text.ToString();
    }

    public static HttpMessageInvoker Invoker(StreamOptions options) =>
        options is { ReceiveBufferBytes: 0, Compressed: false } ? new HttpMessageInvoker(Shared, disposeHandler: false) : new HttpMessageInvoker(Handler(options.ReceiveBufferBytes, options.Compressed));

    private static SocketsHttpHandler Handler(int receiveBufferBytes, bool gzip) => new()
    {
        AutomaticDecompression = gzip ? DecompressionMethods.GZip : DecompressionMethods.None,
        PooledConnectionIdleTimeout = TimeSpan.FromSeconds(5),
        ConnectCallback = async (context, cancellationToken) =>
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                if (receiveBufferBytes > 0) socket.ReceiveBufferSize = receiveBufferBytes;
                await socket.ConnectAsync(context.DnsEndPoint, cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        },
    };
}
