using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using E2EEvents.Testing.Processes;
using E2EEvents.Testing.Servers;

namespace E2EEvents.Load.Peers.Servers;

/// <summary>A server of somebody else's, as a process on given cores.</summary>
/// <param name="cores">As taskset reads them; null = anywhere.</param>
internal abstract class PeerServer(string? cores) : RealServer, IPeer
{
    private readonly int _second = FreePort.Next();

    public Uri Url => new($"http://127.0.0.1:{ClientPort}");

    /// <summary>Where subscribers go.</summary>
    public virtual int ClientPort => Port;

    public virtual int FeedPort => _second;

    /// <summary>A second port beside <see cref="RealServer.Port"/>.</summary>
    protected string SecondPort => _second.ToString(CultureInfo.InvariantCulture);

    protected string FirstPort => Port.ToString(CultureInfo.InvariantCulture);

    protected abstract string Program { get; }

    protected abstract IEnumerable<string> ProgramArguments { get; }

    protected override string Executable => cores is null ? Program : "taskset";

    protected override IEnumerable<string> Arguments => cores is null ? ProgramArguments : ["-c", cores, Program, .. ProgramArguments];

    /// <summary>True once it answers on its first port and listens on the second, if it has one.</summary>
    protected override async Task<bool> CheckAsync(NetworkStream stream, CancellationToken cancellationToken)
    {
        if (ClientPort != FeedPort)
        {
            using var second = new TcpClient();
            await second.ConnectAsync(IPAddress.Loopback, _second, cancellationToken);
        }

        await stream.WriteAsync(Question, cancellationToken);
        var buffer = new byte[1024];
        var read = await stream.ReadAsync(buffer, cancellationToken);
        return buffer.AsSpan(0, read).StartsWith(Reply);
    }

    /// <summary>What is asked on the first port, and how the answer begins.</summary>
    protected virtual byte[] Question => Encoding.ASCII.GetBytes("GET /ready HTTP/1.1\r\nHost: load\r\nConnection: close\r\n\r\n");

    /// <inheritdoc cref="Question"/>
    protected virtual byte[] Reply => Encoding.ASCII.GetBytes("HTTP/1.1 ");

    /// <summary>Text of a file that is built into this program.</summary>
    protected static string Source(string name)
    {
        using var reader = new StreamReader(typeof(PeerServer).Assembly.GetManifestResourceStream("peers/" + name)!);
        return reader.ReadToEnd();
    }
}
