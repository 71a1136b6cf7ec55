namespace E2EEvents.Testing.Clients;

/// <summary>One connection that fills transcripts, on whatever transport.</summary>
public interface IStreamClient : IAsyncDisposable
{
    /// <summary>Ends when the connection does, with the reason; never fails.</summary>
    Task<StreamEnd> Ended { get; }

    /// <summary>The transcripts it fills.</summary>
    IReadOnlyList<Transcript> Transcripts { get; }
}

/// <summary>How a connection ended.</summary>
/// <param name="Code">WebSocket close code, or that of the SSE <c>close</c> event; 0 when it just broke off.</param>
/// <param name="Reason">The reason given, or what was seen instead.</param>
public sealed record StreamEnd(int Code, string Reason)
{
    /// <inheritdoc/>
    public override string ToString() => $"ended with {Code} '{Reason}'";
}

/// <summary>Something a stream said beside changes.</summary>
/// <param name="Name"><c>stale</c>, <c>fresh</c>, <c>close</c>.</param>
/// <param name="Data">Its JSON.</param>
public sealed record StreamNotice(string Name, string Data);

/// <summary>How a stream is opened.</summary>
public sealed record StreamOptions
{
    /// <summary>Asks for patches (<c>delta=merge</c>). Default: full states.</summary>
    public bool Patches { get; init; }

    /// <summary>Offers compression: permessage-deflate, or gzip for server-sent events. Default: none.</summary>
    public bool Compressed { get; init; }

    /// <summary>Resumes at the transcripts' positions, if they have any. Default: true.</summary>
    public bool Resume { get; init; } = true;

    /// <summary>SSE of one topic: resumes by <c>after</c> instead of the header <c>Last-Event-ID</c> that a browser sends.</summary>
    public bool ResumeByQuery { get; init; }

    /// <summary>SSE: this <c>Last-Event-ID</c> instead of the transcripts' positions, e.g. the one that another client ended with.</summary>
    public string? LastEventId { get; init; }

    /// <summary>More query, e.g. <c>x=1</c>.</summary>
    public string? Query { get; init; }

    /// <summary>Size asked for the socket's receive buffer, to make a slow reader felt soon; 0 = the system's.</summary>
    public int ReceiveBufferBytes { get; init; }

    /// <summary>Longest wait for the connection to open. Default: 15 s.</summary>
    public TimeSpan OpenLimit { get; init; } = TimeSpan.FromSeconds(15);
}
