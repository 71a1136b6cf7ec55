using System.Net;
using System.Net.Sockets;

namespace E2EEvents.Testing.Processes;

/// <summary>
/// Ports for servers under test. They lie below the range from which the system takes ports for outgoing connections (32768 up on Linux),
/// so that a server can be restarted on its port: nothing grabs it in between.
/// </summary>
public static class FreePort
{
    private static readonly HashSet<int> Given = [];
    private static readonly Lock Lock = new();

    /// <summary>A port of the loopback address that nothing listens on and that was not given before.</summary>
    public static int Next()
    {
        lock (Lock)
        {
            for (var tries = 0; tries < 1000; tries++)
            {
                // The start is random, so that test runs side by side seldom meet.
                var port = Random.Shared.Next(12_000, 32_000);
                if (IsFree(port) && Given.Add(port)) return port;
            }
        }

        throw new InvalidOperationException("No free port between 12000 and 32000 was found in 1,000 tries.");
    }

    private static bool IsFree(int port)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
            socket.Listen();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
