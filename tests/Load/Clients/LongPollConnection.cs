using System.Text.Json;

namespace E2EEvents.Load.Clients;

/// <summary>Long polling of one topic on a kept connection: the state first, then what comes after it.</summary>
internal sealed class LongPollConnection(ClientLoop loop, int number) : ClientConnection(loop, number)
{
    private bool _hasState;

    protected override void Begin() => Send($"GET {Path} HTTP/1.1\r\nHost: {Loop.Target.Host}\r\n\r\n");

    protected override int Take(ReadOnlySpan<byte> bytes)
    {
        if (!HttpHead.TryRead(bytes, out var head) || bytes.Length < head.Bytes + Math.Max(0, head.ContentLength)) return 0;
        if (head.Status != 200 || head.ContentLength < 0)
        {
            Lose($"refused: HTTP {head.Status}");
            return bytes.Length;
        }

        Loop.Answered();
        var body = bytes.Slice(head.Bytes, head.ContentLength);
        if (_hasState) TakeChanges(body);
        else TakeEnvelope(body);
        _hasState = true;
        if (IsOpen) Send($"GET {Path}?after={PositionOf(0)}&wait=10s HTTP/1.1\r\nHost: {Loop.Target.Host}\r\n\r\n");
        return head.Bytes + head.ContentLength;
    }

    private string Path => $"/topics/{Loop.Topics.NameOf(Loop.Topics.TopicOf(Number, 0))}";

    private void TakeChanges(ReadOnlySpan<byte> body)
    {
        try
        {
            var reader = new Utf8JsonReader(body);
            while (reader.Read())
            {
                if (reader.TokenType != JsonTokenType.PropertyName || reader.CurrentDepth != 1) continue;
                if (!reader.ValueTextEquals("changes"u8)) continue;
                reader.Read();
                while (reader.Read() && reader.TokenType == JsonTokenType.StartObject)
                {
                    var start = (int)reader.TokenStartIndex;
                    reader.Skip();
                    TakeEnvelope(body[start..(int)reader.BytesConsumed]);
                }
            }
        }
        catch (JsonException)
        {
            Loop.Figures.Malformed++;
        }
    }
}
