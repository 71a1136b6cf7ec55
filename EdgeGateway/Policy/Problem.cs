using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace E2EEvents.EdgeGateway.Policy;

/// <summary>Every way in which a request is refused (RFC 9457): what is wrong, and in the detail where and what to do.</summary>
internal sealed record Problem(int Status, string Name, string Title)
{
    public static readonly Problem BadTopic = new(400, "bad-topic", "The topic is not well formed");
    public static readonly Problem BadPosition = new(400, "bad-position", "The position is not well formed");
    public static readonly Problem BadParameter = new(400, "bad-parameter", "A parameter is not well formed");
    public static readonly Problem NotJson = new(400, "not-json", "The event is not JSON");
    public static readonly Problem NotUpgrade = new(400, "not-a-websocket", "This address is for WebSocket connections");
    public static readonly Problem KeyRefused = new(401, "key-refused", "A key is needed to publish");
    public static readonly Problem NoPublishing = new(403, "no-publishing", "Nobody may publish to this kind");
    public static readonly Problem OriginRefused = new(403, "origin-refused", "This web origin may not connect");
    public static readonly Problem UnknownKind = new(404, "unknown-kind", "There is no such topic kind");
    public static readonly Problem NoEventYet = new(404, "no-event-yet", "The topic has had no event");
    public static readonly Problem NotInHistory = new(404, "not-in-history", "These changes are not kept");
    public static readonly Problem EpochOver = new(409, "epoch-over", "The position is of another epoch");
    public static readonly Problem TooLarge = new(413, "too-large", "The event is too large");
    public static readonly Problem EventRefused = new(422, "event-refused", "The topic does not take the event");
    public static readonly Problem TooManyEvents = new(429, "too-many-events", "Too many publications for one client");
    public static readonly Problem TooManyTopics = new(429, "too-many-new-topics", "Too many new topics for one client");
    public static readonly Problem Failed = new(500, "internal", "The gateway failed");
    public static readonly Problem Full = new(503, "full", "The gateway has no room for another stream");
    public static readonly Problem OutcomeUnknown = new(503, "outcome-unknown", "It is not known whether the event was stored");
    public static readonly Problem Unavailable = new(503, "unavailable", "The topic cannot be reached now");
    public static readonly Problem NotThereYet = new(504, "not-there-yet", "The position has not arrived");

    public static IReadOnlyList<Problem> All { get; } =
    [
        BadTopic, BadPosition, BadParameter, NotJson, NotUpgrade, KeyRefused, NoPublishing, OriginRefused, UnknownKind, NoEventYet, NotInHistory, EpochOver,
        TooLarge, EventRefused, TooManyEvents, TooManyTopics, Failed, Full, OutcomeUnknown, Unavailable, NotThereYet,
    ];

    /// <summary>Writes the answer. Retryable ones say after how many seconds.</summary>
    public Task WriteAsync(HttpContext http, string detail)
    {
        http.RequestServices.GetRequiredService<GatewayMetrics>().Refused(Name);
        var response = http.Response;
        response.StatusCode = Status;
        response.ContentType = "application/problem+json";
        // Known not to exist is worth a moment in a CDN: random keys must not all come through.
        response.Headers.CacheControl = Status == 404 ? "public, max-age=0, s-maxage=1" : "no-store";
        if (Status is 429 or 503) response.Headers.RetryAfter = "1";
        if (Status is 401) response.Headers.WWWAuthenticate = "Bearer";
        var body = new ProblemBody($"urn:e2e-events:problem:{Name}", Title, Status, detail);
        var bytes = JsonSerializer.SerializeToUtf8Bytes(body, StateEncoder.StateOptions);
        response.ContentLength = bytes.Length; // a refused upgrade would else end only with its connection
        return response.Body.WriteAsync(bytes, http.RequestAborted).AsTask();
    }

    private sealed record ProblemBody(string Type, string Title, int Status, string Detail);
}

/// <summary>A request that is refused; thrown while reading it, written by the endpoint wrapper.</summary>
internal sealed class ProblemException(Problem problem, string detail) : Exception(detail)
{
    public Problem Problem { get; } = problem;
}
