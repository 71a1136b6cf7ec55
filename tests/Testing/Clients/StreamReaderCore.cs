using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;
using E2EEvents.Testing.Faults;
using Xunit;

namespace E2EEvents.Testing.Clients;

/// <summary>What SSE and WebSocket clients have in common: their transcripts, notices, pause, end.</summary>
public abstract class StreamReaderCore : IStreamClient
{
    private readonly TaskCompletionSource<StreamEnd> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConcurrentQueue<StreamNotice> _notices = new();
    private readonly Gate _gate = new();
    private Task _reading = Task.CompletedTask;

    private protected StreamReaderCore(IReadOnlyList<Transcript> transcripts, StreamOptions options)
    {
        Transcripts = transcripts;
        Options = options;
    }

    /// <inheritdoc/>
    public IReadOnlyList<Transcript> Transcripts { get; }

    /// <inheritdoc/>
    public Task<StreamEnd> Ended => _ended.Task;

    /// <summary>Notices so far, in order.</summary>
    public IReadOnlyCollection<StreamNotice> Notices => _notices;

    private protected StreamOptions Options { get; }

    private protected CancellationTokenSource Closing { get; } = new();

    /// <summary>Stops reading from the socket: the client that does not take its frames.</summary>
    public void Pause() => _gate.Close();

    /// <summary>Reads on.</summary>
    public void Continue() => _gate.Open();

    /// <summary>Waits for the end of the connection.</summary>
    public async Task<StreamEnd> EndsAsync(TimeSpan deadline)
    {
        try
        {
            return await Ended.WaitAsync(deadline);
        }
        catch (TimeoutException)
        {
            Assert.Fail($"The stream of {Describe()} did not end within {deadline.TotalSeconds:0.#} s; notices: [{string.Join(", ", _notices)}].");
            throw;
        }
    }

    /// <summary>Waits for a notice.</summary>
    public async Task<StreamNotice> HearsAsync(string name, TimeSpan deadline)
    {
        StreamNotice? found = null;
        await Eventually.TrueAsync(() => (found = Find(name)) is not null, deadline, () => $"notices [{string.Join(", ", _notices)}]", what: $"notice '{name}' on {Describe()}");
        return found!;
    }

    /// <summary>Breaks the connection off and fails if the contract was broken and nobody was told yet.</summary>
    public async ValueTask DisposeAsync()
    {
        await Closing.CancelAsync();
        _gate.Open();
        await _reading;
        await DisposeCoreAsync();
        Closing.Dispose();
        GC.SuppressFinalize(this);
        foreach (var transcript in Transcripts)
        {
            if (!transcript.BreachTold) transcript.AssertKept();
        }
    }

    private protected abstract ValueTask DisposeCoreAsync();

    /// <summary>Reads until the connection ends and says how it ended.</summary>
    private protected abstract Task<StreamEnd> ReadAllAsync(CancellationToken cancellationToken);

    private protected void Begin(bool resumed)
    {
        foreach (var transcript in Transcripts) transcript.Begin(resumed, Options.Patches);
        _reading = ReadAsync();
    }

    private protected ValueTask GateAsync(CancellationToken cancellationToken) => _gate.PassAsync(cancellationToken);

    private protected void Notice(string name, string data) => _notices.Enqueue(new StreamNotice(name, data));

    /// <summary>Gives an envelope to its transcript; <paramref name="check"/> may object on the transport's behalf.</summary>
    private protected void TakeEnvelope(string text, Func<ReceivedEnvelope, string?>? check = null)
    {
        try
        {
            var envelope = ReceivedEnvelope.Parse(text);
            if (Find(envelope) is not { } transcript) throw new FormatException($"An envelope of {envelope.Topic} came, which was not asked for.");
            if (check?.Invoke(envelope) is { } objection) transcript.Fail(objection);
            transcript.Take(envelope);
        }
        catch (FormatException e)
        {
            foreach (var transcript in Transcripts) transcript.Fail(e.Message);
        }
    }

    /// <summary>Takes a text that is either an envelope or <c>{"event":…}</c>.</summary>
    private protected void TakeFrame(string text)
    {
        try
        {
            if (JsonNode.Parse(text) is JsonObject json && json["event"] is { } name && !json.ContainsKey("topic"))
            {
                Notice(name.GetValue<string>(), text);
                return;
            }
        }
        catch (JsonException)
        {
            // TakeEnvelope says what is wrong with it.
        }

        TakeEnvelope(text);
    }

    private async Task ReadAsync()
    {
        StreamEnd end;
        try
        {
            end = await ReadAllAsync(Closing.Token);
        }
        catch (OperationCanceledException)
        {
            end = new StreamEnd(0, "closed by the test");
        }
        catch (Exception e) when (e is IOException or HttpRequestException or System.Net.WebSockets.WebSocketException or System.Net.Sockets.SocketException)
        {
            end = new StreamEnd(0, Closing.IsCancellationRequested ? "closed by the test" : "broken: " + e.Message);
        }

        catch (Exception e)
        {
            // Anything else is the gateway's doing (a close event without a code, say) or a bug here: either way the test must hear of it.
            end = new StreamEnd(0, "unreadable: " + e.Message);
            foreach (var transcript in Transcripts) transcript.Fail(e.ToString());
        }

        foreach (var transcript in Transcripts) transcript.End("connection " + end);
        _ended.SetResult(end);
    }

    private StreamNotice? Find(string name)
    {
        foreach (var notice in _notices)
        {
            if (notice.Name == name) return notice;
        }

        return null;
    }

    private Transcript? Find(ReceivedEnvelope envelope)
    {
        foreach (var transcript in Transcripts)
        {
            if (transcript.Topic == envelope.Topic) return transcript;
        }

        return null;
    }

    private string Describe()
    {
        var names = new List<string>();
        foreach (var transcript in Transcripts) names.Add(transcript.Topic);
        return string.Join(", ", names);
    }
}
