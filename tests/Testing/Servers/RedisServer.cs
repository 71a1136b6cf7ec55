using System.Globalization;
using System.Net.Sockets;

namespace E2EEvents.Testing.Servers;

/// <summary>When Redis writes its append-only file to disk.</summary>
public enum RedisPersistence
{
    /// <summary>No file at all: a restart is empty.</summary>
    None,

    /// <summary>Once a second.</summary>
    EverySecond,

    /// <summary>Before each answer: what was acknowledged is there after a crash.</summary>
    Always,
}

/// <summary>A real Redis.</summary>
public sealed class RedisServer : RealServer
{
    /// <summary>Default: <see cref="RedisPersistence.Always"/>.</summary>
    public RedisPersistence Persistence { get; init; } = RedisPersistence.Always;

    /// <summary>More settings as on the command line, e.g. <c>--notify-keyspace-events KEA</c>.</summary>
    public string[] Settings { get; init; } = [];

    /// <summary>Sends an inline command and gives the beginning of the answer, as Redis wrote it.</summary>
    public Task<string> AskAsync(string command, CancellationToken cancellationToken) => ProtocolChecks.AskAsync(Port, command, cancellationToken);

    /// <inheritdoc/>
    protected override string Name => "redis";

    /// <inheritdoc/>
    protected override string Executable => "redis-server";

    /// <inheritdoc/>
    protected override IEnumerable<string> Arguments =>
    [
        "--port", Port.ToString(CultureInfo.InvariantCulture), "--bind", "127.0.0.1", "--dir", Folder, "--save", "", "--daemonize", "no",
        "--maxmemory-policy", "noeviction",
        "--appendonly", Persistence == RedisPersistence.None ? "no" : "yes",
        "--appendfsync", Persistence == RedisPersistence.Always ? "always" : "everysec",
        .. Settings,
    ];

    /// <inheritdoc/>
    protected override async Task<bool> CheckAsync(NetworkStream stream, CancellationToken cancellationToken) =>
        (await ProtocolChecks.AskAsync(stream, "PING\r\n", cancellationToken)).StartsWith("+PONG", StringComparison.Ordinal); // -LOADING while it reads its file
}
