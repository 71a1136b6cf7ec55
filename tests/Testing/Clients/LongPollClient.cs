using System.Net;

namespace E2EEvents.Testing.Clients;

/// <summary>Follows one topic by long polls; "connected" as long as the answers are 200 (or 404, while the topic has had no event).</summary>
public sealed class LongPollClient : IStreamClient
{
    private static readonly TimeSpan Wait = TimeSpan.FromSeconds(10);
    private readonly CancellationTokenSource _closing = new();
    private readonly HttpTopicClient _http;
    private readonly Transcript _transcript;

    private LongPollClient(Uri gateway, Transcript topic)
    {
        _http = new HttpTopicClient(gateway);
        _transcript = topic;
        Ended = RunAsync();
    }

    /// <inheritdoc/>
    public Task<StreamEnd> Ended { get; }

    /// <inheritdoc/>
    public IReadOnlyList<Transcript> Transcripts => [_transcript];

    /// <summary>Answers taken so far.</summary>
    public int Answers { get; private set; }

    /// <summary>Begins to poll.</summary>
    public static LongPollClient Start(Uri gateway, Transcript topic) => new(gateway, topic);

    /// <summary>Stops polling and fails if the contract was broken and nobody was told yet.</summary>
    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        await Ended;
        _http.Dispose();
        _closing.Dispose();
        if (!_transcript.BreachTold) _transcript.AssertKept();
    }

    private async Task<StreamEnd> RunAsync()
    {
        try
        {
            while (true)
            {
                var answer = await _http.ResumeAsync(_transcript, Wait, _closing.Token);
                Answers++;
                if (answer.Status == HttpStatusCode.NotFound)
                {
                    await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, _closing.Token);
                }
                else if (answer.Status != HttpStatusCode.OK)
                {
                    return new StreamEnd((int)answer.Status, answer.ToString());
                }
            }
        }
        catch (OperationCanceledException) when (_closing.IsCancellationRequested)
        {
            return new StreamEnd(0, "closed by the test");
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
        {
            return new StreamEnd(0, "broken: " + e.Message);
        }
        catch (FormatException e)
        {
            _transcript.Fail(e.Message);
            return new StreamEnd(0, "broken: " + e.Message);
        }
    }
}
