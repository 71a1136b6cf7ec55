using System.Globalization;
using System.Net.Sockets;
using E2EEvents.Testing.Processes;

namespace E2EEvents.Testing.Servers;

/// <summary>A real PostgreSQL with logical decoding. User postgres, no password.</summary>
public sealed class PostgresServer : DatabaseServer
{
    /// <inheritdoc/>
    public override string ConnectionString => $"Host=127.0.0.1;Port={Port.ToString(CultureInfo.InvariantCulture)};Username=postgres;Database=postgres";

    /// <inheritdoc/>
    protected override string Name => "postgres";

    /// <inheritdoc/>
    protected override string User => "postgres"; // it refuses to run as nobody's better, root

    /// <inheritdoc/>
    protected override string Executable => "postgres";

    /// <summary>INT is its fast stop; TERM would wait for the clients.</summary>
    protected override int StopSignal => ProcessLauncher.SigInt;

    /// <inheritdoc/>
    protected override IEnumerable<string> Arguments =>
    [
        "-D", $"{Folder}/d", "-p", Port.ToString(CultureInfo.InvariantCulture), "-h", "127.0.0.1", "-k", Folder, "-c", "wal_level=logical",
        "-c", "max_wal_senders=10", "-c", "max_replication_slots=10", "-c", "wal_sender_timeout=10s", "-c", Durable ? "fsync=on" : "fsync=off",
    ];

    /// <inheritdoc/>
    protected override Task PrepareAsync() =>
        RunToolAsync("initdb", "-D", $"{Folder}/d", "-U", "postgres", "-A", "trust", "--no-sync", "--no-instructions", "--locale=C.UTF-8", "-E", "UTF8");

    /// <summary>Logs in: a start-up packet of protocol 3.0 is answered by R (authentication) with 0, or E while the server recovers.</summary>
    protected override async Task<bool> CheckAsync(NetworkStream stream, CancellationToken cancellationToken)
    {
        byte[] start = [0, 0, 0, 0, 0, 3, 0, 0, .. "user\0postgres\0database\0postgres\0\0"u8];
        start[3] = (byte)start.Length;
        await stream.WriteAsync(start, cancellationToken);
        var answer = await ProtocolChecks.ReadSomeAsync(stream, cancellationToken);
        return answer.StartsWith("R\0\0\0\b\0\0\0\0", StringComparison.Ordinal);
    }
}
