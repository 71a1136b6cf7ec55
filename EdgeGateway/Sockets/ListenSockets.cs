using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace E2EEvents.EdgeGateway.Sockets;

/// <summary>Settings of the sockets that clients connect to; the kernel hands them on to every accepted one.</summary>
internal static class ListenSockets
{
    // Clients that come back all at once: beyond this queue the kernel drops connects, which are tried again after a whole second.
    // The default of 512 held half of 2,000 clients up by that; the kernel cuts the number to net.core.somaxconn.
    private const int Backlog = 16_384;

    // TCP_NOTSENT_LOWAT of linux/tcp.h. Without it the kernel took 2.8 MB for each client that did not read.
    private const int Tcp = 6;
    private const int NotSentLowWater = 25;

    public static void Configure(SocketTransportOptions sockets, int maxUnsentBytes)
    {
        sockets.Backlog = Backlog;
        if (!OperatingSystem.IsLinux()) return;
        sockets.CreateBoundListenSocket = endpoint =>
        {
            var socket = SocketTransportOptions.CreateDefaultBoundListenSocket(endpoint);
            if (socket.ProtocolType != System.Net.Sockets.ProtocolType.Tcp) return socket;
            Span<byte> value = stackalloc byte[sizeof(int)];
            BitConverter.TryWriteBytes(value, maxUnsentBytes);
            socket.SetRawSocketOption(Tcp, NotSentLowWater, value);
            return socket;
        };
    }
}
