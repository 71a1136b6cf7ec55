using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace E2EEvents.EdgeGateway.Transports;

/// <summary>Compression of streams, once per update for all who take it: permessage-deflate for WebSockets, gzip for server-sent events. Section <c>Gateway:Compression</c>.</summary>
internal sealed class CompressionOptions
{
    /// <summary>Whether clients that offer compression get it. Browsers always offer it. Default: true.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>Updates that take fewer bytes stay as they are. Default: 128.</summary>
    [Range(0, 1 << 24)]
    public int MinBytes { get; set; } = 128;
}

[OptionsValidator]
internal sealed partial class CompressionOptionsValidator : IValidateOptions<CompressionOptions>;
