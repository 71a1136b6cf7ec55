using System.Globalization;
using System.Net.Sockets;
using E2EEvents.Testing.Processes;

namespace E2EEvents.Testing.Servers;

/// <summary>A real nginx in front of a gateway, as a CDN stands there: it caches what may be cached, collapses requests, and passes streams.</summary>
public sealed class NginxServer : RealServer
{
    private const string ReadyPath = "/nginx-is-ready";

    /// <summary>Port of the gateway on 127.0.0.1.</summary>
    public required int OriginPort { get; init; }

    /// <summary>The <c>location</c> blocks. Default: streams are passed unbuffered, everything else is cached as its headers say.</summary>
    public string Locations { get; init; } = """
        location ~ ^/(topics/[^/]+/[^/]+/ws|ws)$ {
            proxy_pass http://origin; proxy_set_header Host $host; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $connection_upgrade;
            proxy_read_timeout 75s; proxy_buffering off;
        }
        location ~ ^/(topics/[^/]+/[^/]+/events|events)$ {
            proxy_pass http://origin; proxy_set_header Host $host; proxy_set_header Connection ""; proxy_buffering off; proxy_cache off; proxy_read_timeout 1h;
        }
        location / {
            proxy_pass http://origin; proxy_set_header Host $host; proxy_set_header Connection "";
            proxy_cache c; proxy_cache_key $scheme$host$request_uri; proxy_cache_lock on; proxy_cache_lock_timeout 5s; proxy_cache_lock_age 5s;
            proxy_cache_revalidate on; proxy_cache_background_update on;
            proxy_cache_use_stale updating error timeout http_500 http_502 http_503 http_504; add_header X-Cache $upstream_cache_status always;
        }
        """;

    /// <inheritdoc/>
    protected override string Name => "nginx";

    /// <inheritdoc/>
    protected override string Executable => "nginx";

    /// <inheritdoc/>
    protected override int StopSignal => ProcessLauncher.SigQuit;

    /// <inheritdoc/>
    protected override IEnumerable<string> Arguments => ["-e", "stderr", "-p", Folder, "-c", $"{Folder}/n.conf"];

    /// <summary>One process without a master: workers would outlive a killed master.</summary>
    protected override void WriteConfiguration() => WriteFile("n.conf", $$"""
        daemon off; master_process off; pid {{Folder}}/pid; events { }
        http {
            access_log off; client_body_temp_path {{Folder}}/b; proxy_temp_path {{Folder}}/p; fastcgi_temp_path {{Folder}}/f; uwsgi_temp_path {{Folder}}/u; scgi_temp_path {{Folder}}/s;
            proxy_cache_path {{Folder}}/cache keys_zone=c:10m max_size=100m use_temp_path=off; proxy_http_version 1.1;
            map $http_upgrade $connection_upgrade { default upgrade; '' ''; }
            upstream origin { server 127.0.0.1:{{OriginPort.ToString(CultureInfo.InvariantCulture)}}; keepalive 32; }
            server {
                listen 127.0.0.1:{{Port.ToString(CultureInfo.InvariantCulture)}};
                location = {{ReadyPath}} { return 204; }
        {{Locations}}
            }
        }

        """);

    /// <inheritdoc/>
    protected override Task<bool> CheckAsync(NetworkStream stream, CancellationToken cancellationToken) =>
        ProtocolChecks.HttpAsync(stream, ReadyPath, 204, cancellationToken);
}
