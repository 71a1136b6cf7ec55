using System.Globalization;
using System.Net.Sockets;

namespace E2EEvents.Testing.Servers;

/// <summary>A real MariaDB with a row-based binary log. User root over TCP, no password; an empty database <see cref="Schema"/>.</summary>
public sealed class MariaDbServer : DatabaseServer
{
    /// <summary>The database of <see cref="ConnectionString"/>.</summary>
    public const string Schema = "region";

    /// <inheritdoc/>
    public override string ConnectionString => $"Server=127.0.0.1;Port={Port.ToString(CultureInfo.InvariantCulture)};User ID=root;Database={Schema}";

    /// <inheritdoc/>
    protected override string Name => "mariadb";

    /// <inheritdoc/>
    protected override string Executable => "mariadbd";

    /// <inheritdoc/>
    protected override IEnumerable<string> Arguments =>
    [
        "--no-defaults", $"--datadir={Folder}/d", $"--tmpdir={Folder}/tmp", $"--socket={Folder}/s.sock", $"--pid-file={Folder}/pid",
        "--bind-address=127.0.0.1", "--port=" + Port.ToString(CultureInfo.InvariantCulture), "--skip-name-resolve", "--server-id=1",
        $"--log-bin={Folder}/d/bin", "--binlog-format=ROW", "--binlog-row-image=FULL", "--binlog-row-metadata=FULL", "--gtid-strict-mode=ON",
        "--innodb-buffer-pool-size=32M", "--innodb-log-file-size=8M",
        Durable ? "--innodb-flush-log-at-trx-commit=1" : "--innodb-flush-log-at-trx-commit=0", Durable ? "--sync-binlog=1" : "--sync-binlog=0",
    ];

    /// <inheritdoc/>
    protected override Task PrepareAsync()
    {
        Directory.CreateDirectory(Path.Combine(Folder, "tmp"));
        if (Environment.IsPrivilegedProcess) Processes.ProcessLauncher.GiveTo(Path.Combine(Folder, "tmp"), User);
        WriteFile("first.sql", $"CREATE DATABASE {Schema} CHARACTER SET utf8mb4;\n");
        return RunToolAsync(
            "mariadb-install-db", "--no-defaults", $"--datadir={Folder}/d", "--auth-root-authentication-method=normal", "--skip-test-db",
            "--skip-name-resolve", "--innodb-log-file-size=8M", $"--tmpdir={Folder}/tmp", $"--extra-file={Folder}/first.sql");
    }

    /// <summary>Logs in as root: a greeting in protocol 10, our login with an empty password, an OK.</summary>
    protected override async Task<bool> CheckAsync(NetworkStream stream, CancellationToken cancellationToken)
    {
        var greeting = await ProtocolChecks.ReadSomeAsync(stream, cancellationToken);
        if (greeting.Length < 5 || greeting[4] != 10) return false;
        // Length 3 bytes, number 1; then capabilities (protocol 4.1, secure connection), largest packet, charset, 23 zeros, user, empty password.
        byte[] login = [0, 0, 0, 1, 0x00, 0x82, 0x00, 0x00, 0, 0, 0, 1, 45, .. new byte[23], .. "root\0"u8, 0];
        login[0] = (byte)(login.Length - 4);
        await stream.WriteAsync(login, cancellationToken);
        var answer = await ProtocolChecks.ReadSomeAsync(stream, cancellationToken);
        return answer.Length > 4 && answer[4] == 0;
    }
}
