namespace E2EEvents.EdgeGateway.Fanout;

/// <summary>Whether a topic is stale, and how streams are told, encoded once per format.</summary>
internal sealed class Freshness(string topic, bool isStale)
{
    private readonly byte[]?[] _encodings = new byte[]?[Envelope.Formats];

    public bool IsStale { get; } = isStale;

    public byte[] Bytes(WireFormat format) => _encodings[(int)format] ??= Envelope.EncodeFreshness(format, topic, IsStale);
}
