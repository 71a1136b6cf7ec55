using System.Globalization;
using System.Text.Json;
using E2EEvents.Load.Servers;
using E2EEvents.Testing.Processes;

namespace E2EEvents.Load.Peers.Servers;

/// <summary>A server that is a role of this program: our gateway, or a SignalR hub.</summary>
internal sealed class RolePeer : IPeer
{
    private readonly RoleProcess _role;

    private RolePeer(RoleProcess role, Ready ready, int feedPort) => (_role, Url, FeedPort, ProcessId) = (role, new Uri(ready.Url), feedPort, ready.Processes["gateway"]);

    public Uri Url { get; }

    public int FeedPort { get; }

    public int ProcessId { get; }

    /// <summary>Starts it and waits until it serves.</summary>
    /// <param name="words">Role and options; ports are added.</param>
    /// <param name="cores">As taskset reads them; null = anywhere.</param>
    /// <param name="settings">Configuration of the product, keys as in appsettings.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public static async Task<IPeer> StartAsync(IEnumerable<string> words, string? cores, IReadOnlyDictionary<string, string> settings, CancellationToken cancellationToken)
    {
        var feedPort = FreePort.Next();
        string[] arguments =
        [
            .. words, "--port", FreePort.Next().ToString(CultureInfo.InvariantCulture), "--feed-port", feedPort.ToString(CultureInfo.InvariantCulture),
        ];
        var (role, ready) = await RoleProcess.StartAsync(arguments, cores, cancellationToken, settings);
        return new RolePeer(role, ready.Deserialize<Ready>(JsonSerializerOptions.Web)!, feedPort);
    }

    public ValueTask DisposeAsync() => _role.DisposeAsync();
}
