using E2EEvents.Testing.Clients;

namespace E2EEvents.EndToEnd.Regions;

/// <summary>A client in one region that takes all topics of a checker.</summary>
/// <param name="Region">Where it is connected.</param>
/// <param name="News">Transcripts of the news topics.</param>
/// <param name="Tickers">Transcripts of the tickers.</param>
internal sealed record WorldClient(string Region, IReadOnlyList<Transcript> News, IReadOnlyList<Transcript> Tickers) : IAsyncDisposable
{
    public IReadOnlyList<Transcript> All { get; } = [.. News, .. Tickers];

    /// <summary>The one connection of a client that is not to lose it.</summary>
    public StreamReaderCore? Stream { get; private set; }

    /// <summary>The connections of a client that may lose them.</summary>
    public ResumingClient? Resuming { get; private set; }

    /// <summary>Connects and resumes for ever.</summary>
    public WorldClient Resume(Uri gateway, bool sse)
    {
        Resuming = sse ? ResumingClient.Sse(gateway, All) : ResumingClient.Ws(gateway, All);
        return this;
    }

    /// <summary>Connects once.</summary>
    public async Task<WorldClient> ConnectAsync(Uri gateway, bool sse, CancellationToken cancellationToken)
    {
        Stream = sse ? await SseClient.ConnectAsync(gateway, All, cancellationToken) : await WsClient.ConnectAsync(gateway, All, cancellationToken);
        return this;
    }

    /// <summary>Notices of a name so far.</summary>
    public int CountOf(string notice)
    {
        var count = 0;
        foreach (var heard in Stream!.Notices) count += heard.Name == notice ? 1 : 0;
        return count;
    }

    public async ValueTask DisposeAsync()
    {
        if (Resuming is not null) await Resuming.DisposeAsync();
        if (Stream is not null) await Stream.DisposeAsync();
        foreach (var transcript in All) transcript.AssertKept();
    }
}
