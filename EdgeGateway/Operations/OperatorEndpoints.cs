using System.Text.Json;
using E2EEvents.EdgeGateway.Feeds;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace E2EEvents.EdgeGateway.Operations;

/// <summary>What operators can look at through a gateway, on the operators' listener.</summary>
internal static class OperatorEndpoints
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(5);
    private static readonly JsonSerializerOptions Indented = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary><c>GET /dead-letters/{kind}?max=100</c>, <c>GET /inspect/{kind}/{key}</c> and <c>GET /regions</c>.</summary>
    public static void MapOperators(this IEndpointRouteBuilder endpoints)
    {
        var operators = endpoints.MapGroup("").AddEndpointFilter(async (context, next) =>
        {
            try
            {
                return await next(context).ConfigureAwait(false);
            }
            catch (Exception e) when (e is TimeoutException or Orleans.Runtime.OrleansException)
            {
                return Results.Problem($"The silo does not answer ({e.Message}); try again in a moment.", statusCode: 503);
            }
        });
        operators.MapGet("/dead-letters/{kind}", DeadLettersAsync);
        operators.MapGet("/inspect/{kind}/{key}", InspectAsync);
        operators.MapGet("/regions", static http => http.RequestServices.GetRequiredService<Transports.Http.RegionsEndpoint>().GetForOperatorsAsync(http));
        operators.MapHomes();
    }

    private static async Task<IResult> DeadLettersAsync(string kind, IGrainFactory grains, int max = 100, CancellationToken cancellationToken = default)
    {
        if (max is < 1 or > 1000) return Results.Problem("max must be 1 to 1000.", statusCode: 400);
        var page = await grains.GetGrain<IDeadLetterGrain>(kind).ListAsync(max, cancellationToken).WaitAsync(Deadline, cancellationToken).ConfigureAwait(false);
        return Results.Json(new DeadLetterList(page.Total, page.Dropped, Array.ConvertAll(page.Letters, Show)), Indented);
    }

    private static async Task<IResult> InspectAsync(string kind, string key, IGrainFactory grains, IServiceProvider services, CancellationToken cancellationToken)
    {
        if (!TopicKey.TryCreate(kind, key, out var topic, out var error)) return Results.Problem(error, statusCode: 400);
        if (!await services.GetRequiredService<KindMap>().KnowsAsync(kind, cancellationToken).ConfigureAwait(false)) return Results.Problem($"'{kind}' is not a topic kind here.", statusCode: 404);
        var found = await grains.GetGrain<ITopicGrain>(TopicKindAttribute.GrainIdOf(topic)).InspectAsync(cancellationToken).WaitAsync(Deadline, cancellationToken).ConfigureAwait(false);
        return Results.Json(new Inspection(topic.ToString(), found.Position.ToString(), found.Sources, found.HistoryFrames, found.HistoryBytes, found.Followers, found.Silo, found.Continued), Indented);
    }

    private static ShownLetter Show(DeadLetter letter) => new(
        letter.Event.Topic.ToString(), letter.Reason, DateTimeOffset.UnixEpoch.AddMicroseconds(letter.At), letter.Event.Source,
        letter.Event.Sequence?.ToString(), letter.Event.EventId, ShowData(letter.Event.Data));

    /// <summary>JSON as JSON; what is no JSON (often the very reason) as text.</summary>
    private static object ShowData(byte[] data)
    {
        try
        {
            return JsonSerializer.Deserialize<JsonElement>(data);
        }
        catch (JsonException)
        {
            return System.Text.Encoding.UTF8.GetString(data);
        }
    }

    private sealed record DeadLetterList(long Total, long Dropped, ShownLetter[] Letters);

    private sealed record ShownLetter(string Topic, string Reason, DateTimeOffset At, string Source, string? Sequence, string? EventId, object Data);

    private sealed record Inspection(string Topic, string Position, Dictionary<string, string> Sources, int HistoryFrames, long HistoryBytes, int Followers, string Silo, Dictionary<string, string> Continued);
}
