namespace E2EEvents.Load.Peers.Servers;

/// <summary>nginx with nchan, one worker; several topics of one subscriber are nchan's multiplexed channels.</summary>
internal sealed class NchanPeer(string? cores, string module) : PeerServer(cores)
{
    public override int FeedPort => Port;

    protected override string Name => "nginx";

    /// <summary>nchan has nginx make its compiled-in folders, whatever the configuration says; the worker is nobody's.</summary>
    protected override string User => "root";

    protected override string Program => "nginx";

    protected override IEnumerable<string> ProgramArguments => ["-e", "stderr", "-p", Folder, "-c", $"{Folder}/n.conf"];

    protected override void WriteConfiguration() => WriteFile("n.conf", $$"""
        load_module {{module}};
        daemon off; {{(Environment.IsPrivilegedProcess ? "user nobody nogroup;" : "")}} worker_processes 1; pid {{Folder}}/pid; error_log stderr error;
        events { worker_connections 100000; }
        http {
            access_log off; client_body_temp_path {{Folder}}/b; proxy_temp_path {{Folder}}/p; fastcgi_temp_path {{Folder}}/f; uwsgi_temp_path {{Folder}}/u; scgi_temp_path {{Folder}}/s;
            nchan_shared_memory_size 128m; keepalive_requests 1000000000; tcp_nodelay on;
            server {
                listen 127.0.0.1:{{FirstPort}} backlog=4096;
                location = /sub { nchan_subscriber websocket; nchan_channel_id $arg_topics; nchan_channel_id_split_delimiter ","; nchan_subscriber_first_message newest; }
                location = /pub { nchan_publisher http; nchan_channel_id $arg_topic; }
                location = /ready { return 204; }
            }
        }

        """);
}
