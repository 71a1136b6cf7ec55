using E2EEvents.EdgeGateway.Fanout;

namespace E2EEvents.EdgeGateway.Transports.WebSocket;

/// <summary>What a WebSocket client says: pings, pongs and goodbye. Anything else has the connection closed, once; then only its goodbye counts.</summary>
internal sealed class ClientFrames(int maxFrameBytes)
{
    private readonly WebSocketReader _reader = new(maxFrameBytes);

    /// <summary>The connection is being closed for what the client sent.</summary>
    public bool IsRefused { get; private set; }

    /// <summary>Nothing is remembered: any other connection may use it.</summary>
    public bool IsEmpty => !IsRefused && _reader.IsEmpty;

    /// <summary>Takes bytes as they arrived; false after the client's goodbye, when nothing more may come.</summary>
    public bool Take(Connection connection, ReadOnlySpan<byte> bytes)
    {
        _reader.Feed(bytes);
        while (true)
        {
            switch (_reader.Read())
            {
                case WebSocketInput.Incomplete:
                    return true;
                case WebSocketInput.Malformed:
                    return Refuse(connection, CloseReason.ProtocolError);
                case WebSocketInput.TooBig:
                    return Refuse(connection, CloseReason.TooBig);
                default:
                    if (!TakeFrame(connection)) return false;
                    break;
            }
        }
    }

    private bool TakeFrame(Connection connection)
    {
        var payload = _reader.Payload.Span;
        switch (_reader.Opcode)
        {
            case WebSocketOpcode.Ping:
                if (!IsRefused) connection.Worker!.AnswerPing(connection, WebSocketFrames.Pong(payload));
                return true;
            case WebSocketOpcode.Pong:
                connection.Ponged();
                return true;
            case WebSocketOpcode.Close:
                if (WebSocketFrames.CloseReply(payload) is not { } reply) return Refuse(connection, CloseReason.ProtocolError);
                connection.Worker!.Leave(connection, reply);
                return false;
            default:
                return Refuse(connection, CloseReason.UnexpectedFrame);
        }
    }

    /// <returns>True: reading goes on, so that the client can say goodbye in its turn.</returns>
    private bool Refuse(Connection connection, CloseReason reason)
    {
        if (IsRefused) return true;
        IsRefused = true;
        connection.Worker!.Post(new Work(WorkKind.Close, connection, reason));
        return true;
    }
}
