using System.Globalization;
using System.Net;
using System.Text;
using E2EEvents.EdgeGateway.Fanout;
using E2EEvents.EdgeGateway.Feeds;
using E2EEvents.EdgeGateway.Policy;
using E2EEvents.EdgeGateway.Transports;
using E2EEvents.EdgeGateway.Transports.Sse;
using E2EEvents.EdgeGateway.Transports.WebSocket;
using Microsoft.AspNetCore.Cors.Infrastructure;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace E2EEvents.EdgeGateway.Sockets;

/// <summary>
/// Takes the connections of streams away from the web server. They pass the same checks as its endpoints make; whatever does not pass is left to
/// the web server, which then finds the same and says it.
/// </summary>
internal sealed class DirectStreams(
    StreamSession session, StreamNegotiation negotiation, Admission admission, KindMap kinds, IOptions<GatewayOptions> options, ICorsService cors, ICorsPolicyProvider policies,
    IServiceProvider services, TimeProvider time, ILogger<DirectStreams> logger)
{
    private long _taken;

    /// <summary>Connections taken over so far.</summary>
    public long Taken => Interlocked.Read(ref _taken);

    /// <summary>Takes a connection over if its request is in order.</summary>
    /// <param name="handle">The descriptor; from which nothing was read yet.</param>
    /// <param name="head">What waits there.</param>
    /// <param name="remote">The peer.</param>
    /// <returns>False: it is not, and nothing was read.</returns>
    public async ValueTask<bool> TryTakeAsync(int handle, RequestHead head, IPEndPoint remote)
    {
        try
        {
            var http = head.ToContext(services, remote);
            if (head.IsWebSocket)
            {
                WebSocketHandshake.Check(http.Request);
                admission.CheckOrigin(http);
            }

            var request = await StreamRequest.ReadAsync(http, kinds, options.Value).ConfigureAwait(false);
            await AllowAsync(http).ConfigureAwait(false);
            var (view, hello) = head.IsWebSocket ? WebSocketStart(http, request) : SseStart(http, request);
            Enter(http, head, request);
            Take(handle, head, request, view, hello, admission.ClientOf(http));
            return true;
        }
        catch (ProblemException)
        {
            return false;
        }
        catch (Exception e) // survived: the acceptor, and with it everybody who comes
        {
            Log.TakeOverFailed(logger, e);
            return false;
        }
    }

    private static string TransportOf(RequestHead head) => head.IsWebSocket ? WebSocketEndpoint.Transport : SseEndpoint.Transport;

    /// <summary>The place first: it can be given back, what <see cref="StreamSession.Admit"/> counts cannot, and would be counted again by the endpoint.</summary>
    private void Enter(HttpContext http, RequestHead head, StreamRequest request)
    {
        admission.EnterStream(TransportOf(head));
        try
        {
            session.Admit(http, request);
        }
        catch
        {
            admission.LeaveStream(TransportOf(head));
            throw;
        }
    }

    private void Take(int handle, RequestHead head, StreamRequest request, View view, byte[] hello, IPAddress client)
    {
        var isRead = Libc.Receive(handle, stackalloc byte[head.Bytes]) == head.Bytes; // what was peeked at is there, unless the connection broke; what comes behind it is the worker's
        var connection = new Connection(new DirectConnection(handle, options.Value.MaxClientFrameBytes), view, TransportOf(head)) { Client = client, Ending = session.Hold(withPlace: true) };
        Interlocked.Increment(ref _taken);
        if (isRead) session.Start(connection, request, hello, CancellationToken.None);
        else connection.End(null);
    }

    /// <summary>What the web server would say to a page of another origin.</summary>
    private async ValueTask AllowAsync(HttpContext http)
    {
        if (http.Request.Headers.Origin.Count == 0 || await policies.GetPolicyAsync(http, null).ConfigureAwait(false) is not { } policy) return;
        cors.ApplyResult(cors.EvaluatePolicy(http, policy), http.Response);
    }

    private (View View, byte[] Hello) WebSocketStart(HttpContext http, StreamRequest request)
    {
        WebSocketHandshake.Answer(http);
        var (view, extensions) = negotiation.WebSocket(request, http.Request.Headers);
        if (extensions is not null) http.Response.Headers.SecWebSocketExtensions = extensions;
        return (view, Encoding.ASCII.GetBytes(Text("101 Switching Protocols", http.Response)));
    }

    /// <summary>The end of an event stream is the end of its connection, so that it needs no chunks and the same bytes serve everybody.</summary>
    private (View View, byte[] Hello) SseStart(HttpContext http, StreamRequest request)
    {
        var (view, encoding, hello) = negotiation.Sse(request, http.Request.Headers);
        SseEndpoint.Answer(http.Response, encoding);
        http.Response.Headers.Connection = "close";
        return (view, [.. Encoding.ASCII.GetBytes(Text("200 OK", http.Response)), .. hello]);
    }

    private string Text(string status, HttpResponse response)
    {
        var text = new StringBuilder("HTTP/1.1 ", 512).Append(status).Append("\r\nDate: ").Append(time.GetUtcNow().ToString("r", CultureInfo.InvariantCulture)).Append("\r\n");
        foreach (var (name, values) in response.Headers)
        {
            foreach (var value in values) text.Append(name).Append(": ").Append(value).Append("\r\n");
        }

        return text.Append("\r\n").ToString();
    }
}
