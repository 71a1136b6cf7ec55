using System.Globalization;
using E2EEvents.Testing.Processes;

namespace E2EEvents.Testing.Faults;

/// <summary>
/// A Linux network namespace: a machine of its own as far as the network goes. Two cables lead to it: one for the tests (its clients, its
/// Redis), which always works, and one called WAN for links between regions, which <see cref="CutAsync"/> takes away in silence, as the kernel does it.
/// </summary>
public sealed class NetworkNamespace : IAsyncDisposable
{
    private static int _count;
    private readonly string _id;
    private readonly string _net;
    private bool _isCut;
    private bool _isDeaf;

    private NetworkNamespace(string id, string net) => (_id, _net) = (id, net);

    /// <summary>Address of processes in it, as the tests see them.</summary>
    public string Address => _net + ".2";

    /// <summary>Address of the tests' side on the cable that always works.</summary>
    public string HostAddress => _net + ".1";

    /// <summary>Address of the tests' side on the WAN cable.</summary>
    public string WanHostAddress => _net + ".5";

    /// <summary>Words before a command that make it run in the namespace.</summary>
    internal string[] Command => ["ip", "netns", "exec", _id];

    /// <summary>Makes one.</summary>
    /// <returns>It, or null and the reason why this machine cannot make one.</returns>
    public static async Task<(NetworkNamespace? Network, string Reason)> TryCreateAsync()
    {
        if (!OperatingSystem.IsLinux()) return (null, "network namespaces are Linux's");
        if (!Environment.IsPrivilegedProcess) return (null, "making a network namespace needs root");
        // Host names may have 15 characters; the net is random so that runs side by side seldom meet.
        var id = $"e2e{Environment.ProcessId % 100_000}-{Interlocked.Increment(ref _count)}";
        var made = new NetworkNamespace(id, $"10.{Random.Shared.Next(64, 128)}.{Random.Shared.Next(256)}");
        try
        {
            await made.MakeAsync();
            return (made, "");
        }
        catch (InvalidOperationException e)
        {
            await made.DisposeAsync();
            return (null, "this machine makes no network namespaces: " + e.Message.ReplaceLineEndings(" "));
        }
    }

    /// <summary>Takes the WAN cable away: nothing arrives any more, in either direction, and nobody is told.</summary>
    public Task CutAsync()
    {
        _isCut = true;
        return IpAsync("link", "set", Wan, "down");
    }

    /// <summary>Drops what arrives over the WAN in the namespace; what it sends still gets out: half a cut.</summary>
    public Task DeafenAsync()
    {
        _isDeaf = true;
        return ChildProcess.RunAsync("ip", ["netns", "exec", _id, "iptables", "-A", "INPUT", "-i", "wan", "-j", "DROP"], null, "/");
    }

    /// <summary>Undoes <see cref="CutAsync"/> and <see cref="DeafenAsync"/>.</summary>
    public async Task HealAsync()
    {
        if (_isCut) await IpAsync("link", "set", Wan, "up");
        if (_isDeaf) await ChildProcess.RunAsync("ip", ["netns", "exec", _id, "iptables", "-F", "INPUT"], null, "/");
        (_isCut, _isDeaf) = (false, false);
    }

    /// <summary>Deletes it; end the processes in it first.</summary>
    public async ValueTask DisposeAsync()
    {
        // Cables explicitly: a namespace with a process in it outlives its name, and so would they.
        await QuietlyAsync("link", "del", Lan);
        await QuietlyAsync("link", "del", Wan);
        await QuietlyAsync("netns", "del", _id);
    }

    private string Lan => "l" + _id;

    private string Wan => "w" + _id;

    private async Task MakeAsync()
    {
        await IpAsync("netns", "add", _id);
        await CableAsync(Lan, "lan", 0);
        await CableAsync(Wan, "wan", 4);
        await IpAsync("-n", _id, "link", "set", "lo", "up");
    }

    private async Task CableAsync(string outside, string inside, int net)
    {
        await IpAsync("link", "add", outside, "type", "veth", "peer", "name", inside, "netns", _id);
        await IpAsync("addr", "add", $"{_net}.{(net + 1).ToString(CultureInfo.InvariantCulture)}/30", "dev", outside);
        await IpAsync("-n", _id, "addr", "add", $"{_net}.{(net + 2).ToString(CultureInfo.InvariantCulture)}/30", "dev", inside);
        await IpAsync("link", "set", outside, "up");
        await IpAsync("-n", _id, "link", "set", inside, "up");
    }

    private static async Task QuietlyAsync(params string[] arguments)
    {
        try
        {
            await IpAsync(arguments);
        }
        catch (InvalidOperationException)
        {
            // It was never made, or went with the other end.
        }
    }

    private static Task IpAsync(params string[] arguments) => ChildProcess.RunAsync("ip", arguments, null, "/");
}
