using System.Net.WebSockets;
using System.Text;

namespace E2EEvents.Testing.Clients;

/// <summary>The raw WebSocket of one or several topics, by System.Net.WebSockets (which answers pings only while it reads).</summary>
public sealed class WsClient : StreamReaderCore
{
    private readonly HttpMessageInvoker _invoker;

    private WsClient(IReadOnlyList<Transcript> transcripts, StreamOptions options, HttpMessageInvoker invoker, ClientWebSocket socket)
        : base(transcripts, options)
    {
        _invoker = invoker;
        Socket = socket;
    }

    /// <summary>The socket, for tests that send what they should not.</summary>
    public ClientWebSocket Socket { get; }

    /// <summary>Opens a stream of the transcripts' topics and begins to read.</summary>
    /// <exception cref="WebSocketException">The upgrade was refused; names the status.</exception>
    public static async Task<WsClient> ConnectAsync(
        Uri gateway, IReadOnlyList<Transcript> topics, CancellationToken cancellationToken, StreamOptions? options = null)
    {
        options ??= new StreamOptions();
        var uri = new UriBuilder(StreamTarget.Of(gateway, "ws", "ws", topics, options, afterInQuery: true)) { Scheme = gateway.Scheme == "https" ? "wss" : "ws" }.Uri;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(options.OpenLimit);
        var socket = new ClientWebSocket();
        socket.Options.CollectHttpResponseDetails = true;
        socket.Options.KeepAliveInterval = TimeSpan.Zero;
        if (options.Compressed) socket.Options.DangerousDeflateOptions = new WebSocketDeflateOptions();
        var invoker = StreamTarget.Invoker(options);
        try
        {
            await socket.ConnectAsync(uri, invoker, limit.Token);
        }
        catch (WebSocketException e)
        {
            var status = (int)socket.HttpStatusCode;
            socket.Dispose();
            invoker.Dispose();
            throw new WebSocketException(e.WebSocketErrorCode, $"{uri} answered {status}: {e.Message}", e);
        }

        var client = new WsClient(topics, options, invoker, socket);
        client.Begin(options.Resume);
        return client;
    }

    private protected override async Task<StreamEnd> ReadAllAsync(CancellationToken cancellationToken)
    {
        var buffer = new byte[16 * 1024];
        var text = new List<byte>();
        while (true)
        {
            await GateAsync(cancellationToken);
            var part = await Socket.ReceiveAsync(buffer.AsMemory(), cancellationToken);
            if (part.MessageType == WebSocketMessageType.Close)
            {
                var end = new StreamEnd((int)Socket.CloseStatus.GetValueOrDefault(), Socket.CloseStatusDescription ?? "");
                await Socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, cancellationToken);
                return end;
            }

            text.AddRange(buffer.AsSpan(0, part.Count));
            if (!part.EndOfMessage) continue;
            if (part.MessageType == WebSocketMessageType.Text)
            {
                TakeFrame(Encoding.UTF8.GetString(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(text)));
            }
            else
            {
                foreach (var transcript in Transcripts) transcript.Fail($"A binary frame of {text.Count} bytes came.");
            }

            text.Clear();
        }
    }

    private protected override ValueTask DisposeCoreAsync()
    {
        Socket.Dispose();
        _invoker.Dispose();
        return ValueTask.CompletedTask;
    }
}
