using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using E2EEvents.EdgeGateway.Feeds;
using E2EEvents.Grains.Interfaces.Regions;
using E2EEvents.Hosting;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace E2EEvents.EdgeGateway.Transports.Link;

/// <summary>
/// <c>/link</c>: where other regions' silos connect. On ports of its own, with mutual TLS: a certificate of the regions' authority for client use that
/// names a region of the configuration, and a hello of the same name. All else ends at the handshake.
/// </summary>
internal sealed class LinkEndpoint(
    TopicFollower follower, KindMap kinds, LinkCallHandler calls, LinkCertificates certificates, IOptions<LinkOptions> options, IOptions<RegionsOptions> regions,
    GatewayIdentity identity, GatewayMetrics metrics, TimeProvider time, ILogger<LinkEndpoint> logger) : IHostedLifecycleService
{
    private static readonly TimeSpan HelloTimeout = TimeSpan.FromSeconds(3);

    private readonly Lock _lock = new();
    private readonly HashSet<LinkSession> _sessions = [];
    private readonly Seldom _refusals = new(TimeSpan.FromMinutes(1), time);
    private readonly LinkParts _parts = new(
        follower, kinds, new RegionTree(regions.Value), calls, options.Value, regions.Value.StaleAfter, identity.Name, metrics, logger, time);

    private volatile bool _isStopping;

    /// <summary>TLS of the link ports.</summary>
    public void Secure(ListenOptions listen) => listen.UseHttps(new TlsHandshakeCallbackOptions
    {
        HandshakeTimeout = TimeSpan.FromSeconds(5),
        OnConnection = context => ValueTask.FromResult(new SslServerAuthenticationOptions
        {
            ServerCertificate = certificates.Own,
            ClientCertificateRequired = true,
            RemoteCertificateValidationCallback = (_, certificate, _, _) => IsPeer(certificate as X509Certificate2, context.Connection.RemoteEndPoint),
            ApplicationProtocols = [SslApplicationProtocol.Http11],
        }),
    });

    public async Task HandleAsync(HttpContext http)
    {
        if (!http.WebSockets.IsWebSocketRequest || http.Request.Path != "/link")
        {
            http.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        if (!kinds.IsLoaded || _isStopping) // it would be refused what is only not known yet, or sent away at once
        {
            http.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            return;
        }

        var peer = await http.Connection.GetClientCertificateAsync(http.RequestAborted).ConfigureAwait(false);
        if (!certificates.TryCheck(peer, LinkRole.Client, out var region, out var reason))
        {
            Refuse(http.Connection.RemoteIpAddress, reason);
            http.Response.StatusCode = StatusCodes.Status403Forbidden;
            return;
        }

        using var socket = await http.WebSockets.AcceptWebSocketAsync(new WebSocketAcceptContext { KeepAliveInterval = TimeSpan.Zero }).ConfigureAwait(false);
        if (await HelloAsync(socket, region, http) is { } hello) await ServeAsync(socket, hello, http).ConfigureAwait(false);
        else socket.Abort();
    }

    /// <summary>Before the gateway stops: every silo is asked to dial another one.</summary>
    public Task StoppingAsync(CancellationToken cancellationToken)
    {
        _isStopping = true;
        lock (_lock)
        {
            foreach (var session in _sessions) session.GoAway("the gateway is restarting");
        }

        return Task.CompletedTask;
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private bool IsPeer(X509Certificate2? certificate, EndPoint? from)
    {
        if (certificates.TryCheck(certificate, LinkRole.Client, out _, out var reason)) return true;
        Refuse((from as IPEndPoint)?.Address, reason);
        return false;
    }

    private async Task<LinkHello?> HelloAsync(System.Net.WebSockets.WebSocket socket, string region, HttpContext http)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted);
        deadline.CancelAfter(HelloTimeout);
        try
        {
            if (await new LinkReceiver(socket, 4096).ReadAsync(deadline.Token).ConfigureAwait(false) is not { } frame) return null;
            var reader = new LinkReader(frame);
            if (reader.Type != LinkFrameType.Hello) throw new InvalidDataException($"it began with a frame of type {(byte)reader.Type} instead of hello");
            var hello = reader.Hello();
            if (hello.Region != region) throw new InvalidDataException($"its certificate names region '{region}' but it says it is '{hello.Region}'");
            if (!regions.Value.All.ContainsKey(region)) throw new InvalidDataException($"region '{region}' is not in Regions:All");
            return hello;
        }
        catch (Exception e) when (e is InvalidDataException or OperationCanceledException or System.Net.WebSockets.WebSocketException or IOException)
        {
            Refuse(http.Connection.RemoteIpAddress, e is OperationCanceledException ? "it said no hello in time" : e.Message);
            return null;
        }
    }

    private async Task ServeAsync(System.Net.WebSockets.WebSocket socket, LinkHello hello, HttpContext http)
    {
        var session = new LinkSession(_parts, socket, hello, http.RequestAborted);
        lock (_lock) _sessions.Add(session);
        metrics.Links(hello.Region, 1);
        Log.LinkOpened(logger, hello.Region, hello.Instance, http.Connection.RemoteIpAddress);
        try
        {
            var why = await session.RunAsync().ConfigureAwait(false);
            Log.LinkClosed(logger, hello.Region, hello.Instance, why);
        }
        finally
        {
            lock (_lock) _sessions.Remove(session);
            metrics.Links(hello.Region, -1);
        }
    }

    private void Refuse(IPAddress? from, string reason)
    {
        metrics.LinkRefused();
        if (_refusals.IsTime($"{from} {reason}")) Log.LinkPeerRefused(logger, from, reason);
    }
}
