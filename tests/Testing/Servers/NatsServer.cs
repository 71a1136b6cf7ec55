using System.Globalization;
using System.Net.Sockets;

namespace E2EEvents.Testing.Servers;

/// <summary>A real NATS server with JetStream.</summary>
public sealed class NatsServer : RealServer
{
    /// <inheritdoc/>
    protected override string Name => "nats";

    /// <inheritdoc/>
    protected override string Executable => "nats-server";

    /// <inheritdoc/>
    protected override IEnumerable<string> Arguments =>
        ["-a", "127.0.0.1", "-p", Port.ToString(CultureInfo.InvariantCulture), "-js", "-sd", $"{Folder}/js"];

    /// <inheritdoc/>
    protected override async Task<bool> CheckAsync(NetworkStream stream, CancellationToken cancellationToken)
    {
        var info = await ProtocolChecks.ReadSomeAsync(stream, cancellationToken);
        if (!info.StartsWith("INFO {", StringComparison.Ordinal)) return false;
        var answer = await ProtocolChecks.AskAsync(stream, "CONNECT {\"verbose\":false}\r\nPING\r\n", cancellationToken);
        return answer.StartsWith("PONG", StringComparison.Ordinal);
    }
}
