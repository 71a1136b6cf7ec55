using System.Text;
using System.Text.Json;
using E2EEvents.EdgeGateway.Feeds;
using E2EEvents.EdgeGateway.Policy;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace E2EEvents.EdgeGateway.Transports.Http;

/// <summary>
/// <c>POST /topics/{kind}/{key}</c>: has home apply an event, and answers with the position it got once it is stored there. The idempotency key makes
/// it safe to send again whatever happened to the answer.
/// </summary>
internal sealed class PublishEndpoint(TopicPublisher publisher, KindMap kinds, Admission admission, PublishKeys keys, IOptions<GatewayOptions> options, TimeProvider time)
{
    public const string KeyHeader = "Idempotency-Key";

    private const string Source = "post/http";
    private const string Anyone = "anyone";
    private const int MaxKeyLength = 100;

    public async Task HandleAsync(HttpContext http)
    {
        var arrived = time.UnixMicroseconds();
        var topic = await TopicRequest.TopicAsync(http, kinds).ConfigureAwait(false);
        admission.AskToPublish(http); // before the key is looked at: guessing is counted too
        var name = PublisherOf(http, topic.Kind);
        var key = KeyOf(http);
        var data = await ReadAsync(http).ConfigureAwait(false);
        var answer = await publisher.PublishAsync(new SourcedEvent(topic, data, Source, null, $"{name}:{key}", arrived), http.RequestAborted).ConfigureAwait(false);
        switch (answer.Outcome)
        {
            case PublishOutcome.Accepted or PublishOutcome.Duplicate:
                await WriteAsync(http, topic, answer).ConfigureAwait(false);
                break;
            case PublishOutcome.Refused:
                throw new ProblemException(Problem.EventRefused, answer.Reason ?? "The topic gave no reason.");
            case PublishOutcome.NotHome:
                throw new ProblemException(Problem.Unavailable, $"The home of '{topic.Kind}' is being moved; nothing was stored, publish again in a moment.");
            default:
                throw new ProblemException(Problem.OutcomeUnknown, $"{answer.Reason ?? "Home did not answer in time."} Publish again with the same {KeyHeader}: it is stored once.");
        }
    }

    private string PublisherOf(HttpContext http, string kind) => kinds.Find(kind)?.Publishers switch
    {
        Publishers.Anyone => Anyone,
        Publishers.KeyHolders => keys.PublisherOf(http),
        _ => throw new ProblemException(Problem.NoPublishing, $"'{kind}' is fed by connectors only; GET /kinds tells to which kinds one may publish."),
    };

    private static string KeyOf(HttpContext http)
    {
        var header = http.Request.Headers[KeyHeader];
        var key = header.Count == 1 ? header.ToString() : "";
        var isWellFormed = key.Length is > 0 and <= MaxKeyLength;
        foreach (var c in key) isWellFormed &= c is >= ' ' and <= '~';
        return isWellFormed ? key : throw new ProblemException(Problem.BadParameter, $"The header {KeyHeader} is needed once, with 1 to {MaxKeyLength} printable ASCII characters: another one for each event, the same when an event is sent again.");
    }

    /// <summary>The body, bounded by what the listener allows, checked to be JSON; what it means is for the topic to say.</summary>
    private async Task<byte[]> ReadAsync(HttpContext http)
    {
        var body = new MemoryStream();
        try
        {
            await http.Request.Body.CopyToAsync(body, http.RequestAborted).ConfigureAwait(false);
        }
        catch (BadHttpRequestException e)
        {
            throw e.StatusCode == StatusCodes.Status413PayloadTooLarge
                ? new ProblemException(Problem.TooLarge, $"An event has at most {options.Value.MaxEventBytes} bytes here.")
                : new ProblemException(Problem.NotJson, $"The body cannot be read: {e.Message}");
        }

        var data = body.ToArray();
        try
        {
            var reader = new Utf8JsonReader(data);
            while (reader.Read())
            {
            }

            return data;
        }
        catch (JsonException e)
        {
            throw new ProblemException(Problem.NotJson, $"The body must be one event as JSON: {e.Message}");
        }
    }

    private static async Task WriteAsync(HttpContext http, TopicKey topic, PublishAnswer answer)
    {
        var body = Encoding.ASCII.GetBytes(
            $"{{\"topic\":\"{topic}\",\"epoch\":\"{answer.Position.EpochText}\",\"offset\":{answer.Position.Offset},\"duplicate\":{(answer.Outcome == PublishOutcome.Duplicate ? "true" : "false")}}}");
        http.Response.ContentType = "application/json";
        http.Response.Headers.CacheControl = "no-store";
        http.Response.ContentLength = body.Length;
        await http.Response.Body.WriteAsync(body, http.RequestAborted).ConfigureAwait(false);
    }
}
