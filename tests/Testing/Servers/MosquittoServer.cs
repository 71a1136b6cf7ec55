using System.Globalization;
using System.Net.Sockets;

namespace E2EEvents.Testing.Servers;

/// <summary>A real Mosquitto (MQTT 3.1.1 and 5), open to anybody, keeping nothing over a restart.</summary>
public sealed class MosquittoServer : RealServer
{
    /// <inheritdoc/>
    protected override string Name => "mosquitto";

    /// <inheritdoc/>
    protected override string Executable => "mosquitto";

    /// <inheritdoc/>
    protected override IEnumerable<string> Arguments => ["-c", $"{Folder}/m.conf"];

    /// <inheritdoc/>
    protected override void WriteConfiguration() =>
        WriteFile("m.conf", $"listener {Port.ToString(CultureInfo.InvariantCulture)} 127.0.0.1\nallow_anonymous true\npersistence false\n");

    /// <summary>CONNECT of MQTT 3.1.1 with client id <c>ready</c>, answered by CONNACK 0.</summary>
    protected override async Task<bool> CheckAsync(NetworkStream stream, CancellationToken cancellationToken)
    {
        byte[] connect = [0x10, 17, 0, 4, .. "MQTT"u8, 4, 2, 0, 60, 0, 5, .. "ready"u8];
        await stream.WriteAsync(connect, cancellationToken);
        return await ProtocolChecks.ReadSomeAsync(stream, cancellationToken) == "\x20\x02\0\0";
    }
}
