namespace E2EEvents.Load.Clients;

/// <summary>A raw WebSocket: upgrade, then one envelope per text frame; answers pings.</summary>
internal sealed class WebSocketConnection(ClientLoop loop, int number) : ClientConnection(loop, number)
{
    private bool _upgraded;

    protected override void Begin() => SendUpgrade(Loop.Topics.StreamPathOf(Number, "ws", Loop.Query));

    protected override int Take(ReadOnlySpan<byte> bytes)
    {
        var used = 0;
        if (!_upgraded)
        {
            used = TakeUpgrade(bytes);
            if (used == 0) return IsOpen ? 0 : bytes.Length;
            _upgraded = true;
        }

        while (IsOpen)
        {
            var taken = TakeFrame(bytes[used..]);
            if (taken == 0) break;
            used += taken;
        }

        return used;
    }

    /// <returns>Bytes of the frame; 0 = incomplete.</returns>
    private int TakeFrame(ReadOnlySpan<byte> bytes)
    {
        if (!ServerFrame.TryRead(bytes, out var frame)) return 0;
        switch (frame.First)
        {
            case 0x80 | (byte)WebSocketOpcode.Text:
                TakeEnvelope(frame.Payload);
                break;
            case 0x80 | (byte)WebSocketOpcode.Ping:
                Send(ClientFrame.Of(WebSocketOpcode.Pong, frame.Payload));
                break;
            case 0x80 | (byte)WebSocketOpcode.Close:
                Lose(frame.CloseReason);
                break;
            default:
                Loop.Figures.Malformed++;
                break;
        }

        return frame.Bytes;
    }
}
