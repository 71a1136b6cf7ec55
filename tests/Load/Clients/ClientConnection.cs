using System.Text.Json;

namespace E2EEvents.Load.Clients;

/// <summary>One client of the gateway: keeps its position in each topic and judges what arrives.</summary>
internal abstract class ClientConnection(ClientLoop loop, int number) : SocketConnection(loop, number)
{
    private readonly Position[] _positions = new Position[loop.Topics.PerConnection];
    private int _joined;

    /// <summary>All its topics have been told once.</summary>
    public override bool HasJoined => _joined == _positions.Length;

    /// <summary>True if a client on this transport sees each change of an every-kind topic.</summary>
    protected virtual bool SeesEach => true;

    public Position PositionOf(int slot) => _positions[slot];

    /// <summary>Judges and counts an envelope.</summary>
    protected void TakeEnvelope(ReadOnlySpan<byte> json)
    {
        try
        {
            if (!EnvelopeHead.TryRead(json, whole: false, out var head)) return;
            var slot = Loop.Topics.SlotOf(Number, head.Topic);
            if (slot < 0)
            {
                Loop.Figures.Malformed++;
                return;
            }

            Judge(json, slot, head);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            Loop.Figures.Malformed++;
        }
    }

    private void Judge(ReadOnlySpan<byte> json, int slot, EnvelopeHead head)
    {
        var every = SeesEach && Loop.Topics.Delivery == Delivery.Every;
        ref var have = ref _positions[slot];
        if (!SeesEach && head.Position == have) return; // the same state under another tag, as when it went stale
        var verdict = Laws.Judge(have, head.Position, head.Gap, every);
        if (verdict >= Verdict.Hole && EnvelopeHead.TryRead(json, whole: true, out head)) verdict = Laws.Judge(have, head.Position, head.Gap, every);
        Loop.Figures.Judged(verdict);
        if (verdict == Verdict.Repeat) return;
        have = head.Position;
        Loop.Delivered(head.HomeTime, head.OriginTime);
        if (verdict != Verdict.First) return;
        _joined++;
        if (HasJoined) Joined();
    }
}
