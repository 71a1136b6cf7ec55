using System.Globalization;
using System.Net.Sockets;

namespace E2EEvents.Testing.Servers;

/// <summary>A real Varnish in front of a gateway, as a CDN stands there; unlike nginx it remembers that an answer may not be cached.</summary>
public sealed class VarnishServer : RealServer
{
    private const string ReadyPath = "/varnish-is-ready";

    /// <summary>Port of the gateway on 127.0.0.1.</summary>
    public required int OriginPort { get; init; }

    /// <inheritdoc/>
    protected override string Name => "varnish";

    /// <inheritdoc/>
    protected override string User => "vcache";

    /// <inheritdoc/>
    protected override string Executable => "varnishd";

    /// <inheritdoc/>
    protected override IEnumerable<string> Arguments =>
        ["-F", "-j", "none", "-n", $"{Folder}/n", "-a", Endpoint, "-f", $"{Folder}/d.vcl", "-s", "malloc,64m", "-T", "none", "-p", "pipe_timeout=3600"];

    /// <summary>Removing the cookie is right because no answer of the gateway depends on one.</summary>
    protected override void WriteConfiguration() => WriteFile("d.vcl", $$"""
        vcl 4.1; import std;
        backend origin { .host = "127.0.0.1"; .port = "{{OriginPort.ToString(CultureInfo.InvariantCulture)}}"; .between_bytes_timeout = 3600s; }
        sub vcl_recv {
            if (req.url == "{{ReadyPath}}") { return (synth(204)); }
            if (req.http.upgrade ~ "(?i)websocket" || req.url ~ "^/(topics/[^/]+/[^/]+/)?events(\?|$)") { return (pipe); }
            if (req.method != "GET" && req.method != "HEAD") { return (pass); }
            unset req.http.Cookie;
            return (hash);
        }
        sub vcl_pipe {
            if (req.http.upgrade) { set bereq.http.upgrade = req.http.upgrade; set bereq.http.connection = req.http.connection; }
            else { set bereq.http.connection = "close"; }
            return (pipe);
        }
        sub vcl_backend_response {
            if (beresp.http.Cache-Control ~ "(?i)(private|no-store)") { set beresp.uncacheable = true; set beresp.ttl = 120s; return (deliver); }
            if (beresp.http.Cache-Control ~ "stale-while-revalidate=[0-9]+") {
                set beresp.grace = std.duration(regsub(beresp.http.Cache-Control, "^.*stale-while-revalidate=([0-9]+).*$", "\1s"), 10s);
            }
            set beresp.keep = 60s;
            if (beresp.status >= 500 && bereq.is_bgfetch) { return (abandon); }
        }

        """);

    /// <inheritdoc/>
    protected override Task<bool> CheckAsync(NetworkStream stream, CancellationToken cancellationToken) =>
        ProtocolChecks.HttpAsync(stream, ReadyPath, 204, cancellationToken);
}
