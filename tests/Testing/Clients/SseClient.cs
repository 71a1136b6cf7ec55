using System.Text.Json.Nodes;

namespace E2EEvents.Testing.Clients;

/// <summary>Server-sent events of one or several topics. One topic: every change must carry its position as id; several: none may.</summary>
public sealed class SseClient : StreamReaderCore
{
    private readonly SseParser _parser = new();
    private readonly HttpMessageInvoker _invoker;

    private SseClient(IReadOnlyList<Transcript> transcripts, StreamOptions options, HttpMessageInvoker invoker, HttpResponseMessage response)
        : base(transcripts, options)
    {
        _invoker = invoker;
        Response = response;
    }

    /// <summary>Status and headers.</summary>
    public HttpResponseMessage Response { get; }

    /// <summary>What a browser would send on reconnecting.</summary>
    public string LastEventId => _parser.LastEventId;

    /// <summary>The last <c>retry</c>.</summary>
    public TimeSpan? Retry => _parser.Retry;

    /// <summary>Comment lines so far.</summary>
    public int Comments => _parser.Comments;

    /// <summary>Blocks of an id alone so far.</summary>
    public int IdBlocks => _parser.IdBlocks;

    /// <summary>Opens a stream of the transcripts' topics and begins to read.</summary>
    /// <exception cref="HttpRequestException">The answer is not 200; has status and body.</exception>
    public static async Task<SseClient> ConnectAsync(
        Uri gateway, IReadOnlyList<Transcript> topics, CancellationToken cancellationToken, StreamOptions? options = null)
    {
        options ??= new StreamOptions();
        var byHeader = topics.Count == 1 && !options.ResumeByQuery;
        var lastEventId = options.LastEventId ?? (byHeader ? StreamTarget.After(topics, options) : null);
        using var request = new HttpRequestMessage(HttpMethod.Get, StreamTarget.Of(gateway, "events", "events", topics, options, lastEventId is null));
        request.Headers.Accept.ParseAdd("text/event-stream");
        if (lastEventId is not null) request.Headers.Add("Last-Event-ID", lastEventId);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(options.OpenLimit);
        var invoker = StreamTarget.Invoker(options);
        // The invoker gives the answer once its headers are there, the content as a stream.
        var response = await invoker.SendAsync(request, limit.Token);
        if (!response.IsSuccessStatusCode)
        {
            var body = await response.Content.ReadAsStringAsync(limit.Token);
            throw new HttpRequestException($"{request.RequestUri} answered {(int)response.StatusCode}: {body}", null, response.StatusCode);
        }

        var type = response.Content.Headers.ContentType?.MediaType;
        if (type != "text/event-stream") throw new HttpRequestException($"{request.RequestUri} answered with content of type {type}.");
        var client = new SseClient(topics, options, invoker, response);
        client.Begin(lastEventId is not null || options.Resume);
        return client;
    }

    private protected override async Task<StreamEnd> ReadAllAsync(CancellationToken cancellationToken)
    {
        StreamEnd? end = null;
        await using var stream = await Response.Content.ReadAsStreamAsync(cancellationToken);
        using var reader = new StreamReader(stream);
        while (true)
        {
            await GateAsync(cancellationToken);
            var line = await reader.ReadLineAsync(cancellationToken);
            if (line is null) return end ?? new StreamEnd(0, "end of the response");
            if (_parser.Take(line) is { } e) end = Take(e) ?? end;
        }
    }

    private protected override ValueTask DisposeCoreAsync()
    {
        Response.Dispose();
        _invoker.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>Returns how the stream ends if the event announces it.</summary>
    private StreamEnd? Take(SseEvent e)
    {
        if (e.Name == "message")
        {
            var expectsId = Transcripts.Count == 1;
            TakeEnvelope(e.Data, envelope => expectsId == (e.Id == envelope.Position.ToString()) && (expectsId || e.Id is null)
                ? null
                : $"The change at {envelope.Position} came with id '{e.Id}'; {(expectsId ? "it must be the position" : "on a stream of several topics it has none")}.");
            return null;
        }

        Notice(e.Name, e.Data);
        if (e.Name != "close") return null;
        var data = JsonNode.Parse(e.Data)!;
        return new StreamEnd(data["code"]!.GetValue<int>(), data["reason"]!.GetValue<string>());
    }
}
