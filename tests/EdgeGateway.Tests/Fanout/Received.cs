using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using E2EEvents.EdgeGateway.Fanout;
using E2EEvents.Testing.Clients;
using ClientEnvelope = E2EEvents.Testing.Clients.ReceivedEnvelope;

namespace E2EEvents.EdgeGateway.Tests.Fanout;

/// <summary>One thing that a client got: <c>change</c>, <c>stale</c>, <c>fresh</c>, <c>close</c>, <c>ping</c>, <c>pong</c>, <c>comment</c> or <c>ids</c>.</summary>
internal sealed record Received(string Name, string Text)
{
    public ClientEnvelope Envelope => ClientEnvelope.Parse(Text);

    /// <summary>Takes a client's bytes apart; fails on anything that is not whole.</summary>
    public static List<Received> Parse(View view, ReadOnlySpan<byte> bytes)
    {
        if (view.Format == WireFormat.WebSocket) return ParseFrames(bytes);
        return ParseEvents(view.Compressor is null ? bytes : Inflate(bytes));
    }

    /// <summary>What pieces of DEFLATE say; fails where one of them is broken.</summary>
    public static byte[] Inflate(ReadOnlySpan<byte> pieces)
    {
        byte[] whole = [.. pieces, 3, 0]; // an empty last block
        using var inflater = new DeflateStream(new MemoryStream(whole), CompressionMode.Decompress);
        var bytes = new MemoryStream();
        inflater.CopyTo(bytes);
        return bytes.ToArray();
    }

    private static List<Received> ParseFrames(ReadOnlySpan<byte> bytes)
    {
        var all = new List<Received>();
        var texts = new Queue<string>();
        foreach (var text in CompressedTexts(bytes)) texts.Enqueue(text);
        while (bytes.Length > 0)
        {
            var (header, length) = bytes[1] switch
            {
                127 => (10, (int)BinaryPrimitives.ReadUInt64BigEndian(bytes[2..])),
                126 => (4, BinaryPrimitives.ReadUInt16BigEndian(bytes[2..])),
                _ => (2, bytes[1]),
            };
            var payload = bytes.Slice(header, length);
            all.Add(bytes[0] switch
            {
                0x81 => OfText(Encoding.UTF8.GetString(payload)),
                0xc1 => OfText(texts.Dequeue()),
                0x88 => new Received("close", $"{BinaryPrimitives.ReadUInt16BigEndian(payload)} {Encoding.UTF8.GetString(payload[2..])}"),
                0x89 => new Received("ping", ""),
                0x8a => new Received("pong", Encoding.UTF8.GetString(payload)),
                var other => throw new FormatException($"A server sends no frame that begins with {other:x2}."),
            });
            bytes = bytes[(header + length)..];
        }

        return all;
    }

    /// <summary>What the compressed messages say. They may refer to those before them, so all are inflated as one; each is one JSON value.</summary>
    private static List<string> CompressedTexts(ReadOnlySpan<byte> frames)
    {
        var pieces = new List<byte>();
        while (frames.Length > 0)
        {
            var (header, length) = frames[1] switch
            {
                127 => (10, (int)BinaryPrimitives.ReadUInt64BigEndian(frames[2..])),
                126 => (4, BinaryPrimitives.ReadUInt16BigEndian(frames[2..])),
                _ => (2, frames[1]),
            };
            if (frames[0] == 0xc1) pieces.AddRange([.. frames.Slice(header, length), 0, 0, 0xff, 0xff]);
            frames = frames[(header + length)..];
        }

        var all = new List<string>();
        if (pieces.Count == 0) return all;
        ReadOnlySpan<byte> json = Inflate([.. pieces]);
        while (json.Length > 0)
        {
            var reader = new Utf8JsonReader(json);
            Assert.True(reader.Read() && reader.TrySkip());
            all.Add(Encoding.UTF8.GetString(json[..(int)reader.BytesConsumed]));
            json = json[(int)reader.BytesConsumed..];
        }

        return all;
    }

    private static Received OfText(string text) =>
        JsonNode.Parse(text)!["event"] is { } name ? new Received(name.GetValue<string>(), text) : new Received("change", text);

    private static List<Received> ParseEvents(ReadOnlySpan<byte> bytes)
    {
        var text = Encoding.UTF8.GetString(bytes);
        Assert.True(text.Length == 0 || text.EndsWith("\n\n", StringComparison.Ordinal), "The stream stops inside an event.");
        var all = new List<Received>();
        var parser = new SseParser();
        foreach (var line in text.Split('\n'))
        {
            var (comments, blocks) = (parser.Comments, parser.IdBlocks);
            var parsed = parser.Take(line);
            if (parser.Comments > comments) all.Add(new Received("comment", line));
            if (parser.IdBlocks > blocks) all.Add(new Received("ids", parser.LastEventId));
            if (parsed is null) continue;
            var json = JsonNode.Parse(parsed.Data)!;
            all.Add(parsed.Name switch
            {
                "message" => new Received("change", parsed.Data),
                "close" => new Received("close", $"{json["code"]} {json["reason"]}"),
                _ => new Received(parsed.Name, parsed.Data),
            });
        }

        return all;
    }
}
