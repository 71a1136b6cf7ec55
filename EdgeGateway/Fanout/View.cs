namespace E2EEvents.EdgeGateway.Fanout;

/// <summary>What a connection sees of its topics, and how that is written to it. Immutable; each topic counts in <see cref="Selections"/> who takes what of it.</summary>
/// <param name="format">How changes are written.</param>
/// <param name="deltas">Merge patches where the client has what they build on.</param>
/// <param name="fields">Top-level members of the states; null = all.</param>
/// <param name="compressor">Of a client that takes compressed updates; null = it takes none.</param>
/// <param name="interval">Milliseconds between updates of a latest-kind topic at least; 0 = as they come.</param>
/// <param name="continues">Compressed updates may refer to the one before them, where that is what the connection was sent last.</param>
internal sealed class View(WireFormat format, bool deltas = false, FieldSet? fields = null, Compressor? compressor = null, int interval = 0, bool continues = false)
{
    /// <summary>Views there are of the same fields, for tables by <see cref="Place"/>.</summary>
    public const int Places = Envelope.Formats * 6;

    /// <summary>Encodings there are, for tables by <see cref="Encoding"/>.</summary>
    public const int Encodings = Envelope.Formats * 2;

    /// <summary>Whole states for plain HTTP.</summary>
    public static View Json { get; } = new(WireFormat.Json);

    public WireFormat Format { get; } = format;

    public bool Deltas { get; } = deltas;

    public FieldSet? Fields { get; } = fields;

    public Compressor? Compressor { get; } = compressor;

    public int Interval { get; } = interval;

    public bool Continues { get; } = continues && compressor is not null;

    /// <summary>Which of the encodings an update has: views of the same encoding and fields share bytes.</summary>
    public int Encoding { get; } = (int)format + (compressor is null ? 0 : Envelope.Formats);

    /// <summary>Which of the views of the same fields it is.</summary>
    public int Place => (((Continues ? Envelope.Formats : 0) + Encoding) * 2) + (Deltas ? 1 : 0);

    /// <summary>Bytes beside the updates, as the connection's encoding wants them. In a gzip stream everything must be a piece of it; a WebSocket's frames stand for themselves.</summary>
    public byte[] Wrap(byte[] bytes) => Compressor is null || Format == WireFormat.WebSocket ? bytes : Deflate.Store(bytes);
}
