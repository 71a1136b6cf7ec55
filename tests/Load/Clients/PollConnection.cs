using System.Text;

namespace E2EEvents.Load.Clients;

/// <summary>Plain polling of one topic's state at an interval, with its ETag. Sees the newest state only.</summary>
internal sealed class PollConnection(ClientLoop loop, int number) : ClientConnection(loop, number)
{
    private string _etag = "";

    protected override bool SeesEach => false;

    public override void OnTimer() => Ask();

    protected override void Begin() => Ask();

    protected override int Take(ReadOnlySpan<byte> bytes)
    {
        if (!HttpHead.TryRead(bytes, out var head) || bytes.Length < head.Bytes + Math.Max(0, head.ContentLength)) return 0;
        if (head.Status is not (200 or 304))
        {
            Lose($"refused: HTTP {head.Status}");
            return bytes.Length;
        }

        Loop.Answered();
        if (head.Status == 200)
        {
            _etag = Encoding.ASCII.GetString(HttpHead.ValueOf(bytes[..head.Bytes], "\r\nETag: "u8));
            TakeEnvelope(bytes.Slice(head.Bytes, head.ContentLength));
        }

        Loop.CallAt(this, Loop.PollEvery);
        return head.Bytes + Math.Max(0, head.ContentLength);
    }

    private void Ask() => Send(
        $"GET /topics/{Loop.Topics.NameOf(Loop.Topics.TopicOf(Number, 0))} HTTP/1.1\r\nHost: {Loop.Target.Host}\r\n" +
        (_etag.Length > 0 ? $"If-None-Match: {_etag}\r\n\r\n" : "\r\n"));
}
