using System.Net.WebSockets;
using System.Security.Cryptography.X509Certificates;
using E2EEvents.Grains.Interfaces.Regions;

namespace E2EEvents.EndToEnd.Regions;

/// <summary>A connection to <c>/link</c> that says what it is told to say: for peers that do not behave.</summary>
internal sealed class RawLink : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private readonly ClientWebSocket _socket = new();
    private readonly CancellationTokenSource _over = new();
    private Task _pinging = Task.CompletedTask;

    private RawLink()
    {
    }

    /// <summary>True for the certificate that home should show.</summary>
    public static bool IsHome(X509Certificate? certificate) => certificate is X509Certificate2 given && given.MatchesHostname(StarWorld.Home + ".region");

    /// <summary>The TCP and TLS part and the upgrade.</summary>
    /// <exception cref="WebSocketException">Refused.</exception>
    public static async Task<RawLink> DialAsync(int port, X509Certificate2? certificate, CancellationToken cancellationToken)
    {
        var link = new RawLink();
        link._socket.Options.RemoteCertificateValidationCallback = (_, server, _, _) => IsHome(server); // of an authority that this machine does not know
        if (certificate is not null) link._socket.Options.ClientCertificates = [certificate];
        try
        {
            await link._socket.ConnectAsync(new Uri($"wss://127.0.0.1:{port}/link"), cancellationToken).WaitAsync(Limit, cancellationToken);
            return link;
        }
        catch
        {
            await link.DisposeAsync();
            throw;
        }
    }

    /// <summary>Dials as a region and says hello as that region.</summary>
    public static async Task<RawLink> OpenAsync(int port, X509Certificate2 certificate, string region, CancellationToken cancellationToken)
    {
        var link = await DialAsync(port, certificate, cancellationToken);
        await link.SendAsync(LinkFrames.Hello(new LinkHello(LinkFrames.Version, region, "test", 0)), cancellationToken);
        return link;
    }

    /// <summary>Gives signs of life from now on, as a decent dialler does; nothing else may be sent any more.</summary>
    public void Ping() => _pinging = PingAsync();

    public Task SendAsync(byte[] frame, CancellationToken cancellationToken, bool isEnd = true) => _socket.SendAsync(frame, WebSocketMessageType.Binary, isEnd, cancellationToken);

    /// <summary>Reads frames until one of them is <paramref name="wanted"/>; null when the other side ended the connection instead.</summary>
    public async Task<byte[]?> ReadAsync(Func<byte[], bool> wanted, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Limit);
        var messages = new LinkReceiver(_socket, LinkFrames.MaxFrameBytes);
        try
        {
            while (await messages.ReadAsync(limit.Token) is { } frame)
            {
                var bytes = frame.ToArray();
                if (wanted(bytes)) return bytes;
            }
        }
        catch (WebSocketException)
        {
            return null;
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            Assert.Fail($"The gateway neither answered nor ended the link within {Limit.TotalSeconds:0} s.");
        }

        return null;
    }

    /// <summary>True once the other side has ended the connection.</summary>
    public async Task<bool> IsEndedByPeerAsync(CancellationToken cancellationToken) => await ReadAsync(_ => false, cancellationToken) is null;

    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync();
        await _pinging;
        _socket.Dispose();
        _over.Dispose();
    }

    private async Task PingAsync()
    {
        try
        {
            for (var number = 1; ; number++)
            {
                await SendAsync(LinkFrames.Numbered(LinkFrameType.Ping, number), _over.Token);
                await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, _over.Token);
            }
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException)
        {
            // The connection is over.
        }
    }
}
