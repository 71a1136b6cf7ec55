using System.Net;
using E2EEvents.EdgeGateway.Fanout;
using E2EEvents.EdgeGateway.Transports.Link;
using E2EEvents.Hosting;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.HostFiltering;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace E2EEvents.EdgeGateway.Sockets;

/// <summary>Listens in the web server's place where clients come over plain TCP, and there alone: not for https, operators or other regions.</summary>
internal sealed class DirectListenerFactory : IConnectionListenerFactory, IConnectionListenerFactorySelector
{
    private readonly Lazy<HashSet<EndPoint>> _endpoints; // looked at when something listens: by then all settings have been checked
    private readonly IOptions<SocketTransportOptions> _sockets;
    private readonly IServiceProvider _services; // the web server is made before settings are checked, and with it this factory: what reads settings is asked for later
    private readonly TimeProvider _time;
    private readonly ILoggerFactory _loggers;

    public DirectListenerFactory(
        IOptions<GatewayOptions> gateway, IOptions<FanoutOptions> fanout, IOptions<LinkOptions> link, IOptions<OperationsOptions> operations, IOptions<HostFilteringOptions> hosts,
        IOptions<SocketTransportOptions> sockets, IServiceProvider services, TimeProvider time, ILoggerFactory loggers)
    {
        (_sockets, _services, _time, _loggers) = (sockets, services, time, loggers);
        _endpoints = new Lazy<HashSet<EndPoint>>(() =>
        {
            var filtersHosts = hosts.Value.AllowedHosts is not ([] or ["*"]); // the web server's middleware does that
            if (!fanout.Value.UsesDirectSockets || filtersHosts) return [];
            var plain = EndpointsOf(gateway.Value.Urls, "http");
            plain.ExceptWith(EndpointsOf(gateway.Value.Urls, "https")); // the same address twice is one with a free port: whose it is cannot be told
            foreach (var urls in new[] { link.Value.Urls ?? "", operations.Value.Urls })
            {
                plain.ExceptWith(EndpointsOf(urls, "http"));
                plain.ExceptWith(EndpointsOf(urls, "https"));
            }

            return plain;
        });
    }

    public bool CanBind(EndPoint endpoint) => _endpoints.Value.Contains(endpoint);

    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
        ValueTask.FromResult<IConnectionListener>(DirectListener.Bind(endpoint, _sockets.Value, _services.GetRequiredService<DirectStreams>(), _time, _loggers));

    /// <summary>The addresses that <see cref="Process.AddUrls"/> makes of the text.</summary>
    private static HashSet<EndPoint> EndpointsOf(string urls, string scheme)
    {
        var endpoints = new HashSet<EndPoint>();
        foreach (var url in urls.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var uri = new Uri(url);
            if (uri.Scheme != scheme) continue;
            IPAddress[] addresses = uri.Host == "localhost" ? [IPAddress.Loopback, IPAddress.IPv6Loopback]
                : IPAddress.TryParse(uri.Host.Trim('[', ']'), out var address) ? [address]
                : [IPAddress.IPv6Any, IPAddress.Any];
            foreach (var one in addresses) endpoints.Add(new IPEndPoint(one, uri.Port));
        }

        return endpoints;
    }
}
