using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;

namespace E2EEvents.Testing.Clients;

/// <summary>An answer of plain HTTP.</summary>
/// <param name="Status">Its status.</param>
/// <param name="Headers">All headers, those of the content included.</param>
/// <param name="Body">Its body.</param>
public sealed record HttpAnswer(HttpStatusCode Status, IReadOnlyDictionary<string, string> Headers, string Body)
{
    /// <summary>The body as JSON; fails if it is none.</summary>
    public JsonObject Json => JsonNode.Parse(Body) as JsonObject ?? throw new FormatException("No JSON object: " + ToString());

    /// <summary>The body as one envelope.</summary>
    public ReceivedEnvelope Envelope => Status == HttpStatusCode.OK ? ReceivedEnvelope.Parse(Body) : throw new FormatException("No envelope: " + ToString());

    /// <summary>The entity tag as sent.</summary>
    public string? ETag => Headers.GetValueOrDefault("ETag");

    /// <summary>The changes of an answer to <c>?after=</c>.</summary>
    public IReadOnlyList<ReceivedEnvelope> Changes
    {
        get
        {
            var changes = new List<ReceivedEnvelope>();
            foreach (var change in (Json["changes"] ?? throw new FormatException("No changes: " + ToString())).AsArray()) changes.Add(ReceivedEnvelope.Parse(change!.ToJsonString()));
            return changes;
        }
    }

    /// <summary>The position to ask with next, of an answer to <c>?after=</c>.</summary>
    public Position Next
    {
        get
        {
            var text = $"{Json["epoch"]!.GetValue<string>()}:{Json["offset"]!.GetValue<long>().ToString(CultureInfo.InvariantCulture)}";
            return Position.TryParse(text, out var position) ? position : throw new FormatException($"'{text}' is no position: {this}");
        }
    }

    /// <inheritdoc/>
    public override string ToString() => $"{(int)Status} {ReceivedEnvelope.Shorten(Body)}";
}

/// <summary>Plain HTTP requests to a gateway, each with a deadline; every status is an answer, none an exception.</summary>
public sealed class HttpTopicClient(Uri gateway) : IDisposable
{
    private readonly HttpClient _http = new() { BaseAddress = gateway, Timeout = TimeSpan.FromSeconds(30) };

    /// <summary>Newest state; with <paramref name="etag"/> 304 if it is that one still.</summary>
    public Task<HttpAnswer> GetAsync(string topic, CancellationToken cancellationToken, string? etag = null) =>
        SendAsync($"topics/{topic}", cancellationToken, etag is null ? [] : [("If-None-Match", etag)]);

    /// <summary>Changes after a position, waiting for one up to <paramref name="wait"/> if given.</summary>
    public Task<HttpAnswer> AfterAsync(string topic, Position after, TimeSpan? wait, CancellationToken cancellationToken) =>
        SendAsync($"topics/{topic}?after={after}{Wait(wait)}", cancellationToken);

    /// <summary>Newest state once it includes a position.</summary>
    public Task<HttpAnswer> AtLeastAsync(string topic, Position atLeast, TimeSpan wait, CancellationToken cancellationToken) =>
        SendAsync($"topics/{topic}?atLeast={atLeast}{Wait(wait)}", cancellationToken);

    /// <summary>An immutable range of changes.</summary>
    public Task<HttpAnswer> HistoryAsync(string topic, Position from, long to, CancellationToken cancellationToken) =>
        SendAsync($"topics/{topic}/history/{from.EpochText}/{from.Offset}-{to}", cancellationToken);

    /// <summary>Any path.</summary>
    public async Task<HttpAnswer> SendAsync(string path, CancellationToken cancellationToken, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        return await SendAsync(request, headers, cancellationToken);
    }

    /// <summary>Publishes an event; <paramref name="key"/> null = without an idempotency key.</summary>
    public async Task<HttpAnswer> PublishAsync(string topic, string json, string? key, CancellationToken cancellationToken, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"topics/{topic}") { Content = new ByteArrayContent(System.Text.Encoding.UTF8.GetBytes(json)) };
        return await SendAsync(request, key is null ? headers : [.. headers, ("Idempotency-Key", key)], cancellationToken);
    }

    private async Task<HttpAnswer> SendAsync(HttpRequestMessage request, (string Name, string Value)[] headers, CancellationToken cancellationToken)
    {
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        using var response = await _http.SendAsync(request, cancellationToken);
        var all = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, values) in response.Headers.NonValidated) all[name] = values.ToString();
        foreach (var (name, values) in response.Content.Headers.NonValidated) all[name] = values.ToString();
        return new HttpAnswer(response.StatusCode, all, await response.Content.ReadAsStringAsync(cancellationToken));
    }

    /// <summary>Takes the newest state into a transcript, without resuming.</summary>
    public async Task<HttpAnswer> TakeAsync(Transcript topic, CancellationToken cancellationToken)
    {
        var answer = await GetAsync(topic.Topic, cancellationToken);
        topic.Begin(resumed: false, patches: false);
        if (answer.Status == HttpStatusCode.OK) topic.Take(answer.Envelope);
        topic.End($"HTTP {answer.Status}");
        return answer;
    }

    /// <summary>Takes what came after the transcript's position into it (the newest state if it has none).</summary>
    public async Task<HttpAnswer> ResumeAsync(Transcript topic, TimeSpan? wait, CancellationToken cancellationToken)
    {
        if (topic.Position is not { } position) return await TakeAsync(topic, cancellationToken);
        var answer = await AfterAsync(topic.Topic, position, wait, cancellationToken);
        topic.Begin(resumed: true, patches: false);
        if (answer.Status == HttpStatusCode.OK)
        {
            foreach (var change in answer.Changes) topic.Take(change);
            if (topic.Position != answer.Next) topic.Fail($"The answer says to go on at {answer.Next}, but its changes lead to {topic.Position}: {answer}");
        }

        topic.End($"HTTP {answer.Status}");
        return answer;
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private static string Wait(TimeSpan? wait) => wait is { } w ? $"&wait={w.TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture)}s" : "";
}
