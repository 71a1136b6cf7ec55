using System.Net;
using System.Net.Sockets;

namespace E2EEvents.Load.Clients;

/// <summary>The gateway that the connections go to, and the loopback addresses they come from: one address has some 28,000 ports.</summary>
internal sealed class Target
{
    private readonly int _sources;

    /// <param name="url">http://address:port; names are refused, the driver is for one machine.</param>
    /// <param name="sources">Source addresses 127.0.0.2 and up, 1 to 200.</param>
    /// <exception cref="ArgumentException">The URL is not on the loopback network.</exception>
    public Target(Uri url, int sources)
    {
        var name = url.Host == "localhost" ? "127.0.0.1" : url.Host;
        if (url.Scheme != "http" || !IPAddress.TryParse(name, out var address) || address.AddressFamily != AddressFamily.InterNetwork || !IPAddress.IsLoopback(address))
        {
            throw new ArgumentException($"{url} is no http://127.x.y.z:port; the driver measures servers of its own machine only.", nameof(url));
        }

        Address = ToNumber(address);
        Port = (ushort)url.Port;
        Host = $"{address}:{url.Port}";
        _sources = sources;
    }

    public uint Address { get; }

    public ushort Port { get; }

    /// <summary>Value of the Host header.</summary>
    public string Host { get; }

    public uint SourceOf(int connection) => 0x7F000002u + (uint)(connection % _sources);

    private static uint ToNumber(IPAddress address)
    {
        var bytes = address.GetAddressBytes();
        return ((uint)bytes[0] << 24) | ((uint)bytes[1] << 16) | ((uint)bytes[2] << 8) | bytes[3];
    }
}
