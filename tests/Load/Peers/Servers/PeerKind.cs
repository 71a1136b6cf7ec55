using System.Globalization;
using E2EEvents.Testing;

namespace E2EEvents.Load.Peers.Servers;

/// <summary>A line of the table: a server, how it is started, and why it cannot be had on this machine.</summary>
/// <param name="Label">In the table; unique.</param>
/// <param name="Name">Of the server: decides protocol and feed.</param>
/// <param name="Missing">What is missing and how to get it; null = it can be had.</param>
/// <param name="StartAsync">Starts it for one turn.</param>
internal sealed record PeerKind(string Label, string Name, string? Missing, Func<CancellationToken, Task<IPeer>> StartAsync)
{
    /// <summary>Our gateway, the one that ratios are of.</summary>
    public const string Gateway = "gateway";

    /// <summary>All names, in the order of the table.</summary>
    public static readonly string[] Names = [Gateway, "floor", "bun", "nchan", "nats", "mosquitto", "signalr"];

    private static readonly string[] Modules = ["/usr/lib/nginx/modules/ngx_nchan_module.so", "/usr/share/nginx/modules/ngx_nchan_module.so"];

    /// <summary>The lines that were asked for: our gateway once as it is and once for each set of settings, then the others.</summary>
    public static List<PeerKind> Of(PeersOptions options)
    {
        var kinds = new List<PeerKind>();
        foreach (var name in options.Peers)
        {
            kinds.Add(Of(name, options));
            if (name != Gateway) continue;
            foreach (var settings in options.ServerSettings) kinds.Add(OurGateway($"{Gateway} {Words(settings)}", options, settings));
        }

        return kinds;
    }

    private static PeerKind Of(string name, PeersOptions options)
    {
        var cores = options.ServerCores;
        return name switch
        {
            Gateway => OurGateway(Gateway, options, new Dictionary<string, string>()),
            "floor" => new(name, name, MissingProgram("gcc", "gcc libc6-dev"), token => StartedAsync(new FloorPeer(cores), token)),
            "bun" => new(name, name, Bun() is null ? "no bun on the PATH or below artifacts/peers; tests/Load/Peers/install gets it from the npm registry" : null, token => StartedAsync(new BunPeer(cores, Bun()!), token)),
            "nchan" => new(name, name, MissingProgram("nginx", "nginx") ?? (Module() is null ? "apt-get install libnginx-mod-nchan" : null), token => StartedAsync(new NchanPeer(cores, Module()!), token)),
            "nats" => new(name, name, MissingProgram("nats-server", "nats-server"), token => StartedAsync(new NatsPeer(cores), token)),
            "mosquitto" => new(name, name, MissingProgram("mosquitto", "mosquitto"), token => StartedAsync(new MosquittoPeer(cores), token)),
            _ => new(name, name, null, token => RolePeer.StartAsync(["serve-signalr"], cores, new Dictionary<string, string>(), token)),
        };
    }

    private static PeerKind OurGateway(string label, PeersOptions options, IReadOnlyDictionary<string, string> settings)
    {
        string[] words = ["serve-gateway", "--topics", options.Topics.ToString(CultureInfo.InvariantCulture), "--bytes", options.Bytes.ToString(CultureInfo.InvariantCulture)];
        return new(label, Gateway, null, token => RolePeer.StartAsync(words, options.ServerCores, settings, token));
    }

    private static async Task<IPeer> StartedAsync(PeerServer server, CancellationToken cancellationToken)
    {
        try
        {
            await server.StartAsync(cancellationToken);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    private static string Words(Dictionary<string, string> settings)
    {
        var words = new List<string>();
        foreach (var (key, value) in settings) words.Add($"{key[(key.LastIndexOf(':') + 1)..]}={value}");
        return string.Join(',', words);
    }

    private static string? MissingProgram(string program, string packages) => Find(program) is null ? $"apt-get install {packages}" : null;

    private static string? Module() => Array.Find(Modules, File.Exists);

    private static string? Bun()
    {
        if (Find("bun") is { } found) return found;
        var packages = Path.Combine(Artifacts.Folder, "peers", "node_modules", "@oven");
        if (!Directory.Exists(packages)) return null;
        foreach (var package in Directory.GetDirectories(packages))
        {
            if (Path.Combine(package, "bin", "bun") is var path && File.Exists(path)) return path;
        }

        return null;
    }

    private static string? Find(string program)
    {
        foreach (var folder in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries))
        {
            if (Path.Combine(folder, program) is var path && File.Exists(path)) return path;
        }

        return null;
    }
}
