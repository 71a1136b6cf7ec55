namespace E2EEvents.EdgeGateway.Fanout;

/// <summary>Whether a topic is stale, and how streams are told, encoded once per encoding.</summary>
internal sealed class Freshness(string topic, bool isStale)
{
    private readonly byte[]?[] _encodings = new byte[]?[View.Encodings];

    public bool IsStale { get; } = isStale;

    public byte[] Bytes(View view) => _encodings[view.Encoding] ??= view.Wrap(Envelope.EncodeFreshness(view.Format, topic, IsStale));
}
