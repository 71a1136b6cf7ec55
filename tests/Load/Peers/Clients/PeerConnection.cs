using E2EEvents.Load.Clients;

namespace E2EEvents.Load.Peers.Clients;

/// <summary>One subscriber of any server: upgrade, subscribe, then count what arrives. Updates of a topic must come as 1, 2, 3…</summary>
internal sealed class PeerConnection(ClientLoop loop, int number, PeerProtocol protocol, Probe? probe) : SocketConnection(loop, number)
{
    private readonly long[] _numbers = new long[loop.Topics.PerConnection];
    private byte[] _rest = [];
    private bool _upgraded;
    private bool _joined;
    private int _states;

    public override bool HasJoined => _joined;

    public TopicSet Topics => Loop.Topics;

    /// <summary>Number of the last update of a topic; 0 = none yet.</summary>
    public long NumberOf(int slot) => _numbers[slot];

    public void SendFrame(WebSocketOpcode opcode, ReadOnlySpan<byte> payload) => Send(ClientFrame.Of(opcode, payload));

    /// <summary>The server has said that it subscribed to everything.</summary>
    public void HasSubscribed()
    {
        if (_joined) return;
        _joined = true;
        Joined();
    }

    /// <summary>The state of another of its topics has come.</summary>
    public void HasState()
    {
        if (++_states == _numbers.Length) HasSubscribed();
    }

    /// <summary>A message with an update has come; one without is an error.</summary>
    public void Arrived(ReadOnlySpan<byte> message)
    {
        if (!Update.TryFind(message, out var update))
        {
            Loop.Figures.Malformed++;
            return;
        }

        var first = Topics.TopicOf(Number, 0);
        var slot = (update.Topic - first + Topics.Count) % Topics.Count;
        if (slot >= _numbers.Length)
        {
            Loop.Figures.Malformed++;
            return;
        }

        ref var have = ref _numbers[slot];
        Loop.Figures.Judged(update.Number == have + 1 ? Verdict.Next : update.Number <= have ? Verdict.Repeat : Verdict.Hole);
        if (update.Number <= have) return;
        have = update.Number;
        Loop.Delivered(update.Due, 0);
        probe?.Saw(update.Number);
    }

    protected override void Begin() => SendUpgrade(protocol.PathOf(Topics, Number), protocol.Subprotocol);

    protected override int Take(ReadOnlySpan<byte> bytes)
    {
        var used = 0;
        if (!_upgraded)
        {
            used = TakeUpgrade(bytes);
            if (used == 0) return IsOpen ? 0 : bytes.Length;
            _upgraded = true;
            protocol.Upgraded(this);
        }

        while (IsOpen && ServerFrame.TryRead(bytes[used..], out var frame))
        {
            TakeFrame(frame);
            used += frame.Bytes;
        }

        return used;
    }

    private void TakeFrame(ServerFrame frame)
    {
        switch (frame.Opcode)
        {
            case WebSocketOpcode.Text or WebSocketOpcode.Binary or WebSocketOpcode.Continuation:
                TakeData(frame.Payload);
                break;
            case WebSocketOpcode.Ping:
                SendFrame(WebSocketOpcode.Pong, frame.Payload);
                break;
            case WebSocketOpcode.Close:
                Lose(frame.CloseReason);
                break;
            case WebSocketOpcode.Pong:
                break;
            default:
                Loop.Figures.Malformed++;
                break;
        }
    }

    /// <summary>Some protocols are a stream of bytes: what is incomplete waits for the next frame.</summary>
    private void TakeData(ReadOnlySpan<byte> payload)
    {
        if (_rest.Length > 0) payload = (byte[])[.. _rest, .. payload];
        var used = protocol.Take(this, payload);
        _rest = used == payload.Length ? [] : payload[used..].ToArray();
    }
}
