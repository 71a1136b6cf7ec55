using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging;

namespace E2EEvents.EdgeGateway.Sockets;

/// <summary>One address of the gateway: what the acceptor does not keep comes out here as if the web server had accepted it itself.</summary>
internal sealed class DirectListener : IConnectionListener
{
    private readonly Socket _listener;
    private readonly Acceptor _acceptor;
    private readonly SocketConnectionContextFactory _contexts;
    private readonly Channel<Socket> _others = Channel.CreateUnbounded<Socket>(new UnboundedChannelOptions { SingleReader = true }); // bounded by the descriptors of the process

    private DirectListener(Socket listener, SocketTransportOptions options, DirectStreams streams, TimeProvider time, ILoggerFactory loggers)
    {
        _listener = listener;
        EndPoint = listener.LocalEndPoint!;
        _contexts = new SocketConnectionContextFactory(
            new SocketConnectionFactoryOptions
            {
                IOQueueCount = options.IOQueueCount,
                MaxReadBufferSize = options.MaxReadBufferSize,
                MaxWriteBufferSize = options.MaxWriteBufferSize,
                WaitForDataBeforeAllocatingBuffer = options.WaitForDataBeforeAllocatingBuffer,
                UnsafePreferInlineScheduling = options.UnsafePreferInlineScheduling,
            },
            loggers.CreateLogger("Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets"));
        _acceptor = new Acceptor(listener, streams.TryTakeAsync, GiveOn, AcceptorLimits.Default, time, loggers.CreateLogger<Acceptor>());
    }

    public EndPoint EndPoint { get; }

    /// <exception cref="AddressInUseException">Somebody else has the address.</exception>
    public static DirectListener Bind(EndPoint endpoint, SocketTransportOptions options, DirectStreams streams, TimeProvider time, ILoggerFactory loggers)
    {
        Socket listener;
        try
        {
            listener = options.CreateBoundListenSocket(endpoint);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            throw new AddressInUseException(e.Message, e);
        }

        try
        {
            listener.NoDelay = options.NoDelay; // as all its options, handed on to what it accepts
            listener.Blocking = false;
            listener.Listen(options.Backlog);
            var direct = new DirectListener(listener, options, streams, time, loggers);
            direct._acceptor.Start();
            return direct;
        }
        catch
        {
            listener.Dispose();
            throw;
        }
    }

    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        while (await _others.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false))
        {
            if (!_others.Reader.TryRead(out var socket)) continue;
            try
            {
                return _contexts.Create(socket);
            }
            catch (Exception e) when (e is not OutOfMemoryException) // gone already; and whatever else, the web server would accept nothing more
            {
                socket.Dispose();
            }
        }

        return null;
    }

    public async ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        await _acceptor.StopAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
        _acceptor.Dispose();
        _listener.Dispose();
        _others.Writer.TryComplete();
    }

    public async ValueTask DisposeAsync()
    {
        await UnbindAsync().ConfigureAwait(false);
        while (_others.Reader.TryRead(out var socket)) socket.Dispose();
        _contexts.Dispose();
    }

    private void GiveOn(int handle)
    {
        var safe = new SafeSocketHandle(handle, ownsHandle: true);
        try
        {
            var socket = new Socket(safe);
            if (!_others.Writer.TryWrite(socket)) socket.Dispose();
        }
        catch (Exception e) when (e is not OutOfMemoryException) // gone already; and whatever else, the acceptor's thread must live
        {
            safe.Dispose();
        }
    }
}
